package io.demitasse.kernel;

import static io.demitasse.kernel.VectorTiles.WIDTH;

import java.util.Arrays;

/**
 * The incubating vector API of the JDK, for JVMs started with its module. Weights are packed once into panels of
 * {@link VectorTiles#WIDTH} outputs. A row's result depends neither on the rows beside it nor on the number of threads.
 */
final class VectorKernels implements Kernels {

    /** Inputs that all rows of a task go through together: a panel's weights for them fill half of a 32 kB cache. */
    private static final int DEPTH = 256;
    /** Inputs packed at a time: what they fill of a panel stays in the cache until all its outputs are there. */
    private static final int PACKED = 64;
    /** Outputs a task computes: whole panels, few enough that 768 outputs feed several threads evenly. */
    private static final int COLUMNS = 128;
    /** Rows a task computes at most: with DEPTH inputs each they stay in the second-level cache. */
    private static final int ROWS = 120;

    private static final int LEFT = Workspace.GEMM_SCRATCH;
    private static final int PANEL = LEFT + 1;
    private static final int SUMS = PANEL + 1;

    /**
     * {@code [panel][in][WIDTH]}, the last panel filled up with zeros: as floats, or as bytes with a scale an output.
     */
    private record VectorWeight(float[] floats, byte[] bytes, float[] scales, int out, int in) implements Weight {
    }

    private final VectorWarmUp warmUp;
    private final VectorProduct product;

    /** Starts to warm up. To be called only where {@link VectorSupport#obstacle()} finds none. */
    VectorKernels() {
        warmUp = VectorWarmUp.start();
        product = new VectorProduct(warmUp);
    }

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public Weight weight(float[] weight, int out, int in) {
        float[] panels = new float[packedSize(out, in)];
        for (int k = 0; k < in; k += PACKED) {
            int end = Math.min(k + PACKED, in);
            for (int o = 0; o < out; o++) {
                int to = packedIndex(o, in);
                for (int i = k; i < end; i++) {
                    panels[to + i * WIDTH] = weight[o * in + i];
                }
            }
        }
        return new VectorWeight(panels, null, null, out, in);
    }

    @Override
    public Weight weight(byte[] quantized, float[] scales, int out, int in) {
        byte[] panels = new byte[packedSize(out, in)];
        for (int k = 0; k < in; k += PACKED) {
            int end = Math.min(k + PACKED, in);
            for (int o = 0; o < out; o++) {
                int to = packedIndex(o, in);
                for (int i = k; i < end; i++) {
                    panels[to + i * WIDTH] = quantized[o * in + i];
                }
            }
        }
        return new VectorWeight(null, panels, scales, out, in);
    }

    private static int packedSize(int out, int in) {
        return Math.multiplyExact((out + WIDTH - 1) / WIDTH * WIDTH, in);
    }

    private static int packedIndex(int o, int in) {
        return o / WIDTH * WIDTH * in + o % WIDTH;
    }

    @Override
    public void linear(Matrix x, Weight weight, float[] bias, Activation activation, Matrix y, Workspace workspace) {
        VectorWeight w = (VectorWeight) weight;
        if (x.rows() == 0) {
            return;
        }
        int columnBlocks = (w.out + COLUMNS - 1) / COLUMNS;
        int rowBlocks = (x.rows() + ROWS - 1) / ROWS;
        int height = (x.rows() + rowBlocks - 1) / rowBlocks;
        int tall = (height + VectorTiles.HEIGHT - 1) / VectorTiles.HEIGHT * VectorTiles.HEIGHT;
        workspace.parallel().run(rowBlocks * columnBlocks, (index, worker) -> {
            int row = Math.min(x.rows(), index / columnBlocks * tall);
            int rows = Math.min(tall, x.rows() - row);
            int column = index % columnBlocks * COLUMNS;
            int columns = Math.min(COLUMNS, w.out - column);
            block(x, row, rows, w, column, columns, bias, activation, y, workspace, worker);
        });
    }

    /** Some rows of some columns of {@code y}. */
    private void block(Matrix x, int row, int rows, VectorWeight w, int column, int columns, float[] bias,
                       Activation activation, Matrix y, Workspace workspace, int worker) {
        int whole = columns / WIDTH * WIDTH;
        // The last panel may be wider than the rest of y, so its sums are made elsewhere.
        float[] edge = whole == columns ? null : workspace.scratch(worker, SUMS, rows * WIDTH);   // [rows, WIDTH]
        if (edge != null) {
            Arrays.fill(edge, 0, rows * WIDTH, 0f);
        }
        for (int r = 0; r < rows; r++) {
            int to = y.row(row + r) + column;
            if (w.floats != null) {
                System.arraycopy(bias, column, y.data(), to, columns);
            } else {
                Arrays.fill(y.data(), to, to + columns, 0f);
            }
            if (edge != null) {
                System.arraycopy(y.data(), to + whole, edge, r * WIDTH, columns - whole);
            }
        }
        for (int k = 0; k < w.in; k += DEPTH) {
            int depth = Math.min(DEPTH, w.in - k);
            for (int j = 0; j < columns; j += WIDTH) {
                float[] panel = w.floats;
                int from = (column + j) * w.in + k * WIDTH;
                if (panel == null) {
                    panel = workspace.scratch(worker, PANEL, DEPTH * WIDTH);
                    widen(w.bytes, from, depth * WIDTH, panel);
                    from = 0;
                }
                if (j < whole) {
                    accumulate(rows, depth, x.data(), x.row(row) + k, x.stride(), panel, from,
                            y.data(), y.row(row) + column + j, y.stride());
                } else {
                    accumulate(rows, depth, x.data(), x.row(row) + k, x.stride(), panel, from,
                            edge, 0, WIDTH);
                }
            }
        }
        for (int r = 0; r < rows; r++) {
            int at = y.row(row + r) + column;
            if (edge != null) {
                System.arraycopy(edge, r * WIDTH, y.data(), at + whole, columns - whole);
            }
            if (w.scales != null) {
                VectorMath.scale(w.scales, bias, column, columns, y.data(), at);
            }
            activate(activation, y.data(), at, columns);
        }
    }

    private void accumulate(int rows, int depth, float[] x, int x0, int xStride, float[] w, int w0,
                            float[] y, int y0, int yStride) {
        if (warmUp.done()) {
            VectorTiles.accumulate(rows, depth, x, x0, xStride, w, w0, y, y0, yStride);
        } else {
            VectorWarmUp.accumulate(rows, depth, x, x0, xStride, w, w0, y, y0, yStride);
        }
    }

    /** Bytes to floats; {@code n} is a multiple of WIDTH. */
    private void widen(byte[] bytes, int from, int n, float[] floats) {
        if (warmUp.done()) {
            VectorMath.widen(bytes, from, n, floats);
        } else {
            for (int i = 0; i < n; i++) {
                floats[i] = bytes[from + i];
            }
        }
    }

    /** b is packed panel by panel, and a too if its rows are not rows in memory. */
    @Override
    public void gemm(boolean transposeA, boolean transposeB, int m, int n, int k,
                     float alpha, float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb,
                     float beta, float[] c, int cOffset, int ldc, Workspace workspace, int worker) {
        float[] left = a;
        int leftOffset = aOffset;
        int leftStride = lda;
        if (transposeA) {
            left = workspace.scratch(worker, LEFT, m * k);   // [m, k]
            leftOffset = 0;
            leftStride = k;
            for (int p = 0; p < k; p++) {
                for (int i = 0; i < m; i++) {
                    left[i * k + p] = a[aOffset + p * lda + i];
                }
            }
        }
        float[] panel = workspace.scratch(worker, PANEL, DEPTH * WIDTH);   // [depth, WIDTH]
        float[] sums = workspace.scratch(worker, SUMS, m * WIDTH);         // [m, WIDTH]
        for (int j = 0; j < n; j += WIDTH) {
            int columns = Math.min(WIDTH, n - j);
            Arrays.fill(sums, 0, m * WIDTH, 0f);
            for (int p = 0; p < k; p += DEPTH) {
                int depth = Math.min(DEPTH, k - p);
                if (transposeB) {
                    packTransposed(b, bOffset + j * ldb + p, ldb, depth, columns, panel);
                } else {
                    pack(b, bOffset + p * ldb + j, ldb, depth, columns, panel);
                }
                accumulate(m, depth, left, leftOffset + p, leftStride, panel, 0, sums, 0, WIDTH);
            }
            for (int i = 0; i < m; i++) {
                VectorMath.combine(alpha, sums, i * WIDTH, columns, beta, c, cOffset + i * ldc + j);
            }
        }
    }

    /** {@code [depth, columns]} of b's rows into a panel. */
    private static void pack(float[] b, int from, int ldb, int depth, int columns, float[] panel) {
        for (int p = 0; p < depth; p++) {
            System.arraycopy(b, from + p * ldb, panel, p * WIDTH, columns);
            Arrays.fill(panel, p * WIDTH + columns, (p + 1) * WIDTH, 0f);
        }
    }

    /** {@code [columns, depth]} of b's rows into a panel, transposed. */
    private static void packTransposed(float[] b, int from, int ldb, int depth, int columns, float[] panel) {
        if (columns < WIDTH) {
            Arrays.fill(panel, 0, depth * WIDTH, 0f);
        }
        for (int j = 0; j < columns; j++) {
            for (int p = 0; p < depth; p++) {
                panel[p * WIDTH + j] = b[from + j * ldb + p];
            }
        }
    }

    @Override
    public void softmax(float[] x, int offset, int n) {
        VectorMath.softmax(x, offset, n);
    }

    @Override
    public void activate(Activation activation, float[] x, int offset, int n) {
        switch (activation) {
            case GELU -> {
                if (warmUp.done()) {
                    VectorMath.gelu(x, offset, n);
                } else {
                    Kernels.super.activate(activation, x, offset, n);
                }
            }
            case RELU -> VectorMath.relu(x, offset, n);
            case NONE, TANH -> Kernels.super.activate(activation, x, offset, n);
        }
    }

    @Override
    public void layerNorm(float[] x, int xOffset, int n, float[] weight, float[] bias, float epsilon,
                          float[] y, int yOffset) {
        VectorMath.layerNorm(x, xOffset, n, weight, bias, epsilon, y, yOffset);
    }

    @Override
    public void add(float[] x, int xOffset, int n, float[] y, int yOffset) {
        VectorMath.add(x, xOffset, n, y, yOffset);
    }

    @Override
    public void multiply(Matrix a, boolean transposeA, Matrix b, boolean transposeB, float beta, Matrix c,
                         Workspace workspace) {
        product.multiply(a, transposeA, b, transposeB, beta, c, workspace);
    }

    @Override
    public void softmaxBackward(float[] y, int yOffset, int n, float[] dy, int dyOffset) {
        VectorGradients.softmax(y, yOffset, n, dy, dyOffset);
    }

    @Override
    public void activateBackward(Activation activation, float[] x, int xOffset, int n, float[] dy, int dyOffset) {
        if (activation == Activation.GELU) {
            VectorGradients.gelu(x, xOffset, n, dy, dyOffset);
        } else {
            Kernels.super.activateBackward(activation, x, xOffset, n, dy, dyOffset);
        }
    }

    @Override
    public void layerNormBackward(float[] x, int xOffset, int n, float[] weight, float epsilon,
                                  float[] dy, int dyOffset, float[] dWeight, int dWeightOffset,
                                  float[] dBias, int dBiasOffset) {
        VectorGradients.layerNorm(x, xOffset, n, weight, epsilon, dy, dyOffset, dWeight, dWeightOffset,
                dBias, dBiasOffset);
    }

    @Override
    public void dropout(long key, int position, float probability, float[] x, int offset, int n) {
        VectorGradients.dropout(key, position, probability, x, offset, n);
    }
}
