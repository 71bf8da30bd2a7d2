package io.demitasse.model;

import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.function.IntConsumer;

/**
 * {@code dropout(LayerNorm(word embedding of the id + embedding of the position))}: Hugging Face's Embeddings of
 * DistilBERT.
 */
public final class Embeddings {

    static final String NAME = "distilbert.embeddings";

    private static final int TOKENS = 16;

    private final Config config;
    private final Kernels kernels;
    private final EmbeddingTable wordEmbeddings;
    private final EmbeddingTable positionEmbeddings;
    private final LayerNorm layerNorm;

    private Embeddings(Config config, Kernels kernels, EmbeddingTable words, EmbeddingTable positions,
                       LayerNorm layerNorm) {
        this.config = config;
        this.kernels = kernels;
        this.wordEmbeddings = words;
        this.positionEmbeddings = positions;
        this.layerNorm = layerNorm;
    }

    static Embeddings load(Weights root, Kernels kernels, Config config) {
        Weights weights = root.of(NAME);
        return new Embeddings(config, kernels,
                EmbeddingTable.load(weights.of("word_embeddings"), config.vocabSize(), config.dim()),
                EmbeddingTable.load(weights.of("position_embeddings"), config.maxPositionEmbeddings(), config.dim()),
                LayerNorm.load(weights.of("LayerNorm"), kernels, config));
    }

    /** The word embeddings of the batch's ids, {@code [tokens, dim]}, lent by the workspace. */
    Matrix inputEmbeddings(Batch batch, Workspace workspace) {
        check(batch);
        Matrix words = workspace.matrix(batch.tokens(), config.dim());   // [tokens, dim]
        for (int token = 0; token < batch.tokens(); token++) {
            wordEmbeddings.copyRow(batch.id(token), words.data(), words.row(token));
        }
        return words;
    }

    /**
     * @return {@code [tokens, dim]}, lent by the workspace
     * @throws IllegalArgumentException if an id is not in the vocabulary or a sequence is too long
     */
    Matrix forward(Batch batch, Workspace workspace, Trace trace) {
        check(batch);
        Matrix sums = workspace.matrix(batch.tokens(), config.dim());   // [tokens, dim]
        return forward(sums, token -> wordEmbeddings.copyRow(batch.id(token), sums.data(), sums.row(token)),
                batch, workspace, trace);
    }

    /**
     * {@link #forward} from given word embeddings, whatever the batch's ids are.
     *
     * @param words {@code [tokens, dim]}
     */
    Matrix forwardFrom(Matrix words, Batch batch, Workspace workspace, Trace trace) {
        check(batch);
        Matrix sums = workspace.matrix(batch.tokens(), config.dim());   // [tokens, dim]
        return forward(sums, token -> System.arraycopy(words.data(), words.row(token), sums.data(), sums.row(token),
                config.dim()), batch, workspace, trace);
    }

    /** @param putWord puts a token's word embedding into its row of {@code sums} */
    private Matrix forward(Matrix sums, IntConsumer putWord, Batch batch, Workspace workspace, Trace trace) {
        Matrix hiddenStates = layerNorm.output(sums, workspace, trace);   // [tokens, dim]
        workspace.run((batch.tokens() + TOKENS - 1) / TOKENS, (index, worker) -> {
            int end = Math.min(batch.tokens(), (index + 1) * TOKENS);
            for (int token = index * TOKENS; token < end; token++) {
                int position = token - batch.start(batch.sequenceOf(token));
                putWord.accept(token);
                positionEmbeddings.addRow(position, sums.data(), sums.row(token));
                layerNorm.forwardRow(sums, token, hiddenStates);
            }
        });
        trace.dropout().apply(NAME, config.dropout(), hiddenStates, kernels, workspace);
        trace.record(NAME, "output", hiddenStates);
        return hiddenStates;
    }

    /**
     * Each token's row of the gradient belongs to its word's embedding and to its position's.
     *
     * @param gradient {@code [tokens, dim]}, of the output; becomes that of the word embeddings
     */
    void backward(Matrix gradient, Batch batch, Workspace workspace, GradientTrace trace) {
        trace.dropout().apply(NAME, config.dropout(), gradient, kernels, workspace);
        layerNorm.backward(gradient, workspace, trace);
        if (trace.ofParameters()) {
            wordEmbeddings.addGradient(gradient, batch::id, kernels, workspace);
            positionEmbeddings.addGradient(gradient, token -> token - batch.start(batch.sequenceOf(token)), kernels,
                    workspace);
        }
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
