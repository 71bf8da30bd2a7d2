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
    public void forward(Matrix x, Batch batch, Workspace workspace, Trace trace) {
        long mark = workspace.mark();
        Matrix attended = attention.forward(x, batch, workspace, trace);   // [tokens, dim]
        saLayerNorm.forward(attended, x, workspace, trace);
        Matrix fed = ffn.forward(attended, workspace, trace);              // [tokens, dim]
        outputLayerNorm.forward(fed, attended, workspace, trace);
        for (int row = 0; row < x.rows(); row++) {
            System.arraycopy(fed.data(), fed.row(row), x.data(), x.row(row), x.columns());
        }
        workspace.release(mark);
        trace.record(name, "output", x);
    }
}
