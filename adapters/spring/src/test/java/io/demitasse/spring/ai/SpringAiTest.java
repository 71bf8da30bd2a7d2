package io.demitasse.spring.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.Reranker;
import io.demitasse.TextEmbedder;
import io.demitasse.spring.Fixtures;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.rag.Query;

class SpringAiTest {

    private static final Path EMBEDDER = Path.of(Fixtures.head("st-bert-cls"));
    private static final Path CROSS_ENCODER = Path.of(Fixtures.head("bert-cross-sigmoid"));

    /** Remembers what was observed, as {@code name{keys}}. */
    private static ObservationRegistry registry(List<String> observed) {
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new ObservationHandler<Observation.Context>() {
            @Override
            public void onStop(Observation.Context context) {
                observed.add(context.getName() + " " + context.getContextualName() + " "
                        + context.getAllKeyValues().stream().map(key -> key.getKey() + "=" + key.getValue()).toList());
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        return registry;
    }

    @Test
    void vectorsAreSentenceTransformersWithThePromptsForQueriesAndDocuments() {
        try (TextEmbedder embedder = TextEmbedder.load(EMBEDDER)) {
            DemitasseEmbeddingModel model = new DemitasseEmbeddingModel(embedder, "test");
            String text = "a quiet , disquieting triumph .";
            float[] query = embedder.embed(List.of(text), embedder.settings().withPromptName("query")).get(0);
            float[] document = embedder.embed(List.of(text), embedder.settings().withPromptName("document")).get(0);
            assertThat(query).isNotEqualTo(document);

            assertThat(model.embed(text)).containsExactly(query, offset(1e-5f));
            assertThat(model.embed(new Document(text))).containsExactly(document, offset(1e-5f));
            List<float[]> documents = model.embed(List.of(new Document("another"), new Document(text)), null, List::of);
            assertThat(documents).hasSize(2);
            assertThat(documents.get(1)).containsExactly(document, offset(1e-5f));
            assertThat(model.dimensions()).isEqualTo(embedder.dim());

            JsonObject expected = Fixtures.expected("st-bert-cls").getAsJsonArray("texts").get(0).getAsJsonObject();
            assertThat(expected.get("text").getAsString()).isEqualTo(text);
            float[] plain = embedder.embed(text);
            JsonArray numbers = expected.getAsJsonArray("embedding");
            for (int i = 0; i < plain.length; i++) {
                assertThat(plain[i]).isCloseTo(numbers.get(i).getAsFloat(), offset(1e-4f));
            }
        }
    }

    @Test
    void responsesCountTokensAndNumberVectorsFromNought() {
        List<String> observed = new ArrayList<>();
        try (TextEmbedder embedder = TextEmbedder.load(EMBEDDER)) {
            DemitasseEmbeddingModel model = new DemitasseEmbeddingModel(embedder, "test", null, null, null,
                    registry(observed), null);
            EmbeddingResponse response = model.call(new EmbeddingRequest(List.of("a film", "a dull film"),
                    EmbeddingOptions.builder().dimensions(8).build()));

            assertThat(response.getResults()).extracting("index").containsExactly(0, 1);
            assertThat(response.getResults()).allMatch(embedding -> embedding.getOutput().length == 8);
            int tokens = embedder.tokenizer().encode("query: a film").ids().length
                    + embedder.tokenizer().encode("query: a dull film").ids().length;
            assertThat(response.getMetadata().getUsage().getPromptTokens()).isEqualTo(tokens);
            assertThat(response.getMetadata().getModel()).isEqualTo("test");
            assertThat(observed).singleElement().asString().startsWith("gen_ai.client.operation embedding test ")
                    .contains("gen_ai.operation.name=embedding", "gen_ai.system=demitasse",
                            "gen_ai.request.model=test", "gen_ai.response.model=test",
                            "gen_ai.usage.input_tokens=" + tokens);
        }
    }

    @Test
    void whatTheModelCannotIsRefused() {
        try (TextEmbedder embedder = TextEmbedder.load(EMBEDDER)) {
            DemitasseEmbeddingModel model = new DemitasseEmbeddingModel(embedder, "test");
            assertThatThrownBy(() -> model.call(new EmbeddingRequest(List.of("a"), EmbeddingOptions.builder()
                    .dimensions(100_000).build()))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("dimensions is 100000");
            assertThatThrownBy(() -> model.call(new EmbeddingRequest(List.of("a"), EmbeddingOptions.builder()
                    .model("other").build()))).hasMessageContaining("the options ask for the model other");
            assertThatThrownBy(() -> new DemitasseEmbeddingModel(embedder, "test", "ask", null, null,
                    ObservationRegistry.NOOP, null)).hasMessageContaining("query-prompt is \"ask\"");
        }
    }

    @Test
    void documentsAreRankedAsTheCrossEncoderRanksThem() {
        JsonObject expected = Fixtures.expected("bert-cross-sigmoid");
        List<Document> documents = new ArrayList<>();
        for (JsonElement text : expected.getAsJsonArray("documents")) {
            documents.add(Document.builder().text(text.getAsString()).metadata("at", documents.size()).build());
        }
        List<String> observed = new ArrayList<>();
        try (Reranker reranker = Reranker.load(CROSS_ENCODER)) {
            DemitasseReranker processor = new DemitasseReranker(reranker, "test", 3, registry(observed));
            List<Document> best = processor.process(new Query(expected.get("query").getAsString()), documents);

            // By sentence-transformers' scores: numbers 7, 4 and 5.
            assertThat(best).extracting(document -> document.getMetadata().get("at")).containsExactly(7, 4, 5);
            for (Document document : best) {
                int at = (int) document.getMetadata().get("at");
                assertThat(document.getScore()).isCloseTo(expected.getAsJsonArray("scores").get(at).getAsDouble(),
                        offset(1e-4));
                assertThat(document.getId()).isEqualTo(documents.get(at).getId());
            }
            assertThat(observed).singleElement().asString().contains("gen_ai.operation.name=rerank",
                    "gen_ai.system=demitasse", "gen_ai.request.model=test", "gen_ai.response.model=test");
            assertThat(processor.process(new Query("a"), List.of())).isEmpty();
        }
    }
}
