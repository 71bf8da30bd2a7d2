package io.demitasse.kernel;

import static io.demitasse.kernel.VectorTiles.LANES;
import static io.demitasse.kernel.VectorTiles.WIDTH;

/**
 * What {@link VectorTiles} and {@link VectorMath} compute, without vectors: the same operations in the same order, so
 * the same bits. For the first seconds, in which the JIT compiler has not compiled those yet.
 */
final class VectorStandIn {

    private VectorStandIn() {
    }

    static void accumulate(int rows, int depth, float[] x, int x0, float[] w, int w0, float[] y, int y0) {
        for (int row = 0; row < rows; row++) {
            for (int j = 0; j < WIDTH; j += 4) {
                addFour(depth, x, x0 + row * VectorTiles.DEPTH, w, w0 + j, y, y0 + row * WIDTH + j);
            }
        }
    }

    private static void addFour(int depth, float[] x, int x0, float[] w, int w0, float[] y, int at) {
        float s0 = y[at];
        float s1 = y[at + 1];
        float s2 = y[at + 2];
        float s3 = y[at + 3];
        for (int k = 0; k < depth; k++) {
            float factor = x[x0 + k];
            int from = w0 + k * WIDTH;
            s0 = Math.fma(factor, w[from], s0);
            s1 = Math.fma(factor, w[from + 1], s1);
            s2 = Math.fma(factor, w[from + 2], s2);
            s3 = Math.fma(factor, w[from + 3], s3);
        }
        y[at] = s0;
        y[at + 1] = s1;
        y[at + 2] = s2;
        y[at + 3] = s3;
    }

    static void widen(byte[] bytes, int from, int n, float[] floats, int to) {
        for (int i = 0; i < n; i++) {
            floats[to + i] = bytes[from + i];
        }
    }

    static void softmax(float[] x, int offset, int n) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = offset; i < offset + n; i++) {
            max = Math.max(max, x[i]);
        }
        for (int i = offset; i < offset + n; i++) {
            x[i] = MathFunctions.exp(x[i] - max);
        }
        float scale = 1f / sum(x, offset, n, false, 0f);
        for (int i = offset; i < offset + n; i++) {
            x[i] *= scale;
        }
    }

    static void layerNorm(float[] x, int xOffset, int n, float[] weight, float[] bias, float epsilon,
                          float[] y, int yOffset) {
        float mean = sum(x, xOffset, n, false, 0f) / n;
        float scale = (float) (1 / Math.sqrt((double) sum(x, xOffset, n, true, mean) / n + epsilon));
        for (int i = 0; i < n; i++) {
            y[yOffset + i] = (x[xOffset + i] - mean) * scale * weight[i] + bias[i];
        }
    }

    /** The sum of x, or of {@code (x - mean)^2}: lane by lane, then the lanes as {@link VectorMath#sum} adds them. */
    private static float sum(float[] x, int offset, int n, boolean squares, float mean) {
        float[] lanes = new float[LANES];
        int end = n / LANES * LANES;
        for (int i = 0; i < end; i++) {
            float d = x[offset + i] - mean;
            lanes[i % LANES] += squares ? d * d : x[offset + i];
        }
        float sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
        for (int lane = 4; lane < LANES; lane += 4) {
            lanes[lane] = (lanes[lane] + lanes[lane + 1]) + (lanes[lane + 2] + lanes[lane + 3]);
            sum += lanes[lane];
        }
        for (int i = end; i < n; i++) {
            float d = x[offset + i] - mean;
            sum += squares ? d * d : x[offset + i];
        }
        return sum;
    }

    static void add(float[] x, int xOffset, int n, float[] y, int yOffset) {
        for (int i = 0; i < n; i++) {
            y[yOffset + i] += x[xOffset + i];
        }
    }

    static void scale(float[] scales, float[] bias, int first, int columns, int rows, float[] y, int yOffset) {
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < columns; i++) {
                int at = yOffset + row * WIDTH + i;
                y[at] = y[at] * scales[first + i] + bias[first + i];
            }
        }
    }

    static void combine(float alpha, float[] x, int xOffset, int n, float beta, float[] c, int cOffset) {
        for (int i = 0; i < n; i++) {
            float product = alpha * x[xOffset + i];
            c[cOffset + i] = beta == 0 ? product : product + beta * c[cOffset + i];
        }
    }
}
