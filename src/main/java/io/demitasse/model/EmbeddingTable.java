package io.demitasse.model;

import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.function.IntUnaryOperator;

/** {@code [rows, dim]} embeddings, kept as bytes with a scale a row where the file has them so and they stay so. */
final class EmbeddingTable {

    /** Columns of a gradient that one task adds. */
    private static final int COLUMNS = 128;

    private final int dim;
    private final Parameter parameter;
    private final float[] floats;
    private final byte[] quantized;
    private final float[] scales;

    private EmbeddingTable(int dim, Parameter parameter, byte[] quantized, float[] scales) {
        this.dim = dim;
        this.parameter = parameter;
        this.floats = parameter == null ? null : parameter.values();
        this.quantized = quantized;
        this.scales = scales;
    }

    static EmbeddingTable load(Weights weights, int rows, int dim) {
        return weights.isInt8("weight") && !weights.trainable()
                ? new EmbeddingTable(dim, null, weights.int8("weight", rows, dim), weights.scales("weight"))
                : new EmbeddingTable(dim, weights.table("weight", rows, dim), null, null);
    }

    void copyRow(int row, float[] target, int offset) {
        int from = row * dim;
        if (floats != null) {
            System.arraycopy(floats, from, target, offset, dim);
            return;
        }
        float scale = scales[row];
        for (int i = 0; i < dim; i++) {
            target[offset + i] = quantized[from + i] * scale;
        }
    }

    void addRow(int row, float[] target, int offset) {
        int from = row * dim;
        float scale = floats == null ? scales[row] : 0;
        for (int i = 0; i < dim; i++) {
            target[offset + i] += floats == null ? quantized[from + i] * scale : floats[from + i];
        }
    }

    /**
     * Adds each token's gradient to its row's. Threads share the columns, not the tokens, so a row that comes twice is
     * summed in the tokens' order.
     *
     * @param gradient {@code [tokens, dim]}
     * @param row the row a token took
     */
    void addGradient(Matrix gradient, IntUnaryOperator row, Kernels kernels, Workspace workspace) {
        float[] sums = parameter.gradientArray();
        for (int token = 0; token < gradient.rows(); token++) {
            parameter.reach(row.applyAsInt(token));
        }
        workspace.run((dim + COLUMNS - 1) / COLUMNS, (index, worker) -> {
            int column = index * COLUMNS;
            int columns = Math.min(COLUMNS, dim - column);
            for (int token = 0; token < gradient.rows(); token++) {
                kernels.add(gradient.data(), gradient.row(token) + column, columns,
                        sums, row.applyAsInt(token) * dim + column);
            }
        });
    }
}
