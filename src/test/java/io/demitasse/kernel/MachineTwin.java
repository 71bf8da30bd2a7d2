package io.demitasse.kernel;

/** What machine code computes, in plain Java, one number after the other: the same operations, so the same bits. */
final class MachineTwin {

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
     * The sum that starts with 0, of the products of two numbers rounded to bfloat16, pair by pair: of each the second
     * product first.
     */
    static float pairsOfBf16(int k, float[] a, int from, int step, float[] b, int bFrom, int bStep) {
        float sum = 0;
        for (int p = 0; p < k; p += 2) {
            if (p + 1 < k) {
                sum = bf16Step(a[from + (p + 1) * step], b[bFrom + (p + 1) * bStep], sum);
            } else {
                sum = bf16Step(0, 0, sum);
            }
            sum = bf16Step(a[from + p * step], b[bFrom + p * bStep], sum);
        }
        return sum;
    }

    /**
     * The same by AMX: of 32 products, those of the pairs' first numbers are one chain, those of the second another, and
     * both together are added to the sum.
     */
    static float tilesOfBf16(int k, float[] a, int from, int step, float[] b, int bFrom, int bStep) {
        float sum = 0;
        for (int tile = 0; tile < k; tile += Bf16Code.FILLED_UP) {
            float first = 0;
            float second = 0;
            for (int p = tile; p < Math.min(k, tile + Bf16Code.FILLED_UP); p += 2) {
                first = bf16Step(a[from + p * step], b[bFrom + p * bStep], first);
                if (p + 1 < k) {
                    second = bf16Step(a[from + (p + 1) * step], b[bFrom + (p + 1) * bStep], second);
                }
            }
            sum = normal(sum + normal(first + second));
        }
        return sum;
    }

    private static float bf16Step(float a, float b, float sum) {
        return normal(Math.fma(bf16(a), bf16(b), sum));
    }

    /** What is too small to be normal is 0. */
    private static float normal(float x) {
        return Math.abs(x) < Float.MIN_NORMAL ? Math.copySign(0f, x) : x;
    }

    /** The nearest number of 8 significant bits, of two the even one. */
    static float bf16(float x) {
        if (Float.isNaN(x) || Float.isInfinite(x)) {
            return x;
        }
        double unit = Math.ulp(x) * 65536.0;
        return (float) (Math.rint(normal(x) / unit) * unit);
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

    /** A product of a row of whole numbers and an output's bytes, in one sum that must not overflow. */
    static float pairs(Quantised row, byte[] weight, int from, float scale, float bias) {
        long sum = 0;
        for (int i = 0; i < row.numbers.length; i++) {
            sum += (row.numbers[i] - row.zero) * (long) weight[from + i];
        }
        return Math.fma((Float.isNaN(row.scale) ? 0 : Math.toIntExact(sum)) * row.scale, scale, bias);
    }

    /** The largest even range of numbers with which no output's sum overflows. */
    static float range(byte[] weight, int out, int in) {
        long most = 1;
        for (int o = 0; o < out; o++) {
            long above = 0;
            long below = 0;
            for (int i = 0; i < in; i++) {
                int w = weight[o * in + i];
                above += Math.max(w, 0);
                below += Math.max(-w, 0);
            }
            most = Math.max(most, Math.max(above, below));
        }
        return Math.min(65532, Integer.MAX_VALUE / most - 1) / 2 * 2;
    }

    static void softmax(float[] x, int from, int n, int lanes) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = from; i < from + n; i++) {
            max = Math.max(max, x[i]);
        }
        for (int i = from; i < from + n; i++) {
            x[i] = MathFunctions.exp(x[i] - max);
        }
        float scale = 1f / sum(x, from, n, false, 0, lanes);
        for (int i = from; i < from + n; i++) {
            x[i] *= scale;
        }
    }

    static void layerNorm(float[] x, int from, int n, float[] weight, float[] bias, float epsilon, float[] y, int to,
                          int lanes) {
        float mean = sum(x, from, n, false, 0, lanes) / n;
        float scale = (float) (1 / Math.sqrt((double) sum(x, from, n, true, mean, lanes) / n + epsilon));
        for (int i = 0; i < n; i++) {
            y[to + i] = (x[from + i] - mean) * scale * weight[i] + bias[i];
        }
    }

    private static float sum(float[] x, int from, int n, boolean squares, float mean, int lanes) {
        float[] sums = new float[lanes];
        int whole = n / lanes * lanes;
        for (int i = 0; i < whole; i++) {
            float d = x[from + i] - mean;
            sums[i % lanes] += squares ? d * d : x[from + i];
        }
        float sum = 0;
        for (int lane = 0; lane < lanes; lane += 4) {
            float quarter = (sums[lane] + sums[lane + 1]) + (sums[lane + 2] + sums[lane + 3]);
            sum = lane == 0 ? quarter : sum + quarter;
        }
        for (int i = whole; i < n; i++) {
            float d = x[from + i] - mean;
            sum += squares ? d * d : x[from + i];
        }
        return sum;
    }
}
