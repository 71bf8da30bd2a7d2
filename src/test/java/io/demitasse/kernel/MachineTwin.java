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

    /**
     * A row as whole numbers from 0 to {@code largest}, 0 itself being one of them.
     *
     * @param zero what 0 is kept as
     */
    record Quantised(int[] numbers, float scale, int zero) {

        static Quantised of(float[] x, int from, int n, float largest) {
            float max = 0;
            float min = 0;
            float poison = 0;
            for (int i = from; i < from + n; i++) {
                max = Float.isNaN(x[i]) ? max : Math.max(max, x[i]);
                min = Float.isNaN(x[i]) ? min : Math.min(min, x[i]);
                poison += x[i] * 0;
            }
            float factor = largest / (max - min);
            int zero = (int) Math.rint(-min * factor);
            int[] numbers = new int[n];
            for (int i = 0; i < n; i++) {
                numbers[i] = (int) Math.rint(x[from + i] * factor) + zero;
            }
            return new Quantised(numbers, (max - min) / largest + poison, zero);
        }
    }

    /** A product of a row of whole numbers and an output's bytes: one plane or two. */
    static float bytes(Quantised row, byte[] weight, int from, float scale, float bias, int planes) {
        int high = 0;
        int low = 0;
        for (int i = 0; i < row.numbers.length; i++) {
            int number = row.numbers[i];
            high += ((planes == 2 ? number >> 8 : number) - (planes == 2 ? row.zero >> 8 : row.zero)) * weight[from + i];
            low += ((number & 255) - (row.zero & 255)) * weight[from + i];
        }
        float sum = planes == 2 ? Math.fma(high, 256f, low) : high;
        return Math.fma(sum * row.scale, scale, bias);
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
