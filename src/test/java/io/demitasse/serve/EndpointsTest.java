package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.Classification;
import io.demitasse.serve.ServeClient.Answer;
import io.demitasse.tokenizer.Encoding;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What each path answers when all is well. */
class EndpointsTest {

    private static final String IN_FLIGHT = "demitasse_requests_in_flight";

    private static Served served;
    private static ServeClient client;

    @BeforeAll
    static void start() {
        served = Served.tiny();
        client = served.client();
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    @Test
    void predictAnswersATextWithAListByScore() {
        Answer answer = client.post("/predict", "{\"inputs\": \"a good film\"}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Content-Type")).isEqualTo("application/json");
        assertPredictions(answer.json(), classify("a good film"));
        JsonArray list = answer.json().getAsJsonArray();
        assertThat(score(list, 0)).isGreaterThan(score(list, 1));
    }

    @Test
    void predictAnswersTextsWithAListOfLists() {
        Answer answer = client.post("/predict", "{\"inputs\": [\"a good film\", [\"bad\"], \"\"]}");
        assertThat(answer.status()).isEqualTo(200);
        JsonArray lists = answer.json().getAsJsonArray();
        assertThat(lists).hasSize(3);
        assertPredictions(lists.get(0), classify("a good film"));
        assertPredictions(lists.get(1), classify("bad"));
        assertPredictions(lists.get(2), classify(""));
    }

    @Test
    void aPairIsTwoTextsWithSepBetween() {
        JsonArray lists = client.post("/predict", "{\"inputs\": [[\"a good film\", \"not bad\"]]}").json()
                .getAsJsonArray();
        Encoding pair = served.model().tokenizer().encode("a good film", "not bad");
        assertThat(pair.tokens()).containsSubsequence("film", "[SEP]", "not", "bad", "[SEP]");
        assertThat(lists).hasSize(1);
        assertPredictions(lists.get(0), served.model().classifier().classifyIds(pair.ids()));
    }

    @Test
    void rawScoresAreLogits() {
        float[] logits = classify("a good film").logits();
        JsonArray list = client.post("/predict", "{\"inputs\": \"a good film\", \"raw_scores\": true}").json()
                .getAsJsonArray();
        for (JsonElement prediction : list) {
            String label = prediction.getAsJsonObject().get("label").getAsString();
            assertThat(prediction.getAsJsonObject().get("score").getAsFloat())
                    .isEqualTo(logits[label.equals("POSITIVE") ? 1 : 0]);
        }
    }

    @Test
    void rootAnswersATextWithAListOfListsAsInferenceClientsExpect() {
        JsonArray lists = client.post("/", "{\"inputs\": \"a good film\", \"parameters\": {\"top_k\": null}}").json()
                .getAsJsonArray();
        assertThat(lists).hasSize(1);
        assertPredictions(lists.get(0), classify("a good film"));
    }

    @Test
    void specialTokensInATextArePlainText() {
        Encoding encoding = served.model().tokenizer().encode("good [SEP] bad");
        assertThat(encoding.tokens()).containsExactly("[CLS]", "good", "[", "sep", "]", "bad", "[SEP]");
        assertPredictions(client.post("/predict", "{\"inputs\": \"good [SEP] bad\"}").json(),
                served.model().classifier().classifyIds(encoding.ids()));
    }

    @Test
    void embedAnswersWithVectorsOfLengthOneUnlessAskedOtherwise() {
        JsonArray normalized = client.post("/embed", "{\"inputs\": \"a good film\"}").json().getAsJsonArray();
        JsonArray raw = client.post("/embed", "{\"inputs\": [\"a good film\", \"bad\"], \"normalize\": false}").json()
                .getAsJsonArray();
        assertThat(normalized).hasSize(1);
        assertThat(floats(normalized.get(0))).isEqualTo(served.vector("a good film"));
        assertThat(raw).hasSize(2);
        assertThat(floats(raw.get(0))).isEqualTo(served.model().embedder().embed("a good film"));
    }

    @Test
    void tokenizeListsTokensWithSpansInCodePoints() {
        JsonArray tokens = client.post("/tokenize", "{\"inputs\": \"\uD83D\uDE00 good.\"}").json()
                .getAsJsonArray().get(0).getAsJsonArray();
        assertThat(tokens.toString()).isEqualTo("[{\"id\":2,\"text\":\"[CLS]\",\"special\":true,\"start\":null,"
                + "\"stop\":null},{\"id\":1,\"text\":\"\uD83D\uDE00\",\"special\":false,\"start\":0,\"stop\":1},"
                + "{\"id\":6,\"text\":\"good\",\"special\":false,\"start\":2,\"stop\":6},"
                + "{\"id\":10,\"text\":\".\",\"special\":false,\"start\":6,\"stop\":7},"
                + "{\"id\":3,\"text\":\"[SEP]\",\"special\":true,\"start\":null,\"stop\":null}]");
        JsonArray bare = client.post("/tokenize", "{\"inputs\": [\"good\"], \"add_special_tokens\": false}").json()
                .getAsJsonArray().get(0).getAsJsonArray();
        assertThat(bare).hasSize(1);
        assertThat(client.post("/tokenize", text("good ".repeat(100), "")).json().getAsJsonArray().get(0)
                .getAsJsonArray()).as("not truncated").hasSize(102);
    }

    @Test
    void aLongTextIsCutAndTheAnswerSaysSo() {
        String text = "good ".repeat(100);
        Answer answer = client.post("/predict", text(text, ""));
        assertThat(answer.status()).isEqualTo(200);
        assertPredictions(answer.json(), classify(text));
        assertThat(answer.header("x-truncated-inputs")).isEqualTo("1");
        assertThat(answer.header("x-compute-tokens")).isEqualTo("64");
        assertThat(client.post("/predict", text("good", "")).header("x-truncated-inputs")).isNull();
    }

    @Test
    void inspectAnswersWithAPage() {
        Answer page = client.post("/inspect", "{\"inputs\": \"a good film </script>\"}");
        assertThat(page.status()).as(page.body()).isEqualTo(200);
        assertThat(page.header("Content-Type")).isEqualTo("text/html; charset=utf-8");
        assertThat(page.header("Content-Security-Policy")).contains("default-src 'none'");
        assertThat(page.body()).contains("a good film \\u003c/script\\u003e", "integrated gradients")
                .doesNotContain("film </script>");
        Answer two = client.post("/inspect", "{\"inputs\": [\"a\", \"b\"]}");
        assertThat(two.status()).isEqualTo(422);
        assertThat(two.error()).startsWith("\"inputs\" has more than 1 text");
    }

    @Test
    void healthAndInfo() {
        assertThat(client.get("/health").status()).isEqualTo(200);
        assertThat(client.send("HEAD", "/health").status()).isEqualTo(200);
        JsonObject info = client.get("/info").json().getAsJsonObject();
        assertThat(info.get("model_id").getAsString()).isEqualTo("tiny");
        assertThat(info.get("max_input_length").getAsInt()).isEqualTo(64);
        assertThat(info.get("model_type").getAsJsonObject().get("classifier").getAsJsonObject().get("id2label")
                .getAsJsonObject().get("1").getAsString()).isEqualTo("POSITIVE");
    }

    @Test
    void metricsCountWhatHappened() {
        client.post("/predict", "{\"inputs\": [\"good\", \"bad\"]}");
        client.post("/predict", "{\"inputs\": 1}");
        client.get("/of-a-stranger");
        Answer metrics = client.get("/metrics");
        // A request is in flight until its answer is written, which its client may have read a moment before.
        for (int i = 0; i < 200 && value(metrics, IN_FLIGHT) != 1; i++) {
            LockSupport.parkNanos(5_000_000);
            metrics = client.get("/metrics");
        }
        assertThat(metrics.header("Content-Type")).startsWith("text/plain; version=0.0.4");
        assertThat(metrics.body().lines().filter(line -> !line.startsWith("#"))).isNotEmpty().allSatisfy(line ->
                assertThat(line).matches("demitasse_[a-z_]+(\\{([a-z_]+=\"[^\"]*\",?)+})? [0-9.]+"));
        assertThat(value(metrics, "demitasse_requests_total{path=\"/predict\",status=\"200\"}")).isPositive();
        assertThat(value(metrics, "demitasse_requests_total{path=\"other\",status=\"404\"}")).isPositive();
        assertThat(value(metrics, "demitasse_errors_total{error_type=\"Malformed\",status=\"400\"}")).isPositive();
        assertThat(value(metrics, "demitasse_texts_total")).isGreaterThanOrEqualTo(2);
        assertThat(value(metrics, "demitasse_tokens_total")).isGreaterThanOrEqualTo(6);
        assertThat(value(metrics, "demitasse_queue_tokens")).isZero();
        assertThat(value(metrics, IN_FLIGHT)).as("this one").isEqualTo(1);
        assertThat(value(metrics, "demitasse_request_duration_seconds_bucket{path=\"/predict\",le=\"+Inf\"}"))
                .isEqualTo(value(metrics, "demitasse_request_duration_seconds_count{path=\"/predict\"}")).isPositive();
        assertThat(metrics.body()).doesNotContain("stranger");
    }

    @Test
    void thePageNeedsNothingButThisServer() {
        Answer page = client.get("/");
        assertThat(page.header("Content-Type")).isEqualTo("text/html; charset=utf-8");
        assertThat(page.header("Content-Security-Policy")).contains("default-src 'none'", "connect-src 'self'");
        assertThat(page.body()).contains("<textarea").doesNotContain("http://", "https://", "//cdn");
    }

    private static Classification classify(String text) {
        return served.classify(text);
    }

    private static String text(String text, String more) {
        return "{\"inputs\": \"" + text + "\"" + more + "}";
    }

    private static void assertPredictions(JsonElement list, Classification expected) {
        Map<String, Float> scores = expected.scores();
        assertThat(list.getAsJsonArray()).hasSize(scores.size());
        for (JsonElement prediction : list.getAsJsonArray()) {
            JsonObject object = prediction.getAsJsonObject();
            assertThat(object.get("score").getAsFloat()).isEqualTo(scores.get(object.get("label").getAsString()));
        }
    }

    private static float score(JsonArray list, int i) {
        return list.get(i).getAsJsonObject().get("score").getAsFloat();
    }

    private static float[] floats(JsonElement list) {
        float[] floats = new float[list.getAsJsonArray().size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = list.getAsJsonArray().get(i).getAsFloat();
        }
        return floats;
    }

    private static double value(Answer metrics, String series) {
        return metrics.body().lines().filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ')))).findFirst()
                .orElseThrow(() -> new AssertionError(series + " is not in\n" + metrics.body()));
    }
}
