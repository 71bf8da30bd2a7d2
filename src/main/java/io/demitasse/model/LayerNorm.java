package io.demitasse.model;

import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;

/** {@code (x - mean) / sqrt(variance + epsilon) * weight + bias}, row by row (Ba, Kiros and Hinton 2016). */
public final class LayerNorm {

    /** Rows a task takes: some microseconds of work. */
    private static final int ROWS = 8;

    private final String name;
    private final Kernels kernels;
    private final float[] weight;
    private final float[] bias;
    private final float epsilon;

    private LayerNorm(String name, Kernels kernels, float[] weight, float[] bias, float epsilon) {
        this.name = name;
        this.kernels = kernels;
        this.weight = weight;
        this.bias = bias;
        this.epsilon = epsilon;
    }

    static LayerNorm load(Weights weights, Kernels kernels, Config config) {
        return new LayerNorm(weights.name(), kernels, weights.vector("weight", config.dim()),
                weights.vector("bias", config.dim()), config.layerNormEps());
    }

    /**
     * {@code x = norm(x + residual)}, in place.
     *
     * @param x {@code [rows, dim]}
     * @param residual {@code [rows, dim]}
     */
    void forward(Matrix x, Matrix residual, Workspace workspace, Trace trace) {
        workspace.parallel().run((x.rows() + ROWS - 1) / ROWS, (index, worker) -> {
            int end = Math.min(x.rows(), (index + 1) * ROWS);
            for (int row = index * ROWS; row < end; row++) {
                kernels.add(residual.data(), residual.row(row), x.columns(), x.data(), x.row(row));
                forwardRow(x, row);
            }
        });
        trace.record(name, "output", x);
    }

    /** {@code x_row = norm(x_row)}, in place. */
    void forwardRow(Matrix x, int row) {
        kernels.layerNorm(x.data(), x.row(row), x.columns(), weight, bias, epsilon, x.data(), x.row(row));
    }
}
