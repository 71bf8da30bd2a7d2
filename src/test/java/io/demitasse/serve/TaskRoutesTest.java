package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.demitasse.HeadReference;
import io.demitasse.serve.ServeClient.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the server makes of each task's requests is what Hugging Face's own code makes of them. */
class TaskRoutesTest {

    /** Of pipelines' output, in float32. */
    private static final double PRINTED = 2e-4;

    @ParameterizedTest
    @ValueSource(strings = {"bert-ner", "distilbert-ner"})
    void tokens(String folder) throws IOException {
        try (Served served = Served.head(folder)) {
            for (JsonObject entry : plain(folder, "texts")) {
                same(ask(served, "/", text(entry), "{}"), entry.get("simple"));
                for (String strategy : List.of("none", "simple", "first", "average", "max")) {
                    same(ask(served, "/token-classification", text(entry),
                            "{\"aggregation_strategy\": \"" + strategy + "\"}"), entry.get(strategy));
                }
            }
            for (JsonObject entry : list(folder, "stride")) {
                same(ask(served, "/predict", text(entry), "{\"stride\": " + entry.get("stride") + "}"), entry.get("simple"));
                Answer cut = post(served, "/", text(entry), "{}");
                assertThat(cut.header("x-truncated-inputs")).isEqualTo("1");
                Answer refused = post(served, "/", text(entry), "{\"truncate\": false}");
                assertThat(refused.status()).isEqualTo(413);
                assertThat(refused.error()).startsWith("\"inputs\" has ").endsWith("but the model reads at most 64");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-qa", "distilbert-qa"})
    void questions(String folder) throws IOException {
        try (Served served = Served.head(folder)) {
            JsonObject defaults = expected(folder).getAsJsonObject("defaults");
            for (JsonObject entry : list(folder, "questions")) {
                JsonObject parameters = defaults.deepCopy();
                JsonObject inputs = new JsonObject();
                entry.entrySet().forEach(one -> (List.of("question", "context").contains(one.getKey()) ? inputs : parameters)
                        .add(one.getKey(), one.getValue()));
                JsonElement result = parameters.remove("result");
                same(ask(served, "/", inputs, parameters.toString()), result);
            }
            assertThat(served.client().post("/", "{\"inputs\": {\"question\": \"who\", \"context\": \"a film\"}, "
                    + "\"parameters\": {\"top_k\": 2147483647, \"max_answer_len\": 2147483647}}").status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-mlm", "distilbert-mlm"})
    void masks(String folder) throws IOException {
        try (Served served = Served.head(folder)) {
            for (JsonObject entry : list(folder, "texts")) {
                same(ask(served, "/fill-mask", text(entry), "{\"top_k\": 5}"), entry.get("top5"));
            }
            JsonArray two = post(served, "/", JsonParser.parseString("[\"a [MASK] film\", \"the [MASK]\"]"),
                    "{\"top_k\": 2}").json().getAsJsonArray();
            assertThat(two).hasSize(2);
            assertThat(two.get(1)).isEqualTo(post(served, "/", new JsonPrimitive("the [MASK]"), "{\"top_k\": 2}").json());
            Answer none = post(served, "/", JsonParser.parseString("[\"a [MASK]\", \"a film\"]"), "{}");
            assertThat(none.status()).isEqualTo(400);
            assertThat(none.error()).isEqualTo("\"inputs[1]\": the text has no [MASK]");
            assertThat(post(served, "/", new JsonPrimitive("[MASK] ".repeat(60)), "{\"top_k\": 2147483647}").status())
                    .as("the memory of such an answer").isIn(200, 413);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-nli", "distilbert-nli", "bert-multilabel", "distilbert-multilabel", "bert-regression",
        "distilbert-regression"})
    void labels(String folder) throws IOException {
        try (Served served = Served.head(folder)) {
            for (JsonObject entry : plain(folder, "texts")) {
                same(ask(served, "/", text(entry), "{}").getAsJsonArray().get(0), entry.get("all"));
                same(ask(served, "/predict", text(entry), "{}"), entry.get("all"));
                if (entry.has("top")) {
                    same(ask(served, "/predict", text(entry), "{\"top_k\": 1}"), entry.get("top"));
                    same(ask(served, "/predict", text(entry), "{\"function_to_apply\": \"none\"}"), entry.get("none"));
                    same(ask(served, "/predict", text(entry), "{\"top_k\": 2, \"function_to_apply\": \"sigmoid\"}"),
                            entry.get("sigmoid"));
                    same(ask(served, "/predict", text(entry), "{\"raw_scores\": true}"), entry.get("none"));
                }
            }
            for (JsonObject entry : plain(folder, "pairs")) {
                JsonArray pair = new JsonArray();
                pair.add(entry.get("text"));
                pair.add(entry.get("text_pair"));
                JsonArray pairs = new JsonArray();
                pairs.add(pair);
                same(ask(served, "/predict", pairs, "{}").getAsJsonArray().get(0), entry.get("all"));
                JsonObject object = new JsonObject();
                object.add("text", entry.get("text"));
                object.add("text_pair", entry.get("text_pair"));
                same(ask(served, "/text-classification", object, "{}").getAsJsonArray().get(0), entry.get("all"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-nli", "distilbert-nli"})
    void labelsOfOnesOwn(String folder) throws IOException {
        try (Served served = Served.head(folder)) {
            for (JsonObject entry : list(folder, "zero_shot")) {
                JsonObject parameters = entry.deepCopy();
                List.of("text", "result").forEach(parameters::remove);
                same(ask(served, "/zero-shot-classification", text(entry), parameters.toString()), entry.get("result"));
                same(ask(served, "/", text(entry), parameters.toString()), entry.get("result"));
            }
            assertThat(post(served, "/zero-shot-classification", new JsonPrimitive("a film"), "{}").error())
                    .isEqualTo("there are no candidate labels");
            assertThat(post(served, "/", new JsonPrimitive("a film"), "{\"candidate_labels\": \"a,b\", \"truncate\": false}")
                    .error()).startsWith("\"truncate\" cannot be false for zero-shot-classification");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-choice", "distilbert-choice"})
    void choices(String folder) throws IOException {
        try (Served served = Served.head(folder)) {
            for (JsonObject entry : list(folder, "choices")) {
                JsonObject inputs = entry.deepCopy();
                List.of("logits", "scores").forEach(inputs::remove);
                same(ask(served, "/", inputs, "{}").getAsJsonObject().get("scores"), entry.get("scores"));
            }
        }
    }

    @Test
    void whatATaskDoesNotTakeIsRefusedByName() {
        try (Served served = Served.head("bert-ner")) {
            ServeClient client = served.client();
            assertThat(client.post("/", "{\"inputs\": \"a\", \"parameters\": {\"top_k\": 1}}").error())
                    .isEqualTo("\"top_k\" is not a parameter here; there are aggregation_strategy, stride, ignore_labels, "
                            + "truncate");
            assertThat(client.post("/", "{\"inputs\": \"a\", \"parameters\": {\"aggregation_strategy\": \"most\"}}").error())
                    .isEqualTo("\"aggregation_strategy\" is \"most\", not one of [none, simple, first, average, max]");
            assertThat(client.post("/", "{\"inputs\": \"a\", \"parameters\": {\"stride\": 1.5}}").error())
                    .isEqualTo("\"parameters.stride\" is not a whole number, or too large a one");
            assertThat(client.post("/", "{\"inputs\": \"a\", \"parameters\": {\"prompt_name\": \"query\"}}").error())
                    .as("it is another task's").isEqualTo("\"prompt_name\" is not a parameter here; there are "
                            + "aggregation_strategy, stride, ignore_labels, truncate");
            assertThat(client.post("/", "{\"inputs\": \"a\", \"parameters\": {\"normalize\": true}}").status())
                    .as("vectors have to be asked for by their path").isEqualTo(400);
            assertThat(client.post("/", "{\"inputs\": [[\"a\", \"b\"]]}").error())
                    .isEqualTo("\"inputs[0]\" is a pair, not a string");
            assertThat(client.post("/", "{\"inputs\": [[1, 2]]}").error())
                    .isEqualTo("\"inputs[0]\" is an array of token ids, not a string");
            assertThat(client.post("/", "{\"inputs\": {\"question\": \"a\"}}").error())
                    .isEqualTo("\"inputs\" is an object, but token-classification takes a text");
            for (String path : List.of("/text-classification", "/rerank", "/v1/rerank", "/fill-mask", "/inspect", "/question-answering")) {
                Answer answer = client.post(path, "{\"inputs\": \"a\"}");
                assertThat(answer.status()).as(path).isEqualTo(424);
                assertThat(answer.body()).as(path).contains("POST to /");
            }
            assertThat(client.post("/fill-mask", "{}").error())
                    .isEqualTo("this model is for token-classification, not for fill-mask: POST to / or "
                            + "/token-classification");
            assertThat(client.post("/embed", "{\"inputs\": \"a\"}").status()).as("any model has vectors").isEqualTo(200);
        }
    }

    @Test
    void aSpecialTokenInATextOfAStrangerIsPlainText() {
        try (Served served = Served.head("bert-ner")) {
            JsonArray entities = served.client().post("/", "{\"inputs\": \"[SEP]\", \"parameters\": "
                    + "{\"aggregation_strategy\": \"none\", \"ignore_labels\": []}}").json().getAsJsonArray();
            assertThat(entities.size()).as("[, sep and ] at least").isGreaterThanOrEqualTo(3);
        }
    }

    /** A text of 60,000 tokens, of which the next window has one more: two billion tokens if they were made. */
    @Test
    void windowsThatShareNearlyAllAreNotMade() {
        String text = "film ".repeat(60_000);
        try (Served served = Served.head("distilbert-qa")) {
            String inputs = "{\"inputs\": {\"question\": \"who\", \"context\": \"" + text + "\"}, \"parameters\": {\"doc_stride\": ";
            Answer answer = served.client().post("/", inputs + "58}}");
            assertThat(answer.status()).as(answer.body()).isEqualTo(413);
            assertThat(answer.error()).startsWith("the model would have to read about ").contains("at most 524288 are read");
            assertThat(served.client().post("/", inputs + "64}}").error()).contains("stride");
        }
        try (Served served = Served.head("bert-ner")) {
            Answer answer = served.client().post("/", "{\"inputs\": \"" + text + "\", \"parameters\": {\"stride\": 61}}");
            assertThat(answer.status()).as(answer.body()).isEqualTo(413);
            assertThat(served.client().post("/", "{\"inputs\": \"a film\", \"parameters\": {\"stride\": 61}}").status())
                    .isEqualTo(200);
        }
    }

    private static JsonElement ask(Served served, String path, JsonElement inputs, String parameters) {
        Answer answer = post(served, path, inputs, parameters);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json();
    }

    private static Answer post(Served served, String path, JsonElement inputs, String parameters) {
        return served.client().post(path, "{\"inputs\": " + inputs + ", \"parameters\": " + parameters + "}");
    }

    private static void same(JsonElement found, JsonElement expected) {
        HeadReference.same(found, expected, PRINTED, String.valueOf(expected));
    }

    static JsonObject expected(String folder) throws IOException {
        return JsonParser.parseString(Files.readString(Path.of("src/test/resources/heads")
                .resolve(folder).resolve("expected.json"))).getAsJsonObject();
    }

    static List<JsonObject> list(String folder, String name) throws IOException {
        JsonObject expected = expected(folder);
        return expected.has(name) ? expected.getAsJsonArray(name).asList().stream().map(JsonElement::getAsJsonObject).toList()
                : List.of();
    }

    /** Without those that have a special token in them, which the server takes for plain text. */
    private static List<JsonObject> plain(String folder, String name) throws IOException {
        List<JsonObject> all = list(folder, name);
        List<JsonObject> plain = all.stream().filter(entry -> !entry.toString().matches(".*\\[[A-Z]+].*")).toList();
        assertThat(plain.size()).isGreaterThanOrEqualTo(all.size() - 2);
        return plain;
    }

    private static JsonElement text(JsonObject entry) {
        return entry.get("text");
    }
}
