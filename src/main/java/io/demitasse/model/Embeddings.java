package io.demitasse.model;

import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;

/** {@code LayerNorm(word embedding of the id + embedding of the position)}: Hugging Face's Embeddings of DistilBERT. */
public final class Embeddings {

    static final String NAME = "distilbert.embeddings";

    private static final int TOKENS = 16;

    private final Config config;
    private final EmbeddingTable wordEmbeddings;
    private final EmbeddingTable positionEmbeddings;
    private final LayerNorm layerNorm;

    private Embeddings(Config config, EmbeddingTable words, EmbeddingTable positions, LayerNorm layerNorm) {
        this.config = config;
        this.wordEmbeddings = words;
        this.positionEmbeddings = positions;
        this.layerNorm = layerNorm;
    }

    static Embeddings load(Weights root, Kernels kernels, Config config) {
        Weights weights = root.of(NAME);
        return new Embeddings(config,
                EmbeddingTable.load(weights.of("word_embeddings"), config.vocabSize(), config.dim()),
                EmbeddingTable.load(weights.of("position_embeddings"), config.maxPositionEmbeddings(), config.dim()),
                LayerNorm.load(weights.of("LayerNorm"), kernels, config));
    }

    /**
     * @return {@code [tokens, dim]}, lent by the workspace
     * @throws IllegalArgumentException if an id is not in the vocabulary or a sequence is too long
     */
    Matrix forward(Batch batch, Workspace workspace, Trace trace) {
        check(batch);
        Matrix hiddenStates = workspace.matrix(batch.tokens(), config.dim());   // [tokens, dim]
        workspace.parallel().run((batch.tokens() + TOKENS - 1) / TOKENS, (index, worker) -> {
            int end = Math.min(batch.tokens(), (index + 1) * TOKENS);
            for (int token = index * TOKENS; token < end; token++) {
                int position = token - batch.start(batch.sequenceOf(token));
                int row = hiddenStates.row(token);
                wordEmbeddings.copyRow(batch.id(token), hiddenStates.data(), row);
                positionEmbeddings.addRow(position, hiddenStates.data(), row);
                layerNorm.forwardRow(hiddenStates, token);
            }
        });
        trace.record(NAME, "output", hiddenStates);
        return hiddenStates;
    }

    private void check(Batch batch) {
        for (int sequence = 0; sequence < batch.sequences(); sequence++) {
            if (batch.length(sequence) > config.maxPositionEmbeddings()) {
                throw new IllegalArgumentException("a sequence has " + batch.length(sequence)
                        + " tokens, and the model knows " + config.maxPositionEmbeddings() + " positions");
            }
        }
        for (int token = 0; token < batch.tokens(); token++) {
            if (batch.id(token) < 0 || batch.id(token) >= config.vocabSize()) {
                throw new IllegalArgumentException("token id " + batch.id(token)
                        + " is not in the vocabulary, which ends at " + (config.vocabSize() - 1));
            }
        }
    }
}
