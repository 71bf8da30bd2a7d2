package io.demitasse.serve;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Collection;
import java.util.List;

/** JSON Schema for what the server takes and gives, as OpenAPI writes it. */
final class Schemas {

    private Schemas() {
    }

    static JsonObject of(String type) {
        JsonObject schema = new JsonObject();
        schema.addProperty("type", type);
        return schema;
    }

    static JsonObject text() {
        return of("string");
    }

    static JsonObject number() {
        return of("number");
    }

    static JsonObject integer() {
        return of("integer");
    }

    /** A type, or null. */
    static JsonObject nullable(String type) {
        JsonObject schema = of(type);
        schema.addProperty("nullable", true);
        return schema;
    }

    static JsonObject array(JsonObject items) {
        JsonObject schema = of("array");
        schema.add("items", items);
        return schema;
    }

    /** One of several. */
    static JsonObject any(JsonObject... schemas) {
        JsonArray all = new JsonArray();
        List.of(schemas).forEach(all::add);
        JsonObject schema = new JsonObject();
        schema.add("anyOf", all);
        return schema;
    }

    /** An object that has all of these properties, names and schemas in turns. */
    static JsonObject object(Object... namesAndSchemas) {
        JsonObject properties = new JsonObject();
        for (int i = 0; i < namesAndSchemas.length; i += 2) {
            properties.add((String) namesAndSchemas[i], (JsonObject) namesAndSchemas[i + 1]);
        }
        JsonObject schema = of("object");
        schema.add("properties", properties);
        schema.add("required", names(properties.keySet()));
        return schema;
    }

    /** The same object, without which some properties may be left out. */
    static JsonObject optional(JsonObject object, String... names) {
        JsonArray required = new JsonArray();
        object.getAsJsonArray("required").forEach(name -> {
            if (!List.of(names).contains(name.getAsString())) {
                required.add(name);
            }
        });
        object.add("required", required);
        return object;
    }

    static JsonObject described(JsonObject schema, String description) {
        schema.addProperty("description", description);
        return schema;
    }

    /** An object of a request: some fields, of which some are needed. */
    static JsonObject request(Collection<Field> fields) {
        JsonObject properties = new JsonObject();
        JsonArray required = new JsonArray();
        boolean inputs = fields.stream().anyMatch(field -> field.name().equals(Field.INPUTS));
        JsonObject parameters = new JsonObject();
        for (Field field : fields) {
            properties.add(field.name(), of(field));
            if (field.required()) {
                required.add(field.name());
            }
            if (inputs && !field.name().equals(Field.INPUTS)) {
                parameters.add(field.name(), of(field));
            }
        }
        if (inputs) {
            JsonObject object = described(of("object"), "The same fields may stand here; any other is refused");
            object.add("properties", parameters);
            object.addProperty("additionalProperties", false);
            properties.add("parameters", object);
        }
        JsonObject schema = of("object");
        schema.add("properties", properties);
        schema.add("required", required);
        return schema;
    }

    private static JsonObject of(Field field) {
        JsonObject schema = switch (field.kind()) {
            case FLAG -> of("boolean");
            case INTEGER -> integer();
            case TEXT -> text();
            case TEXTS -> any(text(), array(text()));
            case DOCUMENTS -> array(any(text(), object("text", text())));
            case IDS -> any(array(integer()), array(array(integer())));
            case INPUTS -> any(text(), array(any(text(), array(text()), array(integer()), of("object"))),
                    array(integer()), of("object"));
        };
        if (!field.usual().isEmpty()) {
            schema.add("default", usual(field));
        }
        return described(schema, field.description() + ".");
    }

    private static JsonPrimitive usual(Field field) {
        return switch (field.kind()) {
            case FLAG -> new JsonPrimitive(Boolean.parseBoolean(field.usual()));
            case INTEGER -> new JsonPrimitive(Integer.parseInt(field.usual()));
            default -> new JsonPrimitive(field.usual());
        };
    }

    private static JsonArray names(Collection<String> names) {
        JsonArray array = new JsonArray();
        names.forEach(array::add);
        return array;
    }
}
