package io.demitasse.langchain4j;

import static dev.langchain4j.model.embedding.request.EmbeddingInputType.DOCUMENT;
import static dev.langchain4j.model.embedding.request.EmbeddingInputType.QUERY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import com.google.gson.JsonObject;
import dev.langchain4j.data.document.Document;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.EmbeddingStoreIngestor;
import dev.langchain4j.store.embedding.inmemory.InMemoryEmbeddingStore;
import io.demitasse.Options;
import io.demitasse.TextEmbedder;
import io.demitasse.Truncation;
import io.demitasse.file.ModelFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DemitasseEmbeddingModelTest {

    private static float[] embed(EmbeddingModel model, String text, EmbeddingInputType type) {
        return model.embed(EmbeddingRequest.builder().input(text).inputType(type).build()).embeddings().get(0).vector();
    }

    @Test
    void vectorsAreSentenceTransformers() throws IOException {
        for (String head : List.of("st-bert-cls", "st-distilbert-mean", "st-bert-max")) {
            try (DemitasseEmbeddingModel model = DemitasseEmbeddingModel.builder().model(Models.head(head)).build()) {
                for (var each : Models.expected(head).getAsJsonArray("texts")) {
                    JsonObject expected = each.getAsJsonObject();
                    if (expected.get("text").getAsString().isBlank()) {
                        continue;   // LangChain4j itself refuses these
                    }
                    float[] vector = model.embed(expected.get("text").getAsString()).content().vector();
                    for (int i = 0; i < vector.length; i++) {
                        assertThat(vector[i]).as(head).isCloseTo(expected.getAsJsonArray("embedding").get(i).getAsFloat(),
                                offset(1e-4f));
                    }
                }
            }
        }
    }

    @Test
    void queriesAndDocumentsGetTheirPrompts() {
        try (TextEmbedder embedder = TextEmbedder.load(Models.head("st-bert-cls"))) {
            EmbeddingModel model = DemitasseEmbeddingModel.builder().embedder(embedder).build();
            String text = "a riveting documentary .";
            assertThat(embed(model, text, QUERY)).isEqualTo(embedder.embed("query: " + text));
            assertThat(embed(model, text, DOCUMENT)).isEqualTo(embedder.embed("passage: " + text));
            assertThat(model.embed(text).content().vector()).isEqualTo(embedder.embed(text));

            EmbeddingModel turned = DemitasseEmbeddingModel.builder().embedder(embedder).queryPrompt("document").build();
            assertThat(embed(turned, text, QUERY)).isEqualTo(embedder.embed("passage: " + text));
            assertThatThrownBy(() -> DemitasseEmbeddingModel.builder().embedder(embedder).documentPrompt("title").build())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("documentPrompt is \"title\", but the model has only query, document");
        }
    }

    @Test
    void aModelWithoutPromptsRefusesInputTypes() {
        try (DemitasseEmbeddingModel model = DemitasseEmbeddingModel.builder().model(Models.MINILM).build()) {
            assertThatThrownBy(() -> embed(model, "hello", QUERY)).isInstanceOf(UnsupportedFeatureException.class)
                    .hasMessageContaining("inputType");
            assertThat(model.modelName()).isEqualTo("all-MiniLM-L6-v2");
            assertThat(model.dimension()).isEqualTo(384);
        }
    }

    @Test
    void countsTokensAsLangChain4jDoes() {
        try (TextEmbedder embedder = TextEmbedder.load(Models.MINILM)) {
            EmbeddingModel model = DemitasseEmbeddingModel.builder().embedder(embedder).build();
            // hello world; a question mark is a token of its own
            assertThat(model.embed("hello world").tokenUsage().inputTokenCount()).isEqualTo(2);
            assertThat(model.embedAll(List.of(TextSegment.from("hello world"), TextSegment.from("why ?"))).tokenUsage()
                    .inputTokenCount()).isEqualTo(4);
            // What the model read, not what it was given.
            assertThat(model.embed("word ".repeat(1000)).tokenUsage().inputTokenCount()).isEqualTo(254);
        }
        Options windows = Options.defaults().withTruncation(Truncation.window(0, Truncation.Aggregation.MEAN));
        try (DemitasseEmbeddingModel model = DemitasseEmbeddingModel.builder().model(Models.MINILM).options(windows).build()) {
            assertThat(model.embed("word ".repeat(1000)).tokenUsage().inputTokenCount()).isEqualTo(1000);
        }
    }

    @Test
    void dimensionsAreCutBeforeTheyAreScaled() {
        try (TextEmbedder embedder = TextEmbedder.load(Models.MINILM)) {
            EmbeddingModel model = DemitasseEmbeddingModel.builder().embedder(embedder).dimensions(128).build();
            assertThat(model.dimension()).isEqualTo(128);
            float[] vector = model.embed("hello").content().vector();
            assertThat(Models.cosine(vector, Arrays.copyOf(embedder.embed("hello"), 128))).isGreaterThan(0.999999);
            double squares = 0;
            for (float value : vector) {
                squares += value * value;
            }
            assertThat(squares).isCloseTo(1, offset(1e-5));
            assertThatThrownBy(() -> DemitasseEmbeddingModel.builder().embedder(embedder).dimensions(385).build())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("dimensions is 385, but the model's vectors have 384 numbers");
            assertThatThrownBy(() -> model.embed(EmbeddingRequest.builder().input("hello").dimensions(999).build()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** Solr's text-to-vector module builds a model like this, out of a JSON file's parameters. */
    @Test
    void isBuiltByReflectionAsInSolr() throws ReflectiveOperationException {
        Class<?> type = Class.forName("io.demitasse.langchain4j.DemitasseEmbeddingModel");
        Object builder = type.getMethod("builder").invoke(null);
        Map<String, Object> parameters = Map.of("model", Models.MINILM.toString(), "threads", "1", "kernels", "plain",
                "dimensions", "64", "modelName", "minilm", "normalize", true);
        for (var parameter : parameters.entrySet()) {
            List<Method> setters = Arrays.stream(builder.getClass().getMethods())
                    .filter(method -> method.getName().equals(parameter.getKey()) && method.getParameterCount() == 1).toList();
            Method setter = setters.size() == 1 ? setters.get(0)
                    : builder.getClass().getMethod(parameter.getKey(), String.class);
            setter.invoke(builder, parameter.getValue());
        }
        try (DemitasseEmbeddingModel model = (DemitasseEmbeddingModel) builder.getClass().getMethod("build").invoke(builder)) {
            assertThat(model.embed("hello").content().vector()).hasSize(64);
            assertThat(model.modelName()).isEqualTo("minilm");
        }
    }

    /** The app names no model, so LangChain4j asks the factory. */
    @Test
    void theFactoryIsFoundWhereNoModelIsNamed() {
        System.setProperty(DemitasseEmbeddingModelFactory.PROPERTY, Models.MINILM.toString());
        try {
            InMemoryEmbeddingStore<TextSegment> store = new InMemoryEmbeddingStore<>();
            EmbeddingStoreIngestor.ingest(List.of(Document.from("Cats sleep for most of the day."),
                    Document.from("The central bank raised interest rates.")), store);
            try (DemitasseEmbeddingModel model = DemitasseEmbeddingModel.builder().model(Models.MINILM).build()) {
                var found = store.search(EmbeddingSearchRequest.builder()
                        .queryEmbedding(model.embed("how do pets rest?").content()).maxResults(1).build());
                assertThat(found.matches().get(0).embedded().text()).startsWith("Cats");
            }
        } finally {
            System.clearProperty(DemitasseEmbeddingModelFactory.PROPERTY);
        }
        assertThatThrownBy(() -> new DemitasseEmbeddingModelFactory().create())
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("demitasse.embedding.model");
    }

    @Test
    void closesWhatItLoadedAndNothingElse() throws IOException {
        DemitasseEmbeddingModel owner;
        try (InputStream stream = Files.newInputStream(Models.MINILM)) {
            owner = DemitasseEmbeddingModel.builder().model(stream).build();
        }
        owner.close();
        assertThatThrownBy(() -> owner.embed("hello")).isInstanceOf(IllegalStateException.class);
        try (TextEmbedder embedder = TextEmbedder.load(Models.MINILM)) {
            DemitasseEmbeddingModel.builder().embedder(embedder).build().close();
            assertThat(embedder.embed("hello")).hasSize(384);
        }
    }

    @Test
    void saysWhatIsWrong() {
        assertThatThrownBy(() -> DemitasseEmbeddingModel.builder().build()).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no model");
        assertThatThrownBy(() -> DemitasseEmbeddingModel.builder().model(Path.of("pom.xml")).build())
                .isInstanceOf(ModelFormatException.class).hasMessageContaining("pom.xml");
        assertThatThrownBy(() -> DemitasseEmbeddingModel.builder().threads("two"))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("threads must be a whole number, not \"two\"");
        try (TextEmbedder embedder = TextEmbedder.load(Models.head("st-bert-cls"))) {
            assertThatThrownBy(() -> DemitasseEmbeddingModel.builder().embedder(embedder).threads(1)
                    .kernels("plain").build()).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("loaded");
        }
    }
}
