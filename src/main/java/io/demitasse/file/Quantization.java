package io.demitasse.file;

/**
 * Symmetric 8-bit weights with one scale an output row: {@code w = q * scale}, q from -127 to 127. The same float
 * operations as in tools/convert.py, so that both write the same bytes.
 */
public final class Quantization {

    /** A matrix below this many numbers stays F32: it would save little and round the head's few weights. */
    static final int SMALLEST = 65_536;

    private static final int LIMIT = 127;

    /**
     * A quantised matrix.
     *
     * @param values {@code [rows, columns]}
     * @param scales {@code [rows]}
     */
    public record Int8(byte[] values, float[] scales) {
    }

    private Quantization() {
    }

    /** Quantises {@code weight}, {@code [rows, columns]}. */
    public static Int8 toInt8(float[] weight, int rows, int columns) {
        byte[] values = new byte[weight.length];
        float[] scales = new float[rows];
        for (int r = 0; r < rows; r++) {
            int first = r * columns;
            float max = 0;
            for (int i = first; i < first + columns; i++) {
                max = Math.max(max, Math.abs(weight[i]));
            }
            float scale = max / LIMIT;
            if (scale == 0) {
                scale = 1;
            }
            scales[r] = scale;
            for (int i = first; i < first + columns; i++) {
                double q = Math.rint(weight[i] / scale);
                values[i] = (byte) Math.max(-LIMIT, Math.min(LIMIT, q));
            }
        }
        return new Int8(values, scales);
    }

    /** {@code values[r][i] * scales[r]}. */
    public static float[] toFloats(byte[] values, float[] scales) {
        float[] floats = new float[values.length];
        int columns = scales.length == 0 ? 0 : values.length / scales.length;
        for (int r = 0; r < scales.length; r++) {
            for (int i = r * columns; i < (r + 1) * columns; i++) {
                floats[i] = values[i] * scales[r];
            }
        }
        return floats;
    }
}
