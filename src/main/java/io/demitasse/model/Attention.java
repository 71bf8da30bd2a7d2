package io.demitasse.model;

import io.demitasse.kernel.Activation;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;

/**
 * {@code softmax(Q K^T / sqrt(d)) V} a head, then a linear layer over all heads (Vaswani et al. 2017): Hugging Face's
 * MultiHeadSelfAttention. Head h has columns h d to (h + 1) d of Q, K and V. A sequence attends to itself alone.
 *
 * <p>K and V are one product of {@code [tokens, 2 dim]}. Q is its own, since a classifier needs it in the last block for
 * the first tokens only.
 */
public final class Attention {

    /** Queries whose scores are held at once, so that they stay in a cache however long the text is. */
    private static final int QUERIES = 64;

    private final String name;
    private final Kernels kernels;
    private final int heads;
    private final int dim;
    private final Linear query;
    private final Linear keyValue;
    private final Linear output;

    private Attention(String name, Kernels kernels, Config config, Linear query, Linear keyValue, Linear output) {
        this.name = name;
        this.kernels = kernels;
        this.heads = config.heads();
        this.dim = config.dim();
        this.query = query;
        this.keyValue = keyValue;
        this.output = output;
    }

    static Attention load(Weights weights, Kernels kernels, Config config) {
        int dim = config.dim();
        return new Attention(weights.name(), kernels, config,
                Linear.load(weights.of("q_lin"), kernels, dim, dim, Activation.NONE),
                Linear.loadTogether(weights, kernels, dim, dim, "k_lin", "v_lin"),
                Linear.load(weights.of("out_lin"), kernels, dim, dim, Activation.NONE));
    }

    /**
     * All tokens look at all tokens of their sequence.
     *
     * @param hiddenStates {@code [tokens, dim]}
     * @return {@code [tokens, dim]}, lent by the workspace
     */
    Matrix forward(Matrix hiddenStates, Batch batch, Workspace workspace, Trace trace) {
        Matrix q = query.forward(hiddenStates, workspace, Trace.NONE);              // [tokens, dim]
        Matrix kv = keyValue.forward(hiddenStates, workspace, Trace.NONE);          // [tokens, 2 dim]
        Matrix context = workspace.matrix(batch.tokens(), dim);                     // [tokens, dim]
        Matrix[] probabilities = trace.on() ? probabilities(batch, trace) : null;
        workspace.parallel().run(batch.sequences() * heads, (index, worker) -> {
            int sequence = index / heads;
            attend(q, context, batch.start(sequence), batch.length(sequence), kv, batch, sequence, index % heads,
                    workspace, worker, probabilities == null ? null : probabilities[sequence]);
        });
        if (trace.on()) {
            trace.record(name, "query", q);
            trace.record(name, "key", workspace.columns(kv, 0, dim));
            trace.record(name, "value", workspace.columns(kv, dim, dim));
            trace.record(name, "context", context);
        }
        return output.forward(context, workspace, trace);
    }

    /**
     * The first token of each sequence looks at all tokens of its sequence; the others do not look.
     *
     * @param first the first tokens' rows of {@code hiddenStates}, {@code [sequences, dim]}
     * @param hiddenStates {@code [tokens, dim]}
     * @return {@code [sequences, dim]}, lent by the workspace
     */
    Matrix forwardFirst(Matrix first, Matrix hiddenStates, Batch batch, Workspace workspace) {
        Matrix q = query.forward(first, workspace, Trace.NONE);              // [sequences, dim]
        Matrix kv = keyValue.forward(hiddenStates, workspace, Trace.NONE);   // [tokens, 2 dim]
        Matrix context = workspace.matrix(batch.sequences(), dim);           // [sequences, dim]
        workspace.parallel().run(batch.sequences() * heads, (index, worker) -> {
            int sequence = index / heads;
            attend(q, context, sequence, 1, kv, batch, sequence, index % heads, workspace, worker, null);
        });
        return output.forward(context, workspace, Trace.NONE);
    }

    /** One head of one sequence, for {@code count} queries from row {@code firstQuery} on. */
    private void attend(Matrix q, Matrix context, int firstQuery, int count, Matrix kv, Batch batch, int sequence,
                        int head, Workspace workspace, int worker, Matrix probabilities) {
        int headDim = dim / heads;
        int column = head * headDim;
        float scale = (float) (1 / Math.sqrt(headDim));
        int length = batch.length(sequence);
        int key = kv.row(batch.start(sequence)) + column;
        int value = key + dim;
        float[] scores = workspace.scratch(worker, 0, Math.min(QUERIES, count) * length);   // [queries, length]
        for (int done = 0; done < count; done += QUERIES) {
            int queries = Math.min(QUERIES, count - done);
            int row = firstQuery + done;
            kernels.gemm(false, true, queries, length, headDim, scale, q.data(), q.row(row) + column, q.stride(),
                    kv.data(), key, kv.stride(), 0f, scores, 0, length, workspace, worker);
            for (int i = 0; i < queries; i++) {
                kernels.softmax(scores, i * length, length);
            }
            if (probabilities != null) {
                System.arraycopy(scores, 0, probabilities.data(), probabilities.row(head * length + done),
                        queries * length);
            }
            kernels.gemm(false, false, queries, headDim, length, 1f, scores, 0, length, kv.data(), value, kv.stride(),
                    0f, context.data(), context.row(row) + column, context.stride(), workspace, worker);
        }
    }

    private Matrix[] probabilities(Batch batch, Trace trace) {
        Matrix[] probabilities = new Matrix[batch.sequences()];
        for (int sequence = 0; sequence < probabilities.length; sequence++) {
            int length = batch.length(sequence);
            probabilities[sequence] = Matrix.zeros(heads * length, length);   // [heads * queries, keys]
            trace.keep(name, "probabilities." + sequence, probabilities[sequence]);
        }
        return probabilities;
    }
}
