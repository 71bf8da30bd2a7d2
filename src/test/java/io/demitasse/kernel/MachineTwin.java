package io.demitasse.kernel;

/** What machine code computes, in plain Java, one number after the other: the same operations, so the same bits. */
final class MachineTwin {

    private static final int LANES = 16;

    private MachineTwin() {
    }

    /** The chain of fused multiply-adds over k, from {@code start} on. */
    static float chain(float start, int k, float[] a, int from, int step, float[] b, int bFrom, int bStep) {
        float sum = start;
        for (int p = 0; p < k; p++) {
            sum = Math.fma(a[from + p * step], b[bFrom + p * bStep], sum);
        }
        return sum;
    }

    /** A row as whole numbers from {@code -largest} to {@code largest}; the scale goes to {@code scale[0]}. */
    static int[] quantised(float[] x, int from, int n, float largest, float[] scale) {
        int max = 0;
        for (int i = 0; i < n; i++) {
            max = Math.max(max, Float.floatToRawIntBits(x[from + i]) & Integer.MAX_VALUE);
        }
        scale[0] = Float.intBitsToFloat(max) / largest;
        float factor = largest / Float.intBitsToFloat(max);
        int[] numbers = new int[n];
        for (int i = 0; i < n; i++) {
            float product = x[from + i] * factor;
            numbers[i] = Float.isNaN(product) ? 0 : (int) Math.rint(product);
        }
        return numbers;
    }

    /** A product of a row of whole numbers and an output's bytes: one plane or two. */
    static float bytes(int[] numbers, float rowScale, byte[] weight, int from, float scale, float bias, int planes) {
        int high = 0;
        int low = 0;
        for (int i = 0; i < numbers.length; i++) {
            int shifted = planes == 2 ? numbers[i] + (1 << 15) : numbers[i] + (1 << 7);
            high += ((planes == 2 ? shifted >> 8 : shifted) - 128) * weight[from + i];
            low += (shifted & 255) * weight[from + i];
        }
        float sum = planes == 2 ? Math.fma(high, 256f, low) : high;
        return Math.fma(sum * rowScale, scale, bias);
    }

    static void softmax(float[] x, int from, int n) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = from; i < from + n; i++) {
            max = Math.max(max, x[i]);
        }
        for (int i = from; i < from + n; i++) {
            x[i] = MathFunctions.exp(x[i] - max);
        }
        float scale = 1f / sum(x, from, n, false, 0);
        for (int i = from; i < from + n; i++) {
            x[i] *= scale;
        }
    }

    static void layerNorm(float[] x, int from, int n, float[] weight, float[] bias, float epsilon, float[] y, int to) {
        float mean = sum(x, from, n, false, 0) / n;
        float scale = (float) (1 / Math.sqrt((double) sum(x, from, n, true, mean) / n + epsilon));
        for (int i = 0; i < n; i++) {
            y[to + i] = (x[from + i] - mean) * scale * weight[i] + bias[i];
        }
    }

    private static float sum(float[] x, int from, int n, boolean squares, float mean) {
        float[] lanes = new float[LANES];
        int whole = n / LANES * LANES;
        for (int i = 0; i < whole; i++) {
            float d = x[from + i] - mean;
            lanes[i % LANES] += squares ? d * d : x[from + i];
        }
        float sum = 0;
        for (int lane = 0; lane < LANES; lane += 4) {
            float quarter = (lanes[lane] + lanes[lane + 1]) + (lanes[lane + 2] + lanes[lane + 3]);
            sum = lane == 0 ? quarter : sum + quarter;
        }
        for (int i = whole; i < n; i++) {
            float d = x[from + i] - mean;
            sum += squares ? d * d : x[from + i];
        }
        return sum;
    }
}
