package io.demitasse.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.openai.OpenAiEmbeddingModel;
import dev.langchain4j.model.output.Response;
import io.demitasse.Options;
import io.demitasse.TextEmbedder;
import io.demitasse.serve.InferenceServer;
import io.demitasse.serve.ServedModel;
import io.demitasse.serve.ServerOptions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** LangChain4j's client of OpenAI, turned to {@code serve}. */
class OpenAiClientTest {

    private static OpenAiEmbeddingModel.OpenAiEmbeddingModelBuilder client(InferenceServer server) {
        return OpenAiEmbeddingModel.builder().baseUrl("http://127.0.0.1:" + server.address().getPort() + "/v1")
                .modelName("text-embedding-3-small").maxRetries(0);
    }

    @Test
    void vectorsAndTokensAreTheLibrarys() throws Exception {
        List<String> texts = List.of("a gorgeous, witty, seductive movie", "two plus two is four");
        try (TextEmbedder embedder = TextEmbedder.load(Models.MINILM);
                ServedModel model = ServedModel.load(Models.MINILM, Options.defaults(), null);
                InferenceServer server = InferenceServer.start(model,
                        ServerOptions.defaults().withAddress("127.0.0.1", 0).withToken("secret"))) {
            EmbeddingModel client = client(server).apiKey("secret").build();
            assertThat(client.embed(texts.get(0)).content().vector()).containsExactly(embedder.embed(texts.get(0)));

            Response<List<Embedding>> all = client.embedAll(List.of(TextSegment.from(texts.get(0)),
                    TextSegment.from(texts.get(1))));
            assertThat(all.content().get(0).vector()).containsExactly(embedder.embed(texts.get(0)));
            assertThat(all.content().get(1).vector()).containsExactly(embedder.embed(texts.get(1)));
            int tokens = embedder.tokenizer().encode(texts.get(0)).ids().length
                    + embedder.tokenizer().encode(texts.get(1)).ids().length;
            assertThat(all.tokenUsage().inputTokenCount()).isEqualTo(tokens);

            float[] some = client(server).apiKey("secret").dimensions(64).build().embed(texts.get(1)).content().vector();
            assertThat(some).containsExactly(embedder.embed(List.of(texts.get(1)), embedder.settings().withDimensions(64))
                    .get(0));

            assertThatThrownBy(() -> client(server).apiKey("wrong").build().embed("a text"))
                    .isInstanceOf(AuthenticationException.class);
        }
    }
}
