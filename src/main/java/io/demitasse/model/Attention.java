package io.demitasse.model;

import io.demitasse.kernel.Activation;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.Arrays;

/**
 * {@code dropout(softmax(Q K^T / sqrt(d))) V} a head, then a linear layer over all heads (Vaswani et al. 2017): Hugging
 * Face's MultiHeadSelfAttention. Head h has columns h d to (h + 1) d of Q, K and V. A sequence attends to itself alone.
 *
 * <p>K and V are one product of {@code [tokens, 2 dim]}. Q is its own, since a classifier needs it in the last block for
 * the first tokens only.
 */
public final class Attention {

    /** Queries whose scores are held at once, so that they stay in a cache however long the text is. */
    static final int QUERIES = 128;

    private final String name;
    private final Kernels kernels;
    private final int heads;
    private final int dim;
    private final int headDim;
    private final float scale;
    private final float dropout;
    private final Linear query;
    private final Linear keyValue;
    private final Linear output;

    private Attention(String name, Kernels kernels, ModelConfig config, Linear query, Linear keyValue, Linear output) {
        this.name = name;
        this.kernels = kernels;
        this.heads = config.shape().heads();
        this.dim = config.shape().dim();
        this.headDim = dim / heads;
        this.scale = (float) (1 / Math.sqrt(headDim));
        this.dropout = config.dropouts().attention();
        this.query = query;
        this.keyValue = keyValue;
        this.output = output;
    }

    static Attention load(Weights weights, Kernels kernels, ModelConfig config) {
        int dim = config.shape().dim();
        return new Attention(weights.name(), kernels, config,
                Linear.load(weights.of("q_lin"), kernels, dim, dim, Activation.NONE),
                Linear.loadTogether(weights, "key_value", kernels, dim, dim, "k_lin", "v_lin"),
                Linear.load(weights.of("out_lin"), kernels, dim, dim, Activation.NONE));
    }

    /**
     * @param x the rows of {@code hiddenStates} that look, {@code [queries, dim]}
     * @param hiddenStates {@code [tokens, dim]}
     * @return {@code [queries, dim]}, lent by the workspace
     */
    Matrix forward(Matrix x, Matrix hiddenStates, Batch batch, Positions queries, Workspace workspace, Trace trace) {
        Trace inner = trace.forBackward() ? trace : Trace.NONE;
        Matrix q = query.forward(x, workspace, inner);                    // [queries, dim]
        Matrix kv = keyValue.forward(hiddenStates, workspace, inner);     // [tokens, 2 dim]
        Matrix context = workspace.matrix(q.rows(), dim);                 // [queries, dim]
        Matrix probabilities = trace.on() ? workspace.matrix(q.rows() * heads, batch.longest()) : null;
        workspace.run(batch.sequences() * heads, (index, worker) -> attend(index / heads, index % heads,
                q, kv, context, probabilities, batch, queries, workspace, worker, trace.dropout()));
        if (trace.on()) {
            trace.record(name, "query", q);
            trace.record(name, "key", workspace.columns(kv, 0, dim));
            trace.record(name, "value", workspace.columns(kv, dim, dim));
            trace.record(name, "context", context);
            recordProbabilities(probabilities, batch, trace);
        }
        return output.forward(context, workspace, trace);
    }

    /**
     * One head of one sequence.
     *
     * @param probabilities {@code [queries * heads, longest]}, where they are kept, before dropout; null if nowhere
     */
    private void attend(int sequence, int head, Matrix q, Matrix kv, Matrix context, Matrix probabilities, Batch batch,
                        Positions queries, Workspace workspace, int worker, Dropout drop) {
        int column = head * headDim;
        int length = batch.length(sequence);
        int key = kv.row(batch.start(sequence)) + column;
        int value = key + dim;
        int first = queries.start(sequence);
        int end = first + queries.count(sequence);
        float[] p = workspace.scratch(worker, 0, Math.min(QUERIES, end - first) * length);   // [rows, length]
        for (int row = first; row < end; row += QUERIES) {
            int rows = Math.min(QUERIES, end - row);
            kernels.gemm(false, true, rows, length, headDim, scale, q.data(), q.row(row) + column, q.stride(),
                    kv.data(), key, kv.stride(), 0f, p, 0, length, workspace, worker);
            kernels.softmax(p, 0, rows, length);
            if (probabilities != null) {
                for (int i = 0; i < rows; i++) {
                    System.arraycopy(p, i * length, probabilities.data(),
                            probabilities.row((row + i) * heads + head), length);
                }
            }
            drop(drop, p, row, rows, head, length, batch);
            kernels.gemm(false, false, rows, headDim, length, 1f, p, 0, length, kv.data(), value, kv.stride(),
                    0f, context.data(), context.row(row) + column, context.stride(), workspace, worker);
        }
    }

    /** {@code p = dropout(p)} for some rows of one head, {@code [rows, length]}. */
    private void drop(Dropout drop, float[] p, int firstRow, int rows, int head, int length, Batch batch) {
        if (drop.drops(dropout)) {
            long key = drop.key(name);
            int longest = batch.longest();
            for (int i = 0; i < rows; i++) {
                kernels.dropout(key, ((firstRow + i) * heads + head) * longest, dropout, p, i * length, length);
            }
        }
    }

    /**
     * Records the probabilities. A backward pass gets the buffer as it is; a reader gets a copy for each sequence,
     * {@code [heads * queries, keys]}.
     */
    private void recordProbabilities(Matrix probabilities, Batch batch, Trace trace) {
        trace.remember(name, "probabilities", probabilities);
        if (trace.forBackward()) {
            return;
        }
        for (int sequence = 0; sequence < batch.sequences(); sequence++) {
            int length = batch.length(sequence);
            Matrix own = Matrix.zeros(heads * length, length);
            for (int row = 0; row < own.rows(); row++) {
                int query = batch.start(sequence) + row % length;
                System.arraycopy(probabilities.data(), probabilities.row(query * heads + row / length),
                        own.data(), own.row(row), length);
            }
            trace.keep(name, "probabilities." + sequence, own);
        }
    }

    /**
     * With {@code P = softmax(S), S = Q K^T / sqrt(d), D = dropout(P)} and {@code dC} the context's gradient, a head:
     * {@code dV = D^T dC}, {@code dP = dropout(dC V^T)}, {@code dS = P * (dP - sum over keys of P * dP)},
     * {@code dQ = dS K / sqrt(d)}, {@code dK = dS^T Q / sqrt(d)}.
     *
     * @param gradient {@code [queries, dim]}, of the output
     * @param dx {@code [queries, dim]}, the gradient of the rows that looked. This adds to it, and its rows are then copied
     *     into {@code dHiddenStates}
     * @param dHiddenStates {@code [tokens, dim]}; overwritten, unless it is {@code dx}
     */
    void backward(Matrix gradient, Matrix dx, Matrix dHiddenStates, Batch batch, Positions queries, Workspace workspace,
                  GradientTrace trace) {
        Matrix q = trace.get(name + ".query");
        Matrix p = trace.get(name + ".probabilities");
        Matrix kv = trace.get(name + ".key_value.output");                   // [tokens, 2 dim]
        Matrix dContext = workspace.matrix(q.rows(), dim);                   // [queries, dim]
        output.backward(gradient, dContext, 0f, workspace, trace);
        Matrix dq = workspace.matrix(q.rows(), dim);                         // [queries, dim]
        Matrix dkv = workspace.matrix(kv.rows(), 2 * dim);                   // [tokens, 2 dim]
        workspace.run(batch.sequences() * heads, (index, worker) -> attendBackward(index / heads,
                index % heads, q, kv, p, dContext, dq, dkv, batch, queries, workspace, worker, trace.dropout()));
        query.backward(dq, dx, 1f, workspace, trace);
        queries.spread(dx, dHiddenStates);
        keyValue.backward(dkv, dHiddenStates, 1f, workspace, trace);
    }

    private void attendBackward(int sequence, int head, Matrix q, Matrix kv, Matrix probabilities, Matrix dContext,
                                Matrix dq, Matrix dkv, Batch batch, Positions queries, Workspace workspace, int worker,
                                Dropout drop) {
        int column = head * headDim;
        int length = batch.length(sequence);
        int key = kv.row(batch.start(sequence)) + column;
        int value = key + dim;
        int dKey = dkv.row(batch.start(sequence)) + column;
        int dValue = dKey + dim;
        int first = queries.start(sequence);
        int end = first + queries.count(sequence);
        if (first == end) {
            // Nobody looked at this sequence, so no gradient reaches it; the memory is lent and holds anything.
            for (int token = batch.start(sequence); token < batch.start(sequence + 1); token++) {
                int row = dkv.row(token) + column;
                Arrays.fill(dkv.data(), row, row + headDim, 0f);
                Arrays.fill(dkv.data(), row + dim, row + dim + headDim, 0f);
            }
            return;
        }
        int size = Math.min(QUERIES, end - first) * length;
        float[] d = workspace.scratch(worker, 0, size);                       // [rows, length]
        float[] ds = workspace.scratch(worker, 1, size);                      // [rows, length]
        for (int row = first; row < end; row += QUERIES) {
            int rows = Math.min(QUERIES, end - row);
            float beta = row == first ? 0f : 1f;
            int dc = dContext.row(row) + column;
            for (int i = 0; i < rows; i++) {
                System.arraycopy(probabilities.data(), probabilities.row((row + i) * heads + head), d, i * length,
                        length);
            }
            drop(drop, d, row, rows, head, length, batch);
            kernels.gemm(true, false, length, headDim, rows, 1f, d, 0, length, dContext.data(), dc, dContext.stride(),
                    beta, dkv.data(), dValue, dkv.stride(), workspace, worker);
            kernels.gemm(false, true, rows, length, headDim, 1f, dContext.data(), dc, dContext.stride(),
                    kv.data(), value, kv.stride(), 0f, ds, 0, length, workspace, worker);
            drop(drop, ds, row, rows, head, length, batch);
            for (int i = 0; i < rows; i++) {
                kernels.softmaxBackward(probabilities.data(), probabilities.row((row + i) * heads + head), length,
                        ds, i * length);
            }
            kernels.gemm(false, false, rows, headDim, length, scale, ds, 0, length, kv.data(), key, kv.stride(),
                    0f, dq.data(), dq.row(row) + column, dq.stride(), workspace, worker);
            kernels.gemm(true, false, length, headDim, rows, scale, ds, 0, length,
                    q.data(), q.row(row) + column, q.stride(), beta, dkv.data(), dKey, dkv.stride(), workspace, worker);
        }
    }
}
