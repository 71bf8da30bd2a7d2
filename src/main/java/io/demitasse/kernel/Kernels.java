package io.demitasse.kernel;

/**
 * The arithmetic under the layers. Implementations differ in speed and in how sums are rounded, not in what they
 * compute. They hold no state of their own and are safe for use by many threads.
 */
public interface Kernels {

    /** The name the command line and {@link KernelChoice} know it by. */
    String name();

    /** Whether a first text takes hardly longer than any other, as nothing of these kernels waits for a compiler. */
    default boolean startAtOnce() {
        return false;
    }

    /**
     * The same, but {@link #multiply} rounds what it multiplies to bfloat16, the nearest of 8 significant bits, and adds
     * floats up: what PyTorch's autocast does to linear layers. Weights and results stay floats.
     *
     * @throws IllegalArgumentException if these kernels have no such products here; it says why
     */
    default Kernels bf16() {
        String obstacle = MachineSupport.obstacle();
        throw new IllegalArgumentException("bf16 needs the machine kernels, " + (obstacle.isEmpty()
                ? "and the kernels \"" + name() + "\" were asked for" : "which do not work here: " + obstacle));
    }

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

    /** {@link #softmax(float[], int, int)} of {@code rows} rows of {@code n} floats, one behind the other. */
    default void softmax(float[] x, int offset, int rows, int n) {
        for (int row = 0; row < rows; row++) {
            softmax(x, offset + row * n, n);
        }
    }

    /**
     * {@code y_i = activation(x_i)} for the {@code n} floats at the offsets.
     *
     * @param y must not share memory with {@code x}
     */
    default void activate(Activation activation, float[] x, int xOffset, int n, float[] y, int yOffset) {
        if (activation == Activation.NONE) {
            System.arraycopy(x, xOffset, y, yOffset, n);
            return;
        }
        for (int i = 0; i < n; i++) {
            y[yOffset + i] = MathFunctions.activate(activation, x[xOffset + i]);
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

    /**
     * {@code x += residual; y = layerNorm(x)} for some rows, from {@code row} on.
     *
     * @param y may be x itself
     */
    default void addLayerNorm(Matrix x, Matrix residual, int row, int rows, float[] weight, float[] bias, float epsilon,
                              Matrix y) {
        for (int r = row; r < row + rows; r++) {
            add(residual.data(), residual.row(r), x.columns(), x.data(), x.row(r));
            layerNorm(x.data(), x.row(r), x.columns(), weight, bias, epsilon, y.data(), y.row(r));
        }
    }

    /** {@code y += x} for the {@code n} floats at the offsets. */
    default void add(float[] x, int xOffset, int n, float[] y, int yOffset) {
        for (int i = 0; i < n; i++) {
            y[yOffset + i] += x[xOffset + i];
        }
    }

    /**
     * {@code c = op(a) op(b) + beta c} on all of the workspace's threads, where op transposes or not. Cut into pieces
     * that only the matrices' sizes decide.
     *
     * @param beta 0 overwrites {@code c} whatever it held, 1 adds to it
     * @param c must not share memory with {@code a} or {@code b}
     */
    default void multiply(Matrix a, boolean transposeA, Matrix b, boolean transposeB, float beta, Matrix c,
                          Workspace workspace) {
        int size = 64;
        int k = transposeA ? a.rows() : a.columns();
        int across = (c.columns() + size - 1) / size;
        int down = (c.rows() + size - 1) / size;
        workspace.run(across * down, (index, worker) -> {
            int row = index / across * size;
            int column = index % across * size;
            int rows = Math.min(size, c.rows() - row);
            int columns = Math.min(size, c.columns() - column);
            gemm(transposeA, transposeB, rows, columns, k,
                    1f, a.data(), transposeA ? a.offset() + row : a.row(row), a.stride(),
                    b.data(), transposeB ? b.row(column) : b.offset() + column, b.stride(),
                    beta, c.data(), c.row(row) + column, c.stride(), workspace, worker);
        });
    }

    /**
     * The gradient of {@link #softmax}: {@code dx_i = y_i (dy_i - sum_j y_j dy_j)}, in place of {@code dy}.
     *
     * @param y what softmax gave
     */
    default void softmaxBackward(float[] y, int yOffset, int n, float[] dy, int dyOffset) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += (double) y[yOffset + i] * dy[dyOffset + i];
        }
        for (int i = 0; i < n; i++) {
            dy[dyOffset + i] = y[yOffset + i] * (dy[dyOffset + i] - (float) sum);
        }
    }

    /**
     * The gradient of {@link #activate}: {@code dx_i = dy_i activation'(x_i)}, in place of {@code dy}.
     *
     * @param x what went into the activation
     */
    default void activateBackward(Activation activation, float[] x, int xOffset, int n, float[] dy, int dyOffset) {
        if (activation == Activation.NONE) {
            return;
        }
        for (int i = 0; i < n; i++) {
            dy[dyOffset + i] *= MathFunctions.derivative(activation, x[xOffset + i]);
        }
    }

    /**
     * The gradient of {@link #layerNorm} for one row. With {@code n = (x - mean) / sqrt(variance + epsilon)} and
     * {@code g = dy weight}, {@code dx = (g - mean(g) - n mean(g n)) / sqrt(variance + epsilon)} in place of
     * {@code dy}; {@code dy n} is added to the weight's gradient and {@code dy} to the bias's.
     *
     * @param x what went into the normalisation
     */
    default void layerNormBackward(float[] x, int xOffset, int n, float[] weight, float epsilon,
                                   float[] dy, int dyOffset, float[] dWeight, int dWeightOffset,
                                   float[] dBias, int dBiasOffset) {
        double mean = 0;
        for (int i = 0; i < n; i++) {
            mean += x[xOffset + i];
        }
        mean /= n;
        double variance = 0;
        for (int i = 0; i < n; i++) {
            variance += (x[xOffset + i] - mean) * (x[xOffset + i] - mean);
        }
        float shift = (float) mean;
        float scale = (float) (1 / Math.sqrt(variance / n + epsilon));
        double sum = 0;
        double product = 0;
        for (int i = 0; i < n; i++) {
            float normal = (x[xOffset + i] - shift) * scale;
            float d = dy[dyOffset + i];
            dWeight[dWeightOffset + i] += d * normal;
            dBias[dBiasOffset + i] += d;
            sum += d * weight[i];
            product += d * weight[i] * normal;
        }
        float meanOfG = (float) (sum / n);
        float meanOfProduct = (float) (product / n);
        for (int i = 0; i < n; i++) {
            float normal = (x[xOffset + i] - shift) * scale;
            dy[dyOffset + i] = (dy[dyOffset + i] * weight[i] - meanOfG - normal * meanOfProduct) * scale;
        }
    }

    /**
     * {@code x_i = 0} with the given probability and {@code x_i / (1 - probability)} otherwise, in place, for the
     * {@code n} floats at {@code offset}; float number i is drawn by {@link CounterRandom} for position + i.
     */
    default void dropout(long key, int position, float probability, float[] x, int offset, int n) {
        int threshold = CounterRandom.threshold(probability);
        float scale = 1f / (1f - probability);
        for (int i = 0; i < n; i++) {
            boolean dropped = CounterRandom.bits(key, position + i) >>> 1 < threshold;
            x[offset + i] = dropped ? 0f : x[offset + i] * scale;
        }
    }
}
