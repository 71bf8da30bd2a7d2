package io.demitasse.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.Options;
import io.demitasse.TextEmbedder;
import io.demitasse.serve.InferenceServer;
import io.demitasse.serve.ServedModel;
import io.demitasse.serve.ServerOptions;
import io.demitasse.spring.Fixtures;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.OpenAiEmbeddingOptions;

/** Spring AI's client of OpenAI, turned to {@code serve}. */
class OpenAiClientTest {

    private static final Path EMBEDDER = Path.of(Fixtures.head("st-distilbert-mean"));

    @Test
    void vectorsAndTokensAreTheLibrarys() throws Exception {
        List<String> texts = List.of("a quiet , disquieting triumph .", "two plus two is four");
        try (TextEmbedder embedder = TextEmbedder.load(EMBEDDER);
                ServedModel served = ServedModel.load(EMBEDDER, Options.defaults(), null);
                InferenceServer server = InferenceServer.start(served,
                        ServerOptions.defaults().withAddress("127.0.0.1", 0).withToken("secret"))) {
            OpenAiEmbeddingOptions options = OpenAiEmbeddingOptions.builder()
                    .baseUrl("http://127.0.0.1:" + server.address().getPort() + "/v1").apiKey("secret")
                    .model("text-embedding-3-small").build();
            OpenAiEmbeddingModel client = OpenAiEmbeddingModel.builder().options(options).build();

            EmbeddingResponse response = client.embedForResponse(texts);
            // As OpenAI's are, these vectors have length 1 whatever the model's files say.
            List<float[]> vectors = embedder.embed(texts, embedder.settings().withNormalize(true));
            for (int i = 0; i < texts.size(); i++) {
                assertThat(response.getResults().get(i).getOutput()).containsExactly(vectors.get(i));
            }
            int tokens = texts.stream().mapToInt(text -> embedder.tokenizer().encode(text).ids().length).sum();
            assertThat(response.getMetadata().getUsage().getPromptTokens()).isEqualTo(tokens);
            assertThat(client.embed(texts.get(1))).containsExactly(vectors.get(1));
        }
    }
}
