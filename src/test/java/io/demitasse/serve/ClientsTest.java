package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.Classification;
import io.demitasse.Model;
import io.demitasse.Parameters;
import io.demitasse.Ranking;
import io.demitasse.Reranker;
import io.demitasse.Tasks;
import io.demitasse.TextEmbedder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Other people's JavaScript clients, unchanged, against the server: Hugging Face's, Chroma's, OpenAI's and Cohere's. */
@Timeout(120)
class ClientsTest {

    private static final Path CLIENTS = Path.of("src/test/clients");
    private static final String HUGGING_FACE = "@huggingface/inference";

    @Test
    void inferenceClientAndChromaUnderstandTheAnswers() throws Exception {
        try (Served served = Served.tiny()) {
            JsonObject made = classifier(served.base());
            assertClassification(made.get("textClassification"), classify(served, "a good film"), 2);
            assertClassification(made.get("best"), classify(served, "a good film"), 1);
            assertClassification(made.get("endpoint"), classify(served, "bad"), 2);
            assertVectors(made.get("featureExtraction"), served, "good", "bad");
            assertVectors(made.get("chroma"), served, "good", "a bad film");
            assertThat(made.get("refusal").getAsString()).contains("\"inputs\" is a number");
            assertThat(made.get("chromaRefusal").getAsString()).contains("Failed to generate embeddings");
        }
    }

    @Test
    void theySendTheToken() throws Exception {
        try (Served served = Served.tiny(options -> options.withToken("secret"))) {
            assertVectors(classifier(served.base(), "secret").get("chroma"), served, "good", "a bad film");
        }
    }

    /** Every method of the client for a task that a text model has, with what the library says to the same. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            bert-ner        | tokenClassification    | {"inputs": "a quiet , disquieting triumph ."}
            distilbert-ner  | tokenClassification    | {"inputs": "a quiet film", "parameters": {"aggregation_strategy": "max"}}
            bert-qa         | questionAnswering      | {"inputs": {"question": "which film", "context": "a quiet triumph ."}}
            distilbert-qa   | questionAnswering      | {"inputs": {"question": "who", "context": "a film"}, "parameters": {"top_k": 2}}
            bert-mlm        | fillMask               | {"inputs": "a [MASK] crushing disappointment ."}
            distilbert-mlm  | fillMask               | {"inputs": "a [MASK] film", "parameters": {"top_k": 2}}
            bert-nli        | zeroShotClassification | {"inputs": "a film", "parameters": {"candidate_labels": ["sport", "film"]}}
            distilbert-nli  | zeroShotClassification | {"inputs": "a film", "parameters": {"candidate_labels": ["a", "b"], "multi_label": true}}
            bert-nli        | textClassification     | {"inputs": "a film"}
            st-bert-cls     | sentenceSimilarity     | {"inputs": {"source_sentence": "a film", "sentences": ["a triumph", "a film"]}}
            st-bert-max     | featureExtraction      | {"inputs": ["a film", "a triumph"]}
            """)
    void inferenceClientCallsEveryTask(String folder, String method, String request) throws Exception {
        try (Served served = Served.head(folder)) {
            JsonObject asked = JsonParser.parseString("{\"method\": \"" + method + "\", \"request\": " + request + "}")
                    .getAsJsonObject();
            JsonObject made = run(HUGGING_FACE, asked, "task", served.base());
            JsonObject body = asked.getAsJsonObject("request");
            JsonObject parameters = body.has("parameters") ? body.getAsJsonObject("parameters") : new JsonObject();
            assertThat(made.get("result")).isEqualTo(expected(served, method, body.get("inputs"), parameters));
            assertThat(made.get("refusal").getAsString()).contains("\"nonsense\" is not a parameter here");
        }
    }

    /** What the library makes of it, as the client hands it on. */
    private static JsonElement expected(Served served, String method, JsonElement inputs, JsonObject parameters) {
        String name = method.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        Model model = served.model().model();
        if (method.equals("featureExtraction")) {
            JsonArray vectors = new JsonArray();
            TextEmbedder embedder = new TextEmbedder(model);
            inputs.getAsJsonArray().forEach(text -> vectors.add(numbers(embedder.embed(List.of(text.getAsString()),
                    embedder.settings().withNormalize(true)).get(0))));
            return doubles(vectors);
        }
        if (method.equals("tokenClassification") && !parameters.has("aggregation_strategy")) {
            parameters.addProperty("aggregation_strategy", "simple");
        }
        if (method.equals("textClassification")) {
            parameters.addProperty("top_k", model.labels().size());
        }
        JsonElement result = doubles(model.run(Tasks.named(name).job(model, inputs, new Parameters(parameters))));
        if (method.equals("questionAnswering")) {
            return result.isJsonArray() ? result.getAsJsonArray().get(0) : result;
        }
        if (!method.equals("zeroShotClassification")) {
            return result;
        }
        JsonArray labels = new JsonArray();
        for (int i = 0; i < result.getAsJsonObject().getAsJsonArray("labels").size(); i++) {
            JsonObject one = new JsonObject();
            one.add("label", result.getAsJsonObject().getAsJsonArray("labels").get(i));
            one.add("score", result.getAsJsonObject().getAsJsonArray("scores").get(i));
            labels.add(one);
        }
        return labels;
    }

    /** JavaScript reads a float's shortest decimals as a double and writes that one's. */
    private static JsonElement doubles(JsonElement json) {
        return JsonParser.parseString(json.toString());
    }

    private static JsonArray numbers(float[] vector) {
        JsonArray array = new JsonArray();
        for (float number : vector) {
            array.add(number);
        }
        return array;
    }

    @Test
    void openAisClientGetsVectorsPackedAndNot() throws Exception {
        try (Served served = Served.head("st-bert-cls", options -> options.withToken("secret"))) {
            TextEmbedder embedder = new TextEmbedder(served.model().model());
            JsonObject asked = new JsonObject();
            asked.add("input", JsonParser.parseString("[\"a film\", \"a quiet triumph\"]"));
            asked.add("ids", JsonParser.parseString(Arrays.toString(embedder.tokenizer().encode("a film").ids())));
            JsonObject made = run("openai", asked, "openai", served.base(), "secret");
            for (String format : List.of("packed", "floats")) {
                JsonArray data = made.getAsJsonObject(format).getAsJsonArray("data");
                assertVector(data.get(0), embedder.embed("a film"));
                assertVector(data.get(1), embedder.embed("a quiet triumph"));
                assertThat(made.getAsJsonObject(format).getAsJsonObject("usage").get("total_tokens").getAsInt()).isPositive();
            }
            assertVector(made.getAsJsonObject("ids").getAsJsonArray("data").get(0), embedder.embed("a film"));
            assertVector(made.getAsJsonObject("short").getAsJsonArray("data").get(0),
                    embedder.embed(List.of("a film"), embedder.settings().withDimensions(8)).get(0));
            assertThat(made.getAsJsonArray("models").get(0).getAsJsonObject().get("id").getAsString())
                    .isEqualTo("st-bert-cls");
            assertThat(made.get("refusal").getAsString())
                    .isEqualTo("400 dimensions is 4000, but the model's vectors have 32 numbers");
        }
    }

    private static void assertVector(JsonElement one, float[] expected) {
        JsonArray vector = one.getAsJsonObject().getAsJsonArray("embedding");
        assertThat(vector).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(vector.get(i).getAsFloat()).isEqualTo(expected[i]);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-cross-sigmoid", "distilbert-cross-sigmoid"})
    void coheresClientRanks(String folder) throws Exception {
        try (Served served = Served.head(folder)) {
            JsonObject asked = TaskRoutesTest.expected(folder);
            List<String> documents = asked.getAsJsonArray("documents").asList().stream().map(JsonElement::getAsString).toList();
            List<Ranking> expected = new Reranker(served.model().model()).rank(asked.get("query").getAsString(), documents);
            JsonObject made = run("cohere-ai", asked, "cohere", served.base());
            for (String version : List.of("v1", "v2")) {
                JsonArray results = made.getAsJsonObject(version).getAsJsonArray("results");
                assertThat(results).hasSize(version.equals("v1") ? 3 : documents.size());
                for (int i = 0; i < results.size(); i++) {
                    JsonObject result = results.get(i).getAsJsonObject();
                    assertThat(result.get("index").getAsInt()).isEqualTo(expected.get(i).index());
                    assertThat(result.get("relevanceScore").getAsFloat()).isEqualTo(expected.get(i).score());
                    assertThat(result.has("document")).isEqualTo(version.equals("v1"));
                }
            }
            assertThat(made.get("refusal").getAsString()).contains("400", "\\\"documents\\\" is empty");
        }
    }

    private static JsonObject classifier(String... arguments) throws IOException, InterruptedException {
        assumeInstalled("@chroma-core/huggingface-server");
        List<String> all = new ArrayList<>(List.of("classifier"));
        all.addAll(List.of(arguments));
        return run(HUGGING_FACE, new JsonObject(), all.toArray(String[]::new));
    }

    private static void assumeInstalled(String name) {
        assumeTrue(Files.exists(CLIENTS.resolve("node_modules").resolve(name)),
                "needs " + name + ": npm ci --prefix " + CLIENTS);
    }

    private static JsonObject run(String client, JsonObject asked, String... arguments)
            throws IOException, InterruptedException {
        assumeInstalled(client);
        List<String> command = new ArrayList<>(List.of("node", "clients.mjs"));
        command.addAll(List.of(arguments));
        Process node = new ProcessBuilder(command).directory(CLIENTS.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (OutputStream in = node.getOutputStream()) {
            in.write(asked.toString().getBytes(StandardCharsets.UTF_8));
        }
        String out = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(node.exitValue()).as(out).isZero();
        return JsonParser.parseString(out).getAsJsonObject();
    }

    private static Classification classify(Served served, String text) {
        return served.classify(text);
    }

    private static void assertClassification(JsonElement made, Classification expected, int labels) {
        JsonObject best = made.getAsJsonArray().get(0).getAsJsonObject();
        assertThat(best.get("label").getAsString()).isEqualTo(expected.label());
        assertThat(best.get("score").getAsFloat()).isEqualTo(expected.score());
        assertThat(made.getAsJsonArray()).hasSize(labels);
    }

    private static void assertVectors(JsonElement made, Served served, String... texts) {
        JsonArray vectors = made.getAsJsonArray();
        assertThat(vectors).hasSize(texts.length);
        for (int t = 0; t < texts.length; t++) {
            float[] expected = served.vector(texts[t]);
            JsonArray vector = vectors.get(t).getAsJsonArray();
            assertThat(vector).hasSize(expected.length);
            for (int i = 0; i < expected.length; i++) {
                assertThat(vector.get(i).getAsFloat()).isEqualTo(expected[i]);
            }
        }
    }
}
