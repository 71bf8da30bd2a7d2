package io.demitasse.langchain4j;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.spi.model.embedding.EmbeddingModelFactory;

/**
 * Gives LangChain4j an embedding model where the app names none, as in {@code EmbeddingStoreIngestor.ingest(document,
 * store)}. Which one stands in the system property {@value #PROPERTY} or, without it, in the environment's
 * {@value #VARIABLE}.
 */
public final class DemitasseEmbeddingModelFactory implements EmbeddingModelFactory {

    /** The system property that names the model's file. */
    public static final String PROPERTY = "demitasse.embedding.model";

    /** The environment variable that names the model's file. */
    public static final String VARIABLE = "DEMITASSE_EMBEDDING_MODEL";

    /**
     * A model of its own for each call, closed by whoever asked for it.
     *
     * @throws IllegalArgumentException if nothing says which model
     */
    @Override
    public EmbeddingModel create() {
        String file = System.getProperty(PROPERTY, System.getenv(VARIABLE));
        if (file == null || file.isBlank()) {
            throw new IllegalArgumentException("no embedding model: set the system property " + PROPERTY + " or the "
                    + "environment variable " + VARIABLE + " to a flat weight file, or give one to the builder");
        }
        return DemitasseEmbeddingModel.builder().model(file).build();
    }
}
