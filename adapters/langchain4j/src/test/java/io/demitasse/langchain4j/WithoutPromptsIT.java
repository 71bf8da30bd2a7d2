package io.demitasse.langchain4j;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.common.AbstractEmbeddingModelIT;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import java.util.List;
import org.junit.jupiter.api.AfterAll;

/** LangChain4j's own tests of embedding models, on one that does not tell queries from documents. */
class WithoutPromptsIT extends AbstractEmbeddingModelIT {

    private final io.demitasse.TextEmbedder embedder = io.demitasse.TextEmbedder.load(Models.MINILM);

    @AfterAll
    void close() {
        embedder.close();
    }

    @Override
    protected List<EmbeddingModel> models() {
        return List.of(DemitasseEmbeddingModel.builder().embedder(embedder).build());
    }

    @Override
    protected EmbeddingModel modelWith(EmbeddingModelListener listener) {
        return DemitasseEmbeddingModel.builder().embedder(embedder).listeners(listener).build();
    }

    @Override
    protected boolean supportsInputTypeParameter() {
        return false;
    }

    @Override
    protected boolean supportsImageInput() {
        return false;
    }
}
