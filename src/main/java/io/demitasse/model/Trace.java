package io.demitasse.model;

import io.demitasse.kernel.Matrix;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers the intermediates of one forward pass by name, in the order in which they came about: the name of the
 * layer as the weight file has it, then what it is, as in {@code distilbert.transformer.layer.0.attention.query}.
 * {@link #NONE} remembers nothing and costs nothing. Not thread-safe: a trace belongs to one pass.
 */
public class Trace {

    /** For a pass that nobody looks into. */
    public static final Trace NONE = new Trace() {
        @Override
        public boolean on() {
            return false;
        }

        @Override
        void record(String layer, String what, Matrix matrix) {
        }
    };

    private final Map<String, Matrix> matrices = Collections.synchronizedMap(new LinkedHashMap<>());

    /** Whether anything is remembered; what is made only for the trace need not be made otherwise. */
    public boolean on() {
        return true;
    }

    /**
     * Whether a backward pass will need this pass's memory: layers then neither write over what they recorded nor
     * release it.
     */
    boolean forBackward() {
        return false;
    }

    /** What this pass drops. */
    Dropout dropout() {
        return Dropout.NONE;
    }

    /** Notes what only a backward pass needs. */
    void remember(String layer, String what, Matrix matrix) {
    }

    /** Keeps a copy: the pass's own memory is used again. */
    void record(String layer, String what, Matrix matrix) {
        matrices.put(layer + "." + what, new Matrix(matrix.toArray(), matrix.rows(), matrix.columns()));
    }

    /** Keeps the matrix itself, made for the trace. */
    void keep(String layer, String what, Matrix matrix) {
        matrices.put(layer + "." + what, matrix);
    }

    /** All names with their matrices. */
    public Map<String, Matrix> matrices() {
        return Collections.unmodifiableMap(matrices);
    }

    /**
     * One intermediate.
     *
     * @throws IllegalArgumentException if nothing of this name was recorded
     */
    public Matrix get(String name) {
        Matrix matrix = matrices.get(name);
        if (matrix == null) {
            throw new IllegalArgumentException("the trace has no \"" + name + "\"; it has " + matrices.keySet());
        }
        return matrix;
    }

    /**
     * The hidden states of all tokens, {@code [tokens, dim]}.
     *
     * @param depth 0 for the embeddings, n for what block n - 1 gave
     */
    public Matrix hiddenStates(int depth) {
        return get(depth == 0 ? Embeddings.NAME + ".output" : Encoder.blockName(depth - 1) + ".output");
    }

    /** How much each token of a sequence looks at each other one in a block: {@code [heads * queries, keys]}. */
    public Matrix attentionProbabilities(int block, int sequence) {
        return get(Encoder.blockName(block) + ".attention.probabilities." + sequence);
    }
}
