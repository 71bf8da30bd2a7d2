package io.demitasse.model;

import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;

/**
 * {@code h = LayerNorm(x + attention(x)); y = LayerNorm(h + feedForward(h))}: Hugging Face's TransformerBlock.
 */
public final class Block {

    private final String name;
    private final Attention attention;
    private final LayerNorm saLayerNorm;
    private final FeedForward ffn;
    private final LayerNorm outputLayerNorm;

    private Block(String name, Attention attention, LayerNorm saLayerNorm, FeedForward ffn, LayerNorm outputLayerNorm) {
        this.name = name;
        this.attention = attention;
        this.saLayerNorm = saLayerNorm;
        this.ffn = ffn;
        this.outputLayerNorm = outputLayerNorm;
    }

    static Block load(Weights weights, Kernels kernels, Config config) {
        return new Block(weights.name(),
                Attention.load(weights.of("attention"), kernels, config),
                LayerNorm.load(weights.of("sa_layer_norm"), kernels, config),
                FeedForward.load(weights.of("ffn"), kernels, config),
                LayerNorm.load(weights.of("output_layer_norm"), kernels, config));
    }

    /** {@code x = block(x)} in place, for x {@code [tokens, dim]}. */
    void forward(Matrix x, Batch batch, Workspace workspace, Trace trace) {
        long mark = workspace.mark();
        Matrix attended = attention.forward(x, batch, workspace, trace);   // [tokens, dim]
        finish(attended, x, workspace, trace);
        workspace.release(mark);
        trace.record(name, "output", x);
    }

    /**
     * What {@link #forward} gives for the first token of each sequence, and no more work than that takes.
     *
     * @param x {@code [tokens, dim]}
     * @return {@code [sequences, dim]}, lent by the workspace
     */
    Matrix forwardFirst(Matrix x, Batch batch, Workspace workspace) {
        Matrix first = firstTokens(x, batch, workspace);   // [sequences, dim]
        long mark = workspace.mark();
        finish(attention.forwardFirst(first, x, batch, workspace), first, workspace, Trace.NONE);
        workspace.release(mark);
        return first;
    }

    private void finish(Matrix attended, Matrix x, Workspace workspace, Trace trace) {
        saLayerNorm.forward(attended, x, workspace, trace);
        Matrix fed = ffn.forward(attended, workspace, trace);              // as attended
        outputLayerNorm.forward(fed, attended, workspace, trace);
        for (int row = 0; row < x.rows(); row++) {
            System.arraycopy(fed.data(), fed.row(row), x.data(), x.row(row), x.columns());
        }
    }

    /** A copy of the first token's row of each sequence, {@code [sequences, dim]}, lent by the workspace. */
    static Matrix firstTokens(Matrix hiddenStates, Batch batch, Workspace workspace) {
        Matrix first = workspace.matrix(batch.sequences(), hiddenStates.columns());
        for (int s = 0; s < batch.sequences(); s++) {
            System.arraycopy(hiddenStates.data(), hiddenStates.row(batch.start(s)), first.data(), first.row(s),
                    first.columns());
        }
        return first;
    }
}
