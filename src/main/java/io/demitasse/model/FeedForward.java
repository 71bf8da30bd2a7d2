package io.demitasse.model;

import io.demitasse.kernel.Activation;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;

/** {@code lin2(gelu(lin1(x)))}, token by token: Hugging Face's FFN. */
public final class FeedForward {

    private final Linear lin1;
    private final Linear lin2;

    private FeedForward(Linear lin1, Linear lin2) {
        this.lin1 = lin1;
        this.lin2 = lin2;
    }

    static FeedForward load(Weights weights, Kernels kernels, Config config) {
        return new FeedForward(
                Linear.load(weights.of("lin1"), kernels, config.hiddenDim(), config.dim(), config.activation()),
                Linear.load(weights.of("lin2"), kernels, config.dim(), config.hiddenDim(), Activation.NONE));
    }

    /**
     * @param x {@code [tokens, dim]}
     * @return {@code [tokens, dim]}, lent by the workspace
     */
    Matrix forward(Matrix x, Workspace workspace, Trace trace) {
        Matrix inner = lin1.forward(x, workspace, trace);   // [tokens, hiddenDim]
        return lin2.forward(inner, workspace, trace);       // [tokens, dim]
    }
}
