package io.demitasse.model;

import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;

/**
 * {@code h = LayerNorm(x + attention(x)); y = LayerNorm(h + feedForward(h))}: Hugging Face's TransformerBlock.
 */
public final class Block {

    /** Rows that one task copies. */
    private static final int ROWS = 32;

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

    static Block load(Weights weights, Kernels kernels, ModelConfig config) {
        return new Block(weights.name(),
                Attention.load(weights.of("attention"), kernels, config),
                LayerNorm.load(weights.of("sa_layer_norm"), kernels, config),
                FeedForward.load(weights.of("ffn"), kernels, config),
                LayerNorm.load(weights.of("output_layer_norm"), kernels, config));
    }

    /**
     * @param hiddenStates {@code [tokens, dim]}
     * @param queries whose outputs are computed, with no more work than that takes
     * @return {@code [queries, dim]}, in place of {@code hiddenStates} where that can be, or lent by the workspace
     */
    Matrix forward(Matrix hiddenStates, Batch batch, Positions queries, Workspace workspace, Trace trace) {
        Matrix x = queries.of(hiddenStates, workspace);                                    // [queries, dim]
        long mark = workspace.mark();
        Matrix attended = attention.forward(x, hiddenStates, batch, queries, workspace, trace);   // [queries, dim]
        Matrix h = saLayerNorm.forward(attended, x, workspace, trace);                            // [queries, dim]
        Matrix fed = ffn.forward(h, workspace, trace);                                            // [queries, dim]
        Matrix y = x;                                                                             // [queries, dim]
        if (trace.forBackward()) {
            y = outputLayerNorm.forward(fed, h, workspace, trace);
        } else {
            outputLayerNorm.forward(fed, h, y, workspace, trace);
            workspace.release(mark);
        }
        trace.record(name, "output", y);
        return y;
    }

    /**
     * @param gradient {@code [queries, dim]}, of the output; overwritten
     * @return {@code [tokens, dim]}, of the hidden states that came in, lent by the workspace
     */
    Matrix backward(Matrix gradient, Batch batch, Positions queries, Workspace workspace, GradientTrace trace) {
        Matrix dHiddenStates = workspace.matrix(batch.tokens(), gradient.columns());   // [tokens, dim]
        long mark = workspace.mark();
        outputLayerNorm.backward(gradient, workspace, trace);
        Matrix dh = workspace.matrix(gradient.rows(), gradient.columns());             // [queries, dim]
        copy(gradient, dh, workspace);
        ffn.backward(gradient, dh, workspace, trace);
        saLayerNorm.backward(dh, workspace, trace);
        Matrix dx = queries.gradientOf(dHiddenStates, workspace);               // [queries, dim]
        copy(dh, dx, workspace);
        attention.backward(dh, dx, dHiddenStates, batch, queries, workspace, trace);
        workspace.release(mark);
        return dHiddenStates;
    }

    private static void copy(Matrix from, Matrix to, Workspace workspace) {
        workspace.runRanges(from.rows(), ROWS, (first, end, worker) -> {
            for (int row = first; row < end; row++) {
                System.arraycopy(from.data(), from.row(row), to.data(), to.row(row), from.columns());
            }
        });
    }
}
