package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.Tasks;
import io.demitasse.serve.ServeClient.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That the server does what its description of itself says. */
class ApiDescriptionTest {

    /** An input of each task, and what else a request needs. */
    private static final Map<String, String> INPUTS = Map.of("text-classification", "\"inputs\": \"a film\"",
            "zero-shot-classification", "\"inputs\": \"a film\", \"candidate_labels\": [\"film\", \"sport\"]",
            "token-classification", "\"inputs\": \"a film\"", "question-answering",
            "\"inputs\": {\"question\": \"which film\", \"context\": \"a quiet film\"}", "fill-mask",
            "\"inputs\": \"a [MASK] film\"", "multiple-choice", "\"inputs\": {\"prompt\": \"a\", \"choices\": [\"b\", \"c\"]}",
            "text-ranking", "\"inputs\": {\"query\": \"a\", \"texts\": [\"b\", \"c\"]}", "feature-extraction",
            "\"inputs\": \"a film\"", "sentence-similarity",
            "\"inputs\": {\"source_sentence\": \"a\", \"sentences\": [\"b\", \"c\"]}");
    private static final Map<String, String> OTHERS = Map.of("/similarity", INPUTS.get("sentence-similarity"),
            "/rerank", "\"query\": \"a\", \"texts\": [\"b\", {\"text\": \"c\"}]", "/v1/rerank",
            "\"query\": \"a\", \"documents\": [\"b\", {\"text\": \"c\"}]", "/v2/rerank",
            "\"query\": \"a\", \"documents\": [\"b\"]", "/v1/embeddings", "\"input\": [\"a\", \"b\"]", "/embeddings",
            "\"input\": [1, 2]", "/decode", "\"ids\": [1, 2]");

    @ParameterizedTest
    @ValueSource(strings = {"bert-nli", "bert-ner", "distilbert-qa", "bert-mlm", "bert-choice", "bert-cross-identity",
        "bert-multilabel", "st-bert-cls"})
    void everyAnswerIsAsDescribedAndEveryFieldIsRead(String folder) {
        try (Served served = Served.head(folder)) {
            JsonObject api = served.client().get("/api-doc/openapi.json").json().getAsJsonObject();
            String own = served.model().task().name();
            int posts = 0;
            for (Map.Entry<String, JsonElement> path : api.getAsJsonObject("paths").entrySet()) {
                for (Map.Entry<String, JsonElement> method : path.getValue().getAsJsonObject().entrySet()) {
                    JsonObject operation = method.getValue().getAsJsonObject();
                    if (method.getKey().equals("get")) {
                        check(served.client().get(path.getKey()), operation, api);
                        continue;
                    }
                    posts++;
                    String body = OTHERS.getOrDefault(path.getKey(), path.getKey().startsWith("/embed")
                            || List.of("/tokenize", "/inspect").contains(path.getKey()) ? "\"inputs\": \"a film\""
                            : INPUTS.getOrDefault(path.getKey().substring(1), INPUTS.get(own)));
                    check(served.client().post(path.getKey(), "{" + body + "}"), operation, api);
                    checkFields(served, path.getKey(), body, operation, api);
                    if (path.getKey().equals("/")) {
                        // Whatever else the model was made for, by its own shapes.
                        Tasks.ALL.stream().filter(task -> task.fits(served.model().model())
                                && !task.name().equals("feature-extraction")).forEach(task ->
                                check(served.client().post("/", "{" + INPUTS.get(task.name()) + "}"), operation, api));
                    }
                }
            }
            assertThat(posts).as("/, /invocations, /predict, /embed, /v1/embeddings and more").isGreaterThan(9);
        }
    }

    /** What has another type than its description says is refused by its name, so it is read. */
    private static void checkFields(Served served, String path, String body, JsonObject operation, JsonObject api) {
        JsonObject schema = operation.getAsJsonObject("requestBody").getAsJsonObject("content")
                .getAsJsonObject("application/json").getAsJsonObject("schema");
        for (String name : schema.getAsJsonObject("properties").keySet()) {
            if (body.contains("\"" + name + "\"")) {
                continue;
            }
            // No field is an object of objects.
            Answer answer = served.client().post(path, "{" + body + ", \"" + name + "\": [{\"a\": {}}]}");
            assertThat(answer.status()).as(path + " " + name + " " + answer.body()).isEqualTo(400);
            assertThat(answer.body()).contains("\\\"" + name);
        }
        Answer without = served.client().post(path, "{}");
        assertThat(without.status()).isEqualTo(400);
        check(without, operation.getAsJsonObject("responses").getAsJsonObject("default"), api, without.json());
    }

    private static void check(Answer answer, JsonObject operation, JsonObject api) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        JsonObject response = operation.getAsJsonObject("responses").getAsJsonObject("200");
        String type = response.getAsJsonObject("content").keySet().iterator().next();
        assertThat(answer.header("Content-Type")).startsWith(type);
        check(answer, response, api, type.equals("application/json") ? answer.json() : new JsonPrimitive(answer.body()));
    }

    private static void check(Answer answer, JsonObject response, JsonObject api, JsonElement value) {
        JsonObject content = response.getAsJsonObject("content");
        List<String> faults = new ArrayList<>();
        validate(value, content.getAsJsonObject(content.keySet().iterator().next()).getAsJsonObject("schema"), api, "answer",
                faults);
        assertThat(faults).as(answer.body().substring(0, Math.min(500, answer.body().length()))).isEmpty();
    }

    /** As much of JSON Schema as the description uses, and strictly: a property that it does not name is a fault. */
    private static void validate(JsonElement value, JsonObject schema, JsonObject api, String where, List<String> faults) {
        if (schema.has("$ref")) {
            String name = schema.get("$ref").getAsString().replaceFirst(".*/", "");
            validate(value, api.getAsJsonObject("components").getAsJsonObject("schemas").getAsJsonObject(name), api, where,
                    faults);
        } else if (schema.has("anyOf")) {
            boolean any = schema.getAsJsonArray("anyOf").asList().stream().anyMatch(one -> {
                List<String> some = new ArrayList<>();
                validate(value, one.getAsJsonObject(), api, where, some);
                return some.isEmpty();
            });
            if (!any) {
                faults.add(where + " is none of " + schema);
            }
        } else if (!(value.isJsonNull() && schema.has("nullable"))) {
            validateType(value, schema, api, where, faults);
        }
    }

    private static void validateType(JsonElement value, JsonObject schema, JsonObject api, String where,
                                     List<String> faults) {
        boolean right = switch (schema.get("type").getAsString()) {
            case "string" -> value.isJsonPrimitive() && value.getAsJsonPrimitive().isString();
            case "boolean" -> value.isJsonPrimitive() && value.getAsJsonPrimitive().isBoolean();
            case "number" -> value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber();
            case "integer" -> value.isJsonPrimitive() && value.getAsString().matches("-?\\d+");
            case "array" -> value.isJsonArray();
            default -> value.isJsonObject();
        };
        if (!right) {
            faults.add(where + " is " + value + ", not " + schema);
        } else if (schema.has("items")) {
            JsonArray array = value.getAsJsonArray();
            for (int i = 0; i < array.size(); i++) {
                validate(array.get(i), schema.getAsJsonObject("items"), api, where + "[" + i + "]", faults);
            }
        } else if (schema.has("properties")) {
            JsonObject properties = schema.getAsJsonObject("properties");
            value.getAsJsonObject().entrySet().forEach(entry -> {
                if (properties.has(entry.getKey())) {
                    validate(entry.getValue(), properties.getAsJsonObject(entry.getKey()), api, where + "." + entry.getKey(),
                            faults);
                } else {
                    faults.add(where + "." + entry.getKey() + " is not described");
                }
            });
            schema.getAsJsonArray("required").forEach(name -> {
                if (!value.getAsJsonObject().has(name.getAsString())) {
                    faults.add(where + "." + name.getAsString() + " is missing");
                }
            });
        }
    }

    @Test
    void whatTheModelDoesNotDoIsNotDescribedAndTheTokenIs() {
        try (Served served = Served.tiny(options -> options.withToken("secret").withInspections(false))) {
            JsonObject api = new ServeClient(served.base()).get("/api-doc/openapi.json").json().getAsJsonObject();
            JsonObject paths = api.getAsJsonObject("paths");
            assertThat(paths.keySet()).contains("/", "/predict", "/embed", "/docs", "/api-doc/openapi.json")
                    .doesNotContain("/rerank", "/fill-mask", "/inspect");
            assertThat(paths.getAsJsonObject("/predict").getAsJsonObject("post").has("security")).isTrue();
            assertThat(paths.getAsJsonObject("/health").getAsJsonObject("get").has("security")).isFalse();
            assertThat(api.getAsJsonObject("components").getAsJsonObject("securitySchemes").has("bearer")).isTrue();
        }
    }

    @Test
    void thePageToReadItNeedsNothingButThisServer() {
        try (Served served = Served.tiny()) {
            Answer page = served.client().get("/docs");
            assertThat(page.header("Content-Type")).isEqualTo("text/html; charset=utf-8");
            assertThat(page.header("Content-Security-Policy")).contains("default-src 'none'", "connect-src 'self'");
            assertThat(page.body()).contains("api-doc/openapi.json").doesNotContain("http://", "https://", "//cdn");
        }
    }
}
