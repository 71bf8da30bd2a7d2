package io.demitasse.model;

import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * {@code [rows, dim]} embeddings. A file's bytes stay bytes with a scale a row, unless the table is to be trained.
 */
abstract class EmbeddingTable {

    /** For a token that takes no row, as the padding token in training. */
    static final int NO_ROW = -1;

    /** Columns of a gradient that one task adds. */
    private static final int COLUMNS = 128;

    final int dim;

    private EmbeddingTable(int dim) {
        this.dim = dim;
    }

    static EmbeddingTable load(Weights weights, int rows, int dim) {
        return weights.isInt8("weight") && !weights.trainable()
                ? new Bytes(dim, weights.int8("weight", rows, dim), weights.scales("weight"))
                : new Floats(dim, weights.table("weight", rows, dim));
    }

    /** {@code target = row}. */
    abstract void copyRow(int row, float[] target, int offset);

    /** {@code target += row}. */
    abstract void addRow(int row, float[] target, int offset);

    /** The table as a parameter that can be trained; null if it was loaded as bytes. */
    abstract @Nullable Parameter parameter();

    /**
     * Adds each token's gradient to its row's. Threads share the columns, not the tokens, so a row that comes twice is
     * summed in the tokens' order.
     *
     * @param gradient {@code [tokens, dim]}
     * @param row the row a token took, or {@link #NO_ROW}
     */
    void addGradient(Matrix gradient, IntUnaryOperator row, Kernels kernels, Workspace workspace) {
        throw new IllegalStateException("bytes are not trained");
    }

    /** Quantised rows. */
    private static final class Bytes extends EmbeddingTable {

        private final byte[] quantized;
        private final float[] scales;

        Bytes(int dim, byte[] quantized, float[] scales) {
            super(dim);
            this.quantized = quantized;
            this.scales = scales;
        }

        @Override
        void copyRow(int row, float[] target, int offset) {
            int from = row * dim;
            float scale = scales[row];
            for (int i = 0; i < dim; i++) {
                target[offset + i] = quantized[from + i] * scale;
            }
        }

        @Override
        void addRow(int row, float[] target, int offset) {
            int from = row * dim;
            float scale = scales[row];
            for (int i = 0; i < dim; i++) {
                target[offset + i] += quantized[from + i] * scale;
            }
        }

        @Override
        @Nullable Parameter parameter() {
            return null;
        }
    }

    /** Floats, trained or not. */
    private static final class Floats extends EmbeddingTable {

        private final Parameter parameter;
        private final float[] values;

        Floats(int dim, Parameter parameter) {
            super(dim);
            this.parameter = parameter;
            this.values = parameter.values();
        }

        @Override
        void copyRow(int row, float[] target, int offset) {
            System.arraycopy(values, row * dim, target, offset, dim);
        }

        @Override
        void addRow(int row, float[] target, int offset) {
            int from = row * dim;
            for (int i = 0; i < dim; i++) {
                target[offset + i] += values[from + i];
            }
        }

        @Override
        Parameter parameter() {
            return parameter;
        }

        @Override
        void addGradient(Matrix gradient, IntUnaryOperator row, Kernels kernels, Workspace workspace) {
            float[] sums = parameter.gradientArray();
            for (int token = 0; token < gradient.rows(); token++) {
                if (row.applyAsInt(token) != NO_ROW) {
                    parameter.reach(row.applyAsInt(token));
                }
            }
            workspace.runRanges(dim, COLUMNS, (column, end, worker) -> {
                for (int token = 0; token < gradient.rows(); token++) {
                    int to = row.applyAsInt(token);
                    if (to != NO_ROW) {
                        kernels.add(gradient.data(), gradient.row(token) + column, end - column, sums, to * dim + column);
                    }
                }
            });
        }
    }
}
