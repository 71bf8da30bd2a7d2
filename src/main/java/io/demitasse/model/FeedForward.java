package io.demitasse.model;

import io.demitasse.kernel.Activation;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;

/** {@code dropout(lin2(gelu(lin1(x))))}, token by token: Hugging Face's FFN. */
public final class FeedForward {

    private final String name;
    private final Kernels kernels;
    private final Linear lin1;
    private final Linear lin2;
    private final float dropout;

    private FeedForward(String name, Kernels kernels, Linear lin1, Linear lin2, float dropout) {
        this.name = name;
        this.kernels = kernels;
        this.lin1 = lin1;
        this.lin2 = lin2;
        this.dropout = dropout;
    }

    static FeedForward load(Weights weights, Kernels kernels, ModelConfig config) {
        return new FeedForward(weights.name(), kernels,
                Linear.load(weights.of("lin1"), kernels, config.shape().hiddenDim(), config.shape().dim(), config.activation()),
                Linear.load(weights.of("lin2"), kernels, config.shape().dim(), config.shape().hiddenDim(), Activation.NONE),
                config.dropouts().hidden());
    }

    /**
     * @param x {@code [tokens, dim]}
     * @return {@code [tokens, dim]}, lent by the workspace
     */
    Matrix forward(Matrix x, Workspace workspace, Trace trace) {
        Matrix inner = lin1.forward(x, workspace, trace);     // [tokens, hiddenDim]
        Matrix fed = lin2.forward(inner, workspace, trace);   // [tokens, dim]
        trace.dropout().apply(name, dropout, fed, kernels, workspace);
        return fed;
    }

    /**
     * @param gradient {@code [tokens, dim]}, of the output; overwritten
     * @param dx {@code [tokens, dim]}, of the input; it is added to
     */
    void backward(Matrix gradient, Matrix dx, Workspace workspace, GradientTrace trace) {
        trace.dropout().apply(name, dropout, gradient, kernels, workspace);
        Matrix dInner = workspace.matrix(gradient.rows(), lin2.in());   // [tokens, hiddenDim]
        lin2.backward(gradient, dInner, 0f, workspace, trace);
        lin1.backward(dInner, dx, 1f, workspace, trace);
    }
}
