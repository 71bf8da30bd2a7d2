package io.demitasse.kernel;

/**
 * The arithmetic under the layers. Implementations differ in speed and in how sums are rounded, not in what they
 * compute. They hold no state of their own and are safe for use by many threads.
 */
public interface Kernels {

    /** The name the command line and {@link KernelChoice} know it by. */
    String name();

    /**
     * Prepares the weight of a linear layer.
     *
     * @param weight {@code [out, in]}, row-major as PyTorch's {@code nn.Linear} keeps it; may be kept, so the
     *     caller must not change it afterwards
     */
    Weight weight(float[] weight, int out, int in);

    /**
     * Prepares a weight kept as bytes: {@code w[o][i] = quantized[o][i] * scales[o]}.
     *
     * @param quantized {@code [out, in]}, row-major; may be kept, as in {@link #weight(float[], int, int)}
     * @param scales {@code [out]}
     */
    default Weight weight(byte[] quantized, float[] scales, int out, int in) {
        float[] weight = new float[out * in];
        for (int o = 0; o < out; o++) {
            for (int i = o * in; i < (o + 1) * in; i++) {
                weight[i] = quantized[i] * scales[o];
            }
        }
        return weight(weight, out, in);
    }

    /**
     * {@code y = activation(x weight^T + bias)}, on all of the workspace's threads.
     *
     * @param x {@code [rows, in]}
     * @param bias {@code [out]}
     * @param y {@code [rows, out]}, overwritten; must not share memory with {@code x}
     */
    void linear(Matrix x, Weight weight, float[] bias, Activation activation, Matrix y, Workspace workspace);

    /**
     * {@code c = alpha op(a) op(b) + beta c} on the calling thread, where op transposes or not: BLAS's sgemm in
     * row-major order.
     *
     * @param m rows of op(a) and c
     * @param n columns of op(b) and c
     * @param k columns of op(a), rows of op(b)
     * @param lda the distance between rows of {@code a} as it lies in memory; so {@code ldb} and {@code ldc}
     * @param beta 0 overwrites {@code c} whatever it held
     * @param worker whose scratch buffers of the workspace may be used, from {@link Workspace#GEMM_SCRATCH} on
     */
    void gemm(boolean transposeA, boolean transposeB, int m, int n, int k,
              float alpha, float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb,
              float beta, float[] c, int cOffset, int ldc, Workspace workspace, int worker);

    /** {@code x_i = exp(x_i - max) / sum_j exp(x_j - max)} in place, for the {@code n} floats at {@code offset}. */
    default void softmax(float[] x, int offset, int n) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = offset; i < offset + n; i++) {
            max = Math.max(max, x[i]);
        }
        double sum = 0;
        for (int i = offset; i < offset + n; i++) {
            x[i] = MathFunctions.exp(x[i] - max);
            sum += x[i];
        }
        float scale = (float) (1 / sum);
        for (int i = offset; i < offset + n; i++) {
            x[i] *= scale;
        }
    }

    /** {@code x_i = activation(x_i)} in place, for the {@code n} floats at {@code offset}. */
    default void activate(Activation activation, float[] x, int offset, int n) {
        switch (activation) {
            case NONE -> { }
            case GELU -> {
                for (int i = offset; i < offset + n; i++) {
                    x[i] = MathFunctions.gelu(x[i]);
                }
            }
            case RELU -> {
                for (int i = offset; i < offset + n; i++) {
                    x[i] = Math.max(x[i], 0f);
                }
            }
            case TANH -> {
                for (int i = offset; i < offset + n; i++) {
                    x[i] = (float) StrictMath.tanh(x[i]);
                }
            }
        }
    }

    /**
     * {@code y = (x - mean) / sqrt(variance + epsilon) * weight + bias} over the {@code n} floats of one row
     * (Ba, Kiros and Hinton 2016); the variance is the biased one. {@code x} and {@code y} may be the same place.
     */
    default void layerNorm(float[] x, int xOffset, int n, float[] weight, float[] bias, float epsilon,
                           float[] y, int yOffset) {
        // Four sums at a time: one alone would wait for its own last addition at every step.
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int whole = n & ~3;
        for (int i = xOffset; i < xOffset + whole; i += 4) {
            s0 += x[i];
            s1 += x[i + 1];
            s2 += x[i + 2];
            s3 += x[i + 3];
        }
        for (int i = xOffset + whole; i < xOffset + n; i++) {
            s0 += x[i];
        }
        double mean = (s0 + s1 + s2 + s3) / n;
        s0 = s1 = s2 = s3 = 0;
        for (int i = xOffset; i < xOffset + whole; i += 4) {
            double d0 = x[i] - mean;
            double d1 = x[i + 1] - mean;
            double d2 = x[i + 2] - mean;
            double d3 = x[i + 3] - mean;
            s0 += d0 * d0;
            s1 += d1 * d1;
            s2 += d2 * d2;
            s3 += d3 * d3;
        }
        for (int i = xOffset + whole; i < xOffset + n; i++) {
            double d = x[i] - mean;
            s0 += d * d;
        }
        float shift = (float) mean;
        float scale = (float) (1 / Math.sqrt((s0 + s1 + s2 + s3) / n + epsilon));
        for (int i = 0; i < n; i++) {
            y[yOffset + i] = (x[xOffset + i] - shift) * scale * weight[i] + bias[i];
        }
    }

    /** {@code y += x} for the {@code n} floats at the offsets. */
    default void add(float[] x, int xOffset, int n, float[] y, int yOffset) {
        for (int i = 0; i < n; i++) {
            y[yOffset + i] += x[xOffset + i];
        }
    }
}
