package io.demitasse.serve;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;

/** The API's description by OpenAPI 3, made of the routes that answer, so it says what they do. */
final class OpenApi {

    private OpenApi() {
    }

    static JsonObject of(List<Route> routes, ServedModel model, ServerOptions options) {
        JsonObject info = new JsonObject();
        info.addProperty("title", "Demitasse: " + ModelInfo.name(model, options));
        info.addProperty("description", "This model is for " + model.task().name() + ". A request has at most "
                + options.maxTexts() + " texts and " + options.maxBodyBytes() + " bytes.");
        String version = OpenApi.class.getPackage().getImplementationVersion();
        info.addProperty("version", version == null ? "unknown" : version);
        JsonObject paths = new JsonObject();
        for (Route route : routes) {
            if (route.description() != null) {
                if (!paths.has(route.path())) {
                    paths.add(route.path(), new JsonObject());
                }
                paths.getAsJsonObject(route.path()).add(route.method().toLowerCase(Locale.ROOT),
                        operation(route, options.token() != null));
            }
        }
        JsonObject components = new JsonObject();
        JsonObject schemas = new JsonObject();
        schemas.add("Error", Schemas.object("error", Schemas.text(), "error_type", Schemas.text()));
        schemas.add("OpenAiError", Schemas.object("error", Schemas.object("message", Schemas.text(),
                "type", Schemas.text(), "param", Schemas.nullable("string"), "code", Schemas.text())));
        components.add("schemas", schemas);
        if (options.token() != null) {
            JsonObject bearer = Schemas.of("http");
            bearer.addProperty("scheme", "bearer");
            JsonObject security = new JsonObject();
            security.add("bearer", bearer);
            components.add("securitySchemes", security);
        }
        JsonObject document = new JsonObject();
        document.addProperty("openapi", "3.0.3");
        document.add("info", info);
        document.add("paths", paths);
        document.add("components", components);
        return document;
    }

    private static JsonObject operation(Route route, boolean token) {
        Route.Description description = route.description();
        JsonObject operation = new JsonObject();
        operation.addProperty("summary", description.summary());
        if (route.method().equals("POST")) {
            JsonObject body = content("application/json", Schemas.request(description.fields()));
            body.addProperty("required", true);
            operation.add("requestBody", body);
        }
        JsonObject responses = new JsonObject();
        responses.add("200", Schemas.described(content(description.contentType(), description.response()), "The answer"));
        JsonObject reference = new JsonObject();
        reference.addProperty("$ref", "#/components/schemas/" + (Routes.isOpenAi(route.path()) ? "OpenAiError" : "Error"));
        responses.add("default", Schemas.described(content("application/json", reference), "Why there is no answer"));
        operation.add("responses", responses);
        if (token && !route.open()) {
            JsonObject bearer = new JsonObject();
            bearer.add("bearer", new JsonArray());
            JsonArray security = new JsonArray();
            security.add(bearer);
            operation.add("security", security);
        }
        return operation;
    }

    private static JsonObject content(String type, JsonObject schema) {
        JsonObject media = new JsonObject();
        media.add("schema", schema);
        JsonObject types = new JsonObject();
        types.add(type.replaceFirst(";.*", ""), media);
        JsonObject content = new JsonObject();
        content.add("content", types);
        return content;
    }
}
