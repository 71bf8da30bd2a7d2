package io.demitasse.model;

import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.Arrays;

/** {@code (x - mean) / sqrt(variance + epsilon) * weight + bias}, row by row (Ba, Kiros and Hinton 2016). */
public final class LayerNorm {

    /** Rows a task takes: some microseconds of work. */
    private static final int ROWS = 8;
    /** Rows whose gradients of weight and bias are added up by one task, before those sums are. */
    private static final int SUMMED_ROWS = 32;

    private final String name;
    private final Kernels kernels;
    private final Parameter weight;
    private final Parameter bias;
    private final float epsilon;

    private LayerNorm(String name, Kernels kernels, Parameter weight, Parameter bias, float epsilon) {
        this.name = name;
        this.kernels = kernels;
        this.weight = weight;
        this.bias = bias;
        this.epsilon = epsilon;
    }

    static LayerNorm load(Weights weights, Kernels kernels, ModelConfig config) {
        return new LayerNorm(weights.name(), kernels, weights.parameter("weight", config.shape().dim()),
                weights.parameter("bias", config.shape().dim()), config.layerNormEps());
    }

    /**
     * {@code norm(x + residual)}.
     *
     * @param x {@code [rows, dim]}; becomes the sum or the result
     * @param residual {@code [rows, dim]}
     * @return {@code [rows, dim]}: in place of x, or lent by the workspace if x is needed for a backward pass
     */
    Matrix forward(Matrix x, Matrix residual, Workspace workspace, Trace trace) {
        Matrix y = output(x, workspace, trace);
        forward(x, residual, y, workspace, trace);
        return y;
    }

    /**
     * {@code y = norm(x + residual)}.
     *
     * @param x {@code [rows, dim]}; becomes the sum
     * @param y {@code [rows, dim]}; may be x
     */
    void forward(Matrix x, Matrix residual, Matrix y, Workspace workspace, Trace trace) {
        workspace.runRanges(x.rows(), ROWS, (row, end, worker) ->
                kernels.addLayerNorm(x, residual, row, end - row, weight.values(), bias.values(), epsilon, y));
        trace.record(name, "output", y);
    }

    /**
     * {@code norm(x)}.
     *
     * @param x {@code [rows, dim]}
     * @return {@code [rows, dim]}: in place of x, or lent by the workspace if x is needed for a backward pass
     */
    Matrix forward(Matrix x, Workspace workspace, Trace trace) {
        Matrix y = output(x, workspace, trace);
        workspace.runRanges(x.rows(), ROWS, (first, end, worker) -> {
            for (int row = first; row < end; row++) {
                forwardRow(x, row, y);
            }
        });
        trace.record(name, "output", y);
        return y;
    }

    /** Where the norm of x goes: over x, unless a backward pass needs x. */
    Matrix output(Matrix x, Workspace workspace, Trace trace) {
        trace.remember(name, "input", x);
        return trace.forBackward() ? workspace.matrix(x.rows(), x.columns()) : x;
    }

    /** {@code y_row = norm(x_row)}. */
    void forwardRow(Matrix x, int row, Matrix y) {
        kernels.layerNorm(x.data(), x.row(row), x.columns(), weight.values(), bias.values(), epsilon,
                y.data(), y.row(row));
    }

    /**
     * With {@code n = (x - mean) / sqrt(variance + epsilon)} and {@code g = dy * weight}:
     * {@code dx = (g - mean(g) - n * mean(g * n)) / sqrt(variance + epsilon)}, row by row;
     * {@code dweight = sum over rows of dy * n}, {@code dbias = sum over rows of dy}.
     *
     * @param gradient {@code [rows, dim]}, of the output; becomes that of the sum that was normalised
     */
    void backward(Matrix gradient, Workspace workspace, GradientTrace trace) {
        Matrix x = trace.get(name + ".input");
        int dim = x.columns();
        int blocks = (x.rows() + SUMMED_ROWS - 1) / SUMMED_ROWS;
        long mark = workspace.mark();
        Matrix weightSums = workspace.matrix(blocks, dim);
        Matrix biasSums = workspace.matrix(blocks, dim);
        workspace.runRanges(x.rows(), SUMMED_ROWS, (first, end, worker) -> {
            int block = first / SUMMED_ROWS;
            float[] dWeight = weightSums.data();
            float[] dBias = biasSums.data();
            Arrays.fill(dWeight, weightSums.row(block), weightSums.row(block) + dim, 0f);
            Arrays.fill(dBias, biasSums.row(block), biasSums.row(block) + dim, 0f);
            for (int row = first; row < end; row++) {
                kernels.layerNormBackward(x.data(), x.row(row), dim, weight.values(), epsilon,
                        gradient.data(), gradient.row(row), dWeight, weightSums.row(block), dBias, biasSums.row(block));
            }
        });
        if (trace.ofParameters()) {
            weight.addColumnSums(weightSums, kernels, workspace);
            bias.addColumnSums(biasSums, kernels, workspace);
        }
        workspace.release(mark);
    }
}
