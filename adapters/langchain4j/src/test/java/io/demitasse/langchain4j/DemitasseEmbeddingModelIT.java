package io.demitasse.langchain4j;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.common.AbstractEmbeddingModelIT;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import io.demitasse.TextEmbedder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;

/** LangChain4j's own tests of embedding models, on a model with prompts. */
class DemitasseEmbeddingModelIT extends AbstractEmbeddingModelIT {

    private final List<DemitasseEmbeddingModel> open = new ArrayList<>();

    private DemitasseEmbeddingModel keep(DemitasseEmbeddingModel model) {
        open.add(model);
        return model;
    }

    @AfterAll
    void close() {
        open.forEach(DemitasseEmbeddingModel::close);
    }

    @Override
    protected List<EmbeddingModel> models() {
        return List.of(keep(DemitasseEmbeddingModel.builder().model(Models.head("st-bert-cls")).build()),
                keep(DemitasseEmbeddingModel.builder().model(Models.head("st-distilbert-mean")).modelName("mean").build()));
    }

    @Override
    protected EmbeddingModel modelWith(EmbeddingModelListener listener) {
        return keep(DemitasseEmbeddingModel.builder().model(Models.head("st-bert-cls")).listeners(listener).build());
    }

    /** A model that is closed already. */
    @Override
    protected EmbeddingModel failingModelWith(EmbeddingModelListener listener) {
        TextEmbedder embedder = TextEmbedder.load(Models.head("st-bert-cls"));
        embedder.close();
        return DemitasseEmbeddingModel.builder().embedder(embedder).listeners(listener).build();
    }

    @Override
    protected int dimensionsParameter() {
        return 16;
    }

    @Override
    protected boolean supportsImageInput() {
        return false;
    }
}
