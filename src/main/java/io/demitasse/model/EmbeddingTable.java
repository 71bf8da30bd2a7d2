package io.demitasse.model;

/** {@code [rows, dim]} embeddings, kept as bytes with a scale a row where the file has them so. */
final class EmbeddingTable {

    private final int dim;
    private final float[] floats;
    private final byte[] quantized;
    private final float[] scales;

    private EmbeddingTable(int dim, float[] floats, byte[] quantized, float[] scales) {
        this.dim = dim;
        this.floats = floats;
        this.quantized = quantized;
        this.scales = scales;
    }

    static EmbeddingTable load(Weights weights, int rows, int dim) {
        return weights.isInt8("weight")
                ? new EmbeddingTable(dim, null, weights.int8("weight", rows, dim), weights.scales("weight"))
                : new EmbeddingTable(dim, weights.matrix("weight", rows, dim), null, null);
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
}
