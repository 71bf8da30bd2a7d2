package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.HeadReference;
import io.demitasse.Input;
import io.demitasse.TextEmbedder;
import io.demitasse.serve.ServeClient.Answer;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.TruncationSide;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Vectors, by text-embeddings-inference's routes and by OpenAI's. */
class EmbeddingRoutesTest {

    private static final String FOLDER = "st-bert-cls";

    private static Served served;
    private static ServeClient client;
    private static TextEmbedder embedder;

    @BeforeAll
    static void start() {
        served = Served.head(FOLDER, options -> options.withServedModelName("small"));
        client = served.client();
        embedder = new TextEmbedder(served.model().model());
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"st-bert-cls", "st-bert-max", "st-distilbert-mean"})
    void vectorsAreThoseOfSentenceTransformers(String folder) throws IOException {
        try (Served other = Served.head(folder)) {
            // These folders say themselves whether vectors are scaled; the server scales them unless asked not to.
            boolean scaled = new TextEmbedder(other.model().model()).settings().normalize();
            for (String use : List.of("texts", "query_prompt")) {
                for (JsonObject entry : TaskRoutesTest.list(folder, use)) {
                    Answer answer = other.client().post("/embed", "{\"inputs\": " + entry.get("text") + ", \"normalize\": "
                            + scaled + (use.equals("texts") ? "" : ", \"prompt_name\": \"query\"") + "}");
                    HeadReference.same(answer.json().getAsJsonArray().get(0), entry.get("embedding"), 2e-5, answer.body());
                }
            }
        }
    }

    @Test
    void dimensionsPromptsAndIdsAreObeyed() {
        float[] whole = embedder.embed(List.of("a film"), embedder.settings().withPromptName("query").withDimensions(8)).get(0);
        for (String body : List.of("\"prompt_name\": \"query\", \"dimensions\": 8",
                "\"parameters\": {\"prompt_name\": \"query\", \"dimensions\": 8}")) {
            assertThat(vectors(client.post("/embed", "{\"inputs\": [\"a film\"], " + body + "}"))[0]).isEqualTo(whole);
        }
        int[] ids = embedder.tokenizer().encode("a film").ids();
        float[] plain = embedder.embed("a film");
        assertThat(vectors(client.post("/embed", "{\"inputs\": " + Arrays.toString(ids) + "}"))[0]).isEqualTo(plain);
        assertThat(vectors(client.post("/feature-extraction", "{\"inputs\": [" + Arrays.toString(ids) + ", \"a film\"]}")))
                .isEqualTo(new float[][] {plain, plain});
        assertThat(vectors(client.post("/embed", "{\"inputs\": \"a film\", \"parameters\": {\"pooling\": \"mean\", "
                + "\"normalize\": false}}"))[0]).isEqualTo(embedder.embed(List.of("a film"), io.demitasse.Pooling.MEAN, false)
                .get(0));
    }

    @Test
    void aLongTextIsCutOnTheSideThatIsAskedFor() {
        String text = "a quiet film " .repeat(20);
        int length = embedder.tokenizer().settings().maxLength();
        for (String side : List.of("left", "Right")) {
            Encoding encoding = embedder.tokenizer().encode(text, length, TruncationSide.valueOf(side.toUpperCase()));
            float[] expected = embedder.model().run(embedder.job(List.of(new Input.Ids(embedder.model().sequence(encoding))),
                    embedder.settings())).get(0);
            Answer answer = client.post("/embed", "{\"inputs\": \"" + text + "\", \"truncation_direction\": \"" + side + "\"}");
            assertThat(vectors(answer)[0]).as(side).isEqualTo(expected);
            assertThat(answer.header("x-truncated-inputs")).isEqualTo("1");
        }
    }

    @Test
    void embedAllGivesAVectorForEachToken() {
        JsonArray all = client.post("/embed_all", "{\"inputs\": [\"a film\", \"film\"]}").json().getAsJsonArray();
        int tokens = embedder.tokenizer().encode("a film").size();
        assertThat(all).hasSize(2);
        assertThat(all.get(0).getAsJsonArray()).hasSize(tokens);
        // This model's vector is the first token's, scaled.
        float[] first = floats(all.get(0).getAsJsonArray().get(0));
        assertThat(first).isEqualTo(embedder.embed(List.of("a film"), embedder.settings().withNormalize(false)).get(0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/similarity", "/sentence-similarity", "/", "/invocations"})
    void similarityGivesCosines(String path) {
        String inputs = "{\"source_sentence\": \"a film\", \"sentences\": [\"a film\", \"a quiet triumph\"]}";
        float[] expected = embedder.similarity("a film", List.of("a film", "a quiet triumph"));
        assertThat(floats(client.post(path, "{\"inputs\": " + inputs + "}").json())).isEqualTo(expected);
        assertThat(client.post(path, "{\"inputs\": [" + inputs + "]}").json().getAsJsonArray().get(0).getAsJsonArray())
                .hasSize(2);
        assertThat(floats(client.post(path, "{\"inputs\": " + inputs + ", \"parameters\": {\"prompt_name\": \"query\"}}").json())
                [1]).isNotCloseTo(expected[1], within(1e-6f));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/embeddings", "/embeddings"})
    void openAisShape(String path) {
        int[] ids = embedder.tokenizer().encode("a film").ids();
        float[] expected = embedder.embed("a film");
        for (String input : List.of("\"a film\"", "[\"a film\"]", Arrays.toString(ids), "[" + Arrays.toString(ids) + "]")) {
            JsonObject body = client.post(path, "{\"input\": " + input + ", \"model\": \"whatever\", \"user\": \"me\"}").json()
                    .getAsJsonObject();
            assertThat(body.get("object").getAsString()).isEqualTo("list");
            assertThat(body.get("model").getAsString()).isEqualTo("small");
            assertThat(body.getAsJsonObject("usage").get("prompt_tokens").getAsInt()).isEqualTo(ids.length);
            JsonObject one = body.getAsJsonArray("data").get(0).getAsJsonObject();
            assertThat(one.get("object").getAsString()).isEqualTo("embedding");
            assertThat(one.get("index").getAsInt()).isZero();
            assertThat(floats(one.get("embedding"))).isEqualTo(expected);
        }
        JsonObject packed = client.post(path, "{\"input\": [\"film\", \"a film\"], \"encoding_format\": \"base64\", "
                + "\"dimensions\": 8}").json().getAsJsonObject();
        byte[] bytes = Base64.getDecoder().decode(packed.getAsJsonArray("data").get(1).getAsJsonObject().get("embedding")
                .getAsString());
        float[] some = new float[8];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(some);
        assertThat(bytes).hasSize(32);
        assertThat(some).isEqualTo(embedder.embed(List.of("a film"), embedder.settings().withDimensions(8)).get(0));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"input": []}                                      | "input" is empty
            {"model": "a"}                                     | "input" is missing
            {"input": {"text": "a"}}                           | "input" is an object, not a string
            {"input": [["a", "b"]]}                            | "input[0]" is a pair, not a string
            {"input": [1, "a"]}                                | "input[1]" is a string, not a whole number
            {"input": [-1]}                                    | "input[0]" is -1, which is no token id of this model
            {"input": [[2, 3], [999999]]}                      | "input[1][0]" is 999999, which is no token id
            {"input": [[]]}                                    | "input[0]" is empty
            {"input": "a", "encoding_format": "hex"}           | "encoding_format" is neither float nor base64
            {"input": "a", "dimensions": 0}                    | "dimensions" is 0, not a whole number from 1 up
            {"input": "a", "dimensions": 4000}                 | dimensions is 4000, but the model's vectors have 32 numbers
            {"input": "a", "dimensions": "8"}                  | "dimensions" is a string, not a whole number
            """)
    void openAisClientsAreToldInTheirShape(String body, String reason) {
        Answer answer = client.post("/v1/embeddings", body);
        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        JsonObject error = answer.json().getAsJsonObject().getAsJsonObject("error");
        assertThat(error.get("message").getAsString()).contains(reason);
        assertThat(error.get("type").getAsString()).isEqualTo("invalid_request_error");
        assertThat(error.keySet()).containsExactly("message", "type", "param", "code");
    }

    @Test
    void errorsBelowV1AreOpenAisWhateverTheyAre() {
        for (Answer answer : List.of(client.get("/v1/embeddings"), client.post("/v1/chat/completions", "{}"),
                client.postWith("/embeddings", "{}", "Content-Type", "text/plain"))) {
            assertThat(answer.json().getAsJsonObject().getAsJsonObject("error").get("message").getAsString()).isNotEmpty();
        }
        String tooMany = IntStream.range(0, 33).mapToObj(i -> "\"a\"").toList().toString();
        assertThat(client.post("/v1/embeddings", "{\"input\": " + tooMany + "}").status()).isEqualTo(422);
        JsonArray models = client.get("/v1/models").json().getAsJsonObject().getAsJsonArray("data");
        assertThat(models.get(0).getAsJsonObject().get("id").getAsString()).isEqualTo("small");
    }

    @Test
    void whatVectorsCannotBeMadeOfIsRefused() {
        assertThat(client.post("/embed", "{\"inputs\": \"a\", \"prompt_name\": \"none\"}").error())
                .startsWith("\"prompt_name\" is \"none\"; the model has query");
        assertThat(client.post("/embed", "{\"inputs\": [1, 2], \"prompt_name\": \"query\"}").error())
                .isEqualTo("\"prompt_name\" is for texts, not for token ids");
        assertThat(client.post("/embed", "{\"inputs\": \"a\", \"truncation_direction\": \"up\"}").error())
                .isEqualTo("\"truncation_direction\" is neither left nor right");
        assertThat(client.post("/embed", "{\"inputs\": \"a\", \"parameters\": {\"top_k\": 1}}").error())
                .startsWith("\"top_k\" is not a parameter here");
        assertThat(client.post("/embed", "{\"inputs\": \"a\", \"dimensions\": 3, \"parameters\": {\"dimensions\": 4}}").error())
                .isEqualTo("\"dimensions\" is there twice");
        assertThat(client.post("/embed", "{\"inputs\": " + Arrays.toString(new int[30]) + "}").status()).isEqualTo(413);
        assertThat(client.post("/similarity", "{\"inputs\": {\"source_sentence\": \"a\"}}").error())
                .isEqualTo("\"inputs\" is not {\"source_sentence\", \"sentences\": [...]}");
        assertThat(client.post("/similarity", "{\"inputs\": \"a\"}").error()).startsWith("\"inputs\" is not {");
        assertThat(client.post("/text-classification", "{\"inputs\": \"a\"}").error())
                .isEqualTo("this model is for feature-extraction, not for text-classification: POST to / or "
                        + "/feature-extraction");
    }

    @Test
    void infoSaysWhatItIs() {
        JsonObject info = client.get("/info").json().getAsJsonObject();
        assertThat(info.get("served_model_name").getAsString()).isEqualTo("small");
        assertThat(info.get("model_id").getAsString()).isEqualTo(FOLDER);
        assertThat(info.getAsJsonObject("model_type").getAsJsonObject("embedding").get("pooling").getAsString())
                .isEqualTo("cls");
        assertThat(info.getAsJsonObject("prompts").has("query")).isTrue();
    }

    @Test
    void decodeGivesTextsOfIds() {
        int[] ids = embedder.tokenizer().encode("a film").ids();
        assertThat(client.post("/decode", "{\"ids\": " + Arrays.toString(ids) + "}").body()).isEqualTo("[\"a film\"]");
        assertThat(client.post("/decode", "{\"ids\": [" + Arrays.toString(ids) + "], \"skip_special_tokens\": false}").body())
                .isEqualTo("[\"[CLS] a film [SEP]\"]");
        assertThat(client.post("/decode", "{\"ids\": [-1]}").error()).isEqualTo("\"ids\" has -1, which is no token id");
        assertThat(client.post("/decode", "{\"ids\": \"a\"}").status()).isEqualTo(400);
        assertThat(client.get("/ping").status()).isEqualTo(200);
    }

    private static float[][] vectors(Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.json().getAsJsonArray().asList().stream().map(EmbeddingRoutesTest::floats).toArray(float[][]::new);
    }

    private static float[] floats(JsonElement list) {
        JsonArray array = list.getAsJsonArray();
        float[] floats = new float[array.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = array.get(i).getAsFloat();
        }
        return floats;
    }
}
