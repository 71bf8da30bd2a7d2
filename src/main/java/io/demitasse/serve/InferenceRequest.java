package io.demitasse.serve;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.demitasse.Parameters;
import io.demitasse.file.StrictJson;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the body of a request says. It is read as a stream and no tree is made of it, so a body takes the memory of its
 * texts and not more, whatever it holds.
 *
 * <p>Fields that are not known are skipped, as text-embeddings-inference does: its clients send some of their own. In
 * {@code parameters}, where Hugging Face's clients put what is to be obeyed, they are refused.
 */
final class InferenceRequest {

    private static final String PARAMETERS = "parameters";
    /** What must be true or false wherever it stands: a sign of a wrong client. */
    private static final Set<String> FLAGS = Set.of("truncate", "normalize", "raw_scores", "add_special_tokens");

    private final Map<String, Field> fields = new LinkedHashMap<>();
    private final boolean hasParameters;
    private final JsonObject values = new JsonObject();
    private final Set<String> seen = new HashSet<>();
    private List<Item> inputs = List.of();
    private List<int[]> ids = List.of();
    private boolean single;

    private InferenceRequest(Collection<Field> fields) {
        fields.forEach(field -> this.fields.put(field.name(), field));
        this.hasParameters = this.fields.containsKey(Field.INPUTS);
    }

    /**
     * Parses a body.
     *
     * @param fields what it may hold
     * @throws RequestException if it is not a request; the message names the field
     * @throws IOException if it cannot be read
     */
    static InferenceRequest parse(InputStream body, Collection<Field> fields, int maxTexts) throws IOException {
        InferenceRequest request = new InferenceRequest(fields);
        try {
            // A new decoder reports what is not UTF-8; a charset by itself would put U+FFFD in its place.
            request.read(StrictJson.reader(new InputStreamReader(body, StandardCharsets.UTF_8.newDecoder())), maxTexts);
        } catch (CharacterCodingException e) {
            throw RequestReader.malformed("the body is not UTF-8");
        } catch (MalformedJsonException | EOFException e) {
            throw RequestReader.malformed("the body is not valid JSON: " + StrictJson.reason(e));
        }
        return request;
    }

    /** What the request is about; at least one, if the route has such a field. */
    List<Item> inputs() {
        return inputs;
    }

    /** Whether it is about one input by itself, not a list. */
    boolean isSingle() {
        return single;
    }

    /** Token ids to be decoded. */
    List<int[]> ids() {
        return ids;
    }

    /** Whether a field was said. */
    boolean has(String name) {
        return values.has(name);
    }

    /** The names of what was said beside the inputs. */
    Set<String> names() {
        return values.keySet();
    }

    /** All that was said beside the inputs. */
    Parameters values() {
        return new Parameters(values);
    }

    /** What was said of these fields. */
    JsonObject values(Collection<String> names) {
        JsonObject some = new JsonObject();
        names.stream().filter(values::has).forEach(name -> some.add(name, values.get(name)));
        return some;
    }

    /** The value of a field that is true or false. */
    boolean flag(String name, boolean otherwise) {
        return values.has(name) ? values.get(name).getAsBoolean() : otherwise;
    }

    /** A text that must be there. */
    String text(String name) {
        return values.get(name).getAsString();
    }

    /** Texts that must be there. */
    List<String> texts(String name) {
        return values.getAsJsonArray(name).asList().stream().map(JsonElement::getAsString).toList();
    }

    private void read(JsonReader json, int maxTexts) throws IOException {
        String needed = fields.values().stream().filter(Field::required).map(Field::name).findFirst().orElse("");
        RequestReader.expect(json, JsonToken.BEGIN_OBJECT, "the body", "an object with \"" + needed + "\"");
        RequestReader reader = new RequestReader(json, maxTexts);
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (fields.containsKey(name)) {
                read(json, reader, fields.get(name), name);
            } else if (hasParameters && name.equals(PARAMETERS)) {
                readParameters(json, reader);
            } else if (FLAGS.contains(name)) {
                read(json, reader, Field.flag(name, "", ""), name);
                values.remove(name);
            } else {
                json.skipValue();
            }
        }
        json.endObject();
        if (json.peek() != JsonToken.END_DOCUMENT) {
            throw RequestReader.malformed("the body has more than one JSON value");
        }
        for (Field field : fields.values()) {
            if (field.required() && !seen.contains(field.name())) {
                throw RequestReader.malformed("\"" + field.name() + "\" is missing");
            }
        }
    }

    private void readParameters(JsonReader json, RequestReader reader) throws IOException {
        if (!seen.add(PARAMETERS)) {
            throw RequestReader.malformed("\"" + PARAMETERS + "\" is there twice");
        }
        if (json.peek() == JsonToken.NULL) {
            json.nextNull();
            return;
        }
        RequestReader.expect(json, JsonToken.BEGIN_OBJECT, PARAMETERS, "an object");
        json.beginObject();
        while (json.hasNext()) {
            String name = json.nextName();
            if (!fields.containsKey(name) || name.equals(Field.INPUTS)) {
                throw unknown(RequestReader.printable(name), fields.keySet());
            }
            read(json, reader, fields.get(name), PARAMETERS + "." + name);
        }
        json.endObject();
    }

    /** What a name is refused with that stands for nothing here. */
    static RequestException unknown(String name, Collection<String> known) {
        List<String> names = new ArrayList<>(known);
        names.remove(Field.INPUTS);
        return RequestReader.malformed("\"" + name + "\" is not a parameter here; there "
                + (names.isEmpty() ? "are none" : (names.size() == 1 ? "is " : "are ") + String.join(", ", names)));
    }

    private void read(JsonReader json, RequestReader reader, Field field, String where) throws IOException {
        if (!seen.add(field.name())) {
            throw RequestReader.malformed("\"" + field.name() + "\" is there twice");
        }
        if (json.peek() == JsonToken.NULL && !field.required()) {
            json.nextNull();
            return;
        }
        switch (field.kind()) {
            case INPUTS -> {
                inputs = reader.inputs(where);
                single = inputs.get(0).where().equals(where);
            }
            case IDS -> ids = reader.idLists(where);
            case FLAG -> values.add(field.name(), reader.flag(where));
            case INTEGER -> values.add(field.name(), reader.integer(where));
            case TEXT -> values.add(field.name(), reader.string(where));
            case TEXTS -> values.add(field.name(), reader.isString() ? reader.string(where) : reader.texts(where));
            case DOCUMENTS -> values.add(field.name(), reader.documents(where));
        }
    }
}
