package io.demitasse.model;

import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.function.IntConsumer;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * {@code dropout(LayerNorm(word embedding of the id + token type's + position's))}: Hugging Face's BertEmbeddings, and
 * without token types DistilBERT's Embeddings.
 */
public final class Embeddings {

    static final String NAME = "distilbert.embeddings";
    static final String WORDS = NAME + ".word_embeddings";
    static final String TOKEN_TYPES = NAME + ".token_type_embeddings.weight";

    /** Tokens a task takes. */
    private static final int TOKENS = 16;

    private final ModelConfig config;
    private final Kernels kernels;
    private final EmbeddingTable wordEmbeddings;
    private final EmbeddingTable positionEmbeddings;
    private final @Nullable EmbeddingTable tokenTypeEmbeddings;
    private final LayerNorm layerNorm;

    private Embeddings(ModelConfig config, Kernels kernels, EmbeddingTable words, EmbeddingTable positions,
                       @Nullable EmbeddingTable tokenTypes, LayerNorm layerNorm) {
        this.config = config;
        this.kernels = kernels;
        this.wordEmbeddings = words;
        this.positionEmbeddings = positions;
        this.tokenTypeEmbeddings = tokenTypes;
        this.layerNorm = layerNorm;
    }

    static Embeddings load(Weights root, Kernels kernels, ModelConfig config) {
        Weights weights = root.of(NAME);
        ModelConfig.Shape shape = config.shape();
        return new Embeddings(config, kernels,
                EmbeddingTable.load(weights.of("word_embeddings"), shape.vocabSize(), shape.dim()),
                EmbeddingTable.load(weights.of("position_embeddings"), shape.maxPositionEmbeddings(), shape.dim()),
                shape.typeVocabSize() == 0 ? null
                        : EmbeddingTable.load(weights.of("token_type_embeddings"), shape.typeVocabSize(), shape.dim()),
                LayerNorm.load(weights.of("LayerNorm"), kernels, config));
    }

    /** The table of words, to which a masked language model's head ties its last layer. */
    EmbeddingTable words() {
        return wordEmbeddings;
    }

    /** The word embeddings of the batch's ids, {@code [tokens, dim]}, lent by the workspace. */
    Matrix inputEmbeddings(Batch batch, Workspace workspace) {
        check(batch);
        Matrix words = workspace.matrix(batch.tokens(), config.shape().dim());   // [tokens, dim]
        for (int token = 0; token < batch.tokens(); token++) {
            wordEmbeddings.copyRow(batch.id(token), words.data(), words.row(token));
        }
        return words;
    }

    /**
     * @return {@code [tokens, dim]}, lent by the workspace
     * @throws IllegalArgumentException if an id is not in the vocabulary, a token type is not the model's, or a
     *     sequence is too long
     */
    Matrix forward(Batch batch, Workspace workspace, Trace trace) {
        check(batch);
        Matrix sums = workspace.matrix(batch.tokens(), config.shape().dim());   // [tokens, dim]
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
        Matrix sums = workspace.matrix(batch.tokens(), config.shape().dim());   // [tokens, dim]
        return forward(sums, token -> System.arraycopy(words.data(), words.row(token), sums.data(), sums.row(token),
                config.shape().dim()), batch, workspace, trace);
    }

    /** @param putWord puts a token's word embedding into its row of {@code sums} */
    private Matrix forward(Matrix sums, IntConsumer putWord, Batch batch, Workspace workspace, Trace trace) {
        Matrix hiddenStates = layerNorm.output(sums, workspace, trace);   // [tokens, dim]
        workspace.runRanges(batch.tokens(), TOKENS, (first, end, worker) -> {
            for (int token = first; token < end; token++) {
                putWord.accept(token);
                // In the order in which Hugging Face adds them: a sum of three floats depends on it.
                if (tokenTypeEmbeddings != null) {
                    tokenTypeEmbeddings.addRow(batch.type(token), sums.data(), sums.row(token));
                }
                positionEmbeddings.addRow(position(batch, token), sums.data(), sums.row(token));
                layerNorm.forwardRow(sums, token, hiddenStates);
            }
        });
        trace.dropout().apply(NAME, config.dropouts().hidden(), hiddenStates, kernels, workspace);
        trace.record(NAME, "output", hiddenStates);
        return hiddenStates;
    }

    /** A token's place in its sequence. */
    private static int position(Batch batch, int token) {
        return token - batch.start(batch.sequenceOf(token));
    }

    /**
     * Each token's row of the gradient belongs to the embeddings of its word, its position and its token type. The
     * padding token's embedding has none, as Hugging Face's padding_idx wants it, even where the token stands in a text.
     *
     * @param gradient {@code [tokens, dim]}, of the output; becomes that of the word embeddings
     */
    void backward(Matrix gradient, Batch batch, Workspace workspace, GradientTrace trace) {
        trace.dropout().apply(NAME, config.dropouts().hidden(), gradient, kernels, workspace);
        layerNorm.backward(gradient, workspace, trace);
        if (trace.ofParameters()) {
            IntUnaryOperator word = token -> batch.id(token) == config.padTokenId()
                    ? EmbeddingTable.NO_ROW : batch.id(token);
            wordEmbeddings.addGradient(gradient, word, kernels, workspace);
            positionEmbeddings.addGradient(gradient, token -> position(batch, token), kernels, workspace);
            if (tokenTypeEmbeddings != null) {
                tokenTypeEmbeddings.addGradient(gradient, batch::type, kernels, workspace);
            }
        }
    }

    private void check(Batch batch) {
        ModelConfig.Shape shape = config.shape();
        for (int sequence = 0; sequence < batch.sequences(); sequence++) {
            if (batch.length(sequence) > shape.maxPositionEmbeddings()) {
                throw new IllegalArgumentException("a sequence has " + batch.length(sequence)
                        + " tokens, and the model knows " + shape.maxPositionEmbeddings() + " positions");
            }
        }
        for (int token = 0; token < batch.tokens(); token++) {
            if (batch.id(token) < 0 || batch.id(token) >= shape.vocabSize()) {
                throw new IllegalArgumentException("token id " + batch.id(token)
                        + " is not in the vocabulary, which ends at " + (shape.vocabSize() - 1));
            }
            int types = Math.max(1, shape.typeVocabSize());
            if (batch.type(token) < 0 || batch.type(token) >= types) {
                throw new IllegalArgumentException("token type " + batch.type(token) + " is not one of the model's, "
                        + (types == 1 ? "which has 0 alone" : "which are 0 to " + (types - 1)));
            }
        }
    }
}
