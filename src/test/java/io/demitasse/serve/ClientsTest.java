package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.Classification;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hugging Face's and Chroma's JavaScript clients, unchanged, against the server. */
@Timeout(60)
class ClientsTest {

    private static final Path CLIENTS = Path.of("src/test/clients");

    @Test
    void inferenceClientAndChromaUnderstandTheAnswers() throws Exception {
        try (Served served = Served.tiny()) {
            JsonObject made = run(served.base());
            assertClassification(made.get("textClassification"), classify(served, "a good film"));
            assertClassification(made.get("endpoint"), classify(served, "bad"));
            assertVectors(made.get("featureExtraction"), served, "good", "bad");
            assertVectors(made.get("chroma"), served, "good", "a bad film");
            assertThat(made.get("refusal").getAsString()).contains("\"inputs\" is a number");
            assertThat(made.get("chromaRefusal").getAsString()).contains("Failed to generate embeddings");
        }
    }

    @Test
    void theySendTheToken() throws Exception {
        try (Served served = Served.tiny(options -> options.withToken("secret"))) {
            assertVectors(run(served.base(), "secret").get("chroma"), served, "good", "a bad film");
        }
    }

    private static JsonObject run(String... arguments) throws IOException, InterruptedException {
        for (String name : List.of("@huggingface/inference", "@chroma-core/huggingface-server")) {
            assumeTrue(Files.exists(CLIENTS.resolve("node_modules").resolve(name)),
                    "needs " + name + ": npm ci --prefix " + CLIENTS);
        }
        List<String> command = new ArrayList<>(List.of("node", "clients.mjs"));
        command.addAll(List.of(arguments));
        Process node = new ProcessBuilder(command).directory(CLIENTS.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String out = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(node.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(node.exitValue()).as(out).isZero();
        return JsonParser.parseString(out).getAsJsonObject();
    }

    private static Classification classify(Served served, String text) {
        return served.classify(text);
    }

    private static void assertClassification(JsonElement made, Classification expected) {
        JsonObject best = made.getAsJsonArray().get(0).getAsJsonObject();
        assertThat(best.get("label").getAsString()).isEqualTo(expected.label());
        assertThat(best.get("score").getAsFloat()).isEqualTo(expected.score());
        assertThat(made.getAsJsonArray()).hasSize(2);
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
