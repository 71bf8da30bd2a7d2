package io.demitasse.model;

import io.demitasse.kernel.Activation;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;

/**
 * {@code softmax(Q K^T / sqrt(d)) V} a head, then a linear layer over all heads (Vaswani et al. 2017): Hugging Face's
 * MultiHeadSelfAttention. Q, K and V are one product of {@code [tokens, 3 dim]}; head h of each has columns h d to
 * (h + 1) d. A sequence attends to itself alone.
 */
public final class Attention {

    /** Queries whose scores are held at once, so that they stay in a cache however long the text is. */
    private static final int QUERIES = 64;

    private final String name;
    private final Kernels kernels;
    private final int heads;
    private final int dim;
    private final Linear queryKeyValue;
    private final Linear output;

    private Attention(String name, Kernels kernels, Config config, Linear queryKeyValue, Linear output) {
        this.name = name;
        this.kernels = kernels;
        this.heads = config.heads();
        this.dim = config.dim();
        this.queryKeyValue = queryKeyValue;
        this.output = output;
    }

    static Attention load(Weights weights, Kernels kernels, Config config) {
        int dim = config.dim();
        return new Attention(weights.name(), kernels, config,
                Linear.loadTogether(weights, kernels, dim, dim, "q_lin", "k_lin", "v_lin"),
                Linear.load(weights.of("out_lin"), kernels, dim, dim, Activation.NONE));
    }

    /**
     * @param hiddenStates {@code [tokens, dim]}
     * @return {@code [tokens, dim]}, lent by the workspace
     */
    public Matrix forward(Matrix hiddenStates, Batch batch, Workspace workspace, Trace trace) {
        Matrix qkv = queryKeyValue.forward(hiddenStates, workspace, Trace.NONE);   // [tokens, 3 dim]
        Matrix context = workspace.matrix(batch.tokens(), dim);                    // [tokens, dim]
        Matrix[] probabilities = trace.on() ? probabilities(batch, trace) : null;
        workspace.parallel().run(batch.sequences() * heads, (index, worker) -> {
            int sequence = index / heads;
            attend(qkv, context, batch.start(sequence), batch.length(sequence), index % heads, workspace, worker,
                    probabilities == null ? null : probabilities[sequence]);
        });
        if (trace.on()) {
            trace.record(name, "query", workspace.columns(qkv, 0, dim));
            trace.record(name, "key", workspace.columns(qkv, dim, dim));
            trace.record(name, "value", workspace.columns(qkv, 2 * dim, dim));
            trace.record(name, "context", context);
        }
        return output.forward(context, workspace, trace);
    }

    private void attend(Matrix qkv, Matrix context, int start, int length, int head, Workspace workspace, int worker,
                        Matrix probabilities) {
        int headDim = dim / heads;
        float scale = (float) (1 / Math.sqrt(headDim));
        float[] data = qkv.data();
        int query = qkv.row(start) + head * headDim;
        int key = query + dim;
        int value = key + dim;
        float[] scores = workspace.scratch(worker, 0, Math.min(QUERIES, length) * length);   // [queries, length]
        for (int first = 0; first < length; first += QUERIES) {
            int queries = Math.min(QUERIES, length - first);
            kernels.gemm(false, true, queries, length, headDim, scale, data, query + first * qkv.stride(),
                    qkv.stride(), data, key, qkv.stride(), 0f, scores, 0, length, workspace, worker);
            for (int q = 0; q < queries; q++) {
                kernels.softmax(scores, q * length, length);
            }
            if (probabilities != null) {
                System.arraycopy(scores, 0, probabilities.data(), probabilities.row(head * length + first),
                        queries * length);
            }
            kernels.gemm(false, false, queries, headDim, length, 1f, scores, 0, length, data, value, qkv.stride(),
                    0f, context.data(), context.row(start + first) + head * headDim, context.stride(), workspace, worker);
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
