package io.demitasse.kernel;

/**
 * Plain Java loops, for every JVM. Each output is summed over k in ascending order whatever the size of the matrices,
 * so a row's result does not depend on the rows beside it nor on the number of threads.
 */
final class PlainKernels implements Kernels {

    /** Outputs a task computes: a multiple of any vector's width, few enough that 768 outputs feed two threads. */
    private static final int WIDTH = 384;
    /** Rows a task computes. */
    private static final int HEIGHT = 16;
    /** Rows a task computes at most where it makes the floats itself, which more rows share. */
    private static final int MOST_ROWS = 128;
    /** Inputs that all rows of a task go through together, while their weights are in the cache. */
    private static final int DEPTH = 64;

    /**
     * The transposed weight, cut into blocks of {@link #WIDTH} outputs: {@code blocks[block][i][o]}. An array for
     * every input, since the JIT compiler only vectorises loops in which all arrays have the same index.
     */
    private record PlainWeight(float[][][] blocks, int out, int in) implements Weight {
    }

    /** A file's bytes as they lie there, {@code [out, in]}: a quarter of the memory, and nothing to do when they are loaded. */
    private record PlainBytes(byte[] bytes, float[] scales, int out, int in) implements Weight {
    }

    /** What a thread works with: some of a weight's bytes as floats, {@code [DEPTH][WIDTH]}, and the sums of each row. */
    private static final class Widened {
        final float[][] block = new float[DEPTH][WIDTH];
        final float[][] sums = new float[MOST_ROWS][WIDTH];
    }

    @Override
    public String name() {
        return "plain";
    }

    @Override
    public Weight weight(float[] weight, int out, int in) {
        float[][][] blocks = new float[(out + WIDTH - 1) / WIDTH][in][];
        for (int block = 0; block < blocks.length; block++) {
            int first = block * WIDTH;
            int width = Math.min(WIDTH, out - first);
            for (int i = 0; i < in; i++) {
                blocks[block][i] = new float[width];
            }
            for (int o = 0; o < width; o++) {
                int row = (first + o) * in;
                for (int i = 0; i < in; i++) {
                    blocks[block][i][o] = weight[row + i];
                }
            }
        }
        return new PlainWeight(blocks, out, in);
    }

    @Override
    public Weight weight(byte[] quantized, float[] scales, int out, int in) {
        return new PlainBytes(quantized, scales, out, in);
    }

    @Override
    public void linear(Matrix x, Weight weight, float[] bias, Activation activation, Matrix y, Workspace workspace) {
        if (weight instanceof PlainBytes bytes) {
            linear(x, bytes, bias, activation, y, workspace);
        } else {
            linear(x, (PlainWeight) weight, bias, activation, y, workspace);
        }
    }

    private void linear(Matrix x, PlainWeight w, float[] bias, Activation activation, Matrix y, Workspace workspace) {
        int columnBlocks = w.blocks.length;
        int rowBlocks = (x.rows() + HEIGHT - 1) / HEIGHT;
        workspace.run(rowBlocks * columnBlocks, (index, worker) -> {
            int firstRow = index / columnBlocks * HEIGHT;
            int rows = Math.min(HEIGHT, x.rows() - firstRow);
            int column = index % columnBlocks * WIDTH;
            float[][] block = w.blocks[index % columnBlocks];
            int width = block.length == 0 ? 0 : block[0].length;
            for (int r = 0; r < rows; r++) {
                System.arraycopy(bias, column, workspace.scratch(worker, r, WIDTH), 0, width);
            }
            for (int k = 0; k < w.in; k += DEPTH) {
                int depth = Math.min(DEPTH, w.in - k);
                for (int r = 0; r < rows; r++) {
                    accumulate(x.data(), x.row(firstRow + r) + k, block, k, depth, workspace.scratch(worker, r, WIDTH),
                            width);
                }
            }
            for (int r = 0; r < rows; r++) {
                activate(activation, workspace.scratch(worker, r, WIDTH), 0, width,
                        y.data(), y.row(firstRow + r) + column);
            }
        });
    }

    /** As with floats, and with the same bits; only that the floats are made anew, as many as stay in the cache. */
    private void linear(Matrix x, PlainBytes w, float[] bias, Activation activation, Matrix y, Workspace workspace) {
        int columnBlocks = (w.out + WIDTH - 1) / WIDTH;
        int shared = x.rows() * columnBlocks / workspace.parallel().threads();
        int height = Math.max(HEIGHT, Math.min(MOST_ROWS, shared));
        int rowBlocks = (x.rows() + height - 1) / height;
        workspace.run(rowBlocks * columnBlocks, (index, worker) -> {
            Widened widened = workspace.kept(worker, Widened.class, Widened::new);
            float[][] sums = widened.sums;
            int firstRow = index / columnBlocks * height;
            int rows = Math.min(height, x.rows() - firstRow);
            int column = index % columnBlocks * WIDTH;
            int width = Math.min(WIDTH, w.out - column);
            for (int r = 0; r < rows; r++) {
                System.arraycopy(bias, column, sums[r], 0, width);
            }
            for (int k = 0; k < w.in; k += DEPTH) {
                int depth = Math.min(DEPTH, w.in - k);
                widen(w, column, width, k, depth, widened.block);
                for (int r = 0; r < rows; r++) {
                    accumulate(x.data(), x.row(firstRow + r) + k, widened.block, 0, depth, sums[r], width);
                }
            }
            for (int r = 0; r < rows; r++) {
                activate(activation, sums[r], 0, width, y.data(), y.row(firstRow + r) + column);
            }
        });
    }

    /** {@code block[i][o] = w[column + o][k + i]}. */
    private static void widen(PlainBytes w, int column, int width, int k, int depth, float[][] block) {
        int o = 0;
        for (; o + 8 <= width; o += 8) {
            widenEight(w.bytes, (column + o) * w.in + k, w.in, w.scales, column + o, depth, block, o);
        }
        for (; o < width; o++) {
            int from = (column + o) * w.in + k;
            for (int i = 0; i < depth; i++) {
                block[i][o] = w.bytes[from + i] * w.scales[column + o];
            }
        }
    }

    private static void widenEight(byte[] bytes, int from0, int stride, float[] scales, int at, int depth,
                                   float[][] block, int o) {
        int from1 = from0 + stride;
        int from2 = from1 + stride;
        int from3 = from2 + stride;
        int from4 = from3 + stride;
        int from5 = from4 + stride;
        int from6 = from5 + stride;
        int from7 = from6 + stride;
        float scale0 = scales[at];
        float scale1 = scales[at + 1];
        float scale2 = scales[at + 2];
        float scale3 = scales[at + 3];
        float scale4 = scales[at + 4];
        float scale5 = scales[at + 5];
        float scale6 = scales[at + 6];
        float scale7 = scales[at + 7];
        for (int i = 0; i < depth; i++) {
            float[] row = block[i];
            row[o] = bytes[from0 + i] * scale0;
            row[o + 1] = bytes[from1 + i] * scale1;
            row[o + 2] = bytes[from2 + i] * scale2;
            row[o + 3] = bytes[from3 + i] * scale3;
            row[o + 4] = bytes[from4 + i] * scale4;
            row[o + 5] = bytes[from5 + i] * scale5;
            row[o + 6] = bytes[from6 + i] * scale6;
            row[o + 7] = bytes[from7 + i] * scale7;
        }
    }

    /** {@code c[j] += sum over i below depth of x[row + i] * block[k + i][j]}. */
    private static void accumulate(float[] x, int row, float[][] block, int k, int depth, float[] c, int width) {
        int i = 0;
        for (; i + 3 < depth; i += 4) {
            addFour(x[row + i], block[k + i], x[row + i + 1], block[k + i + 1],
                    x[row + i + 2], block[k + i + 2], x[row + i + 3], block[k + i + 3], c, width);
        }
        for (; i < depth; i++) {
            addOne(x[row + i], block[k + i], c, width);
        }
    }

    private static void addFour(float a0, float[] b0, float a1, float[] b1, float a2, float[] b2, float a3, float[] b3,
                                float[] c, int width) {
        for (int j = 0; j < width; j++) {
            c[j] = c[j] + a0 * b0[j] + a1 * b1[j] + a2 * b2[j] + a3 * b3[j];
        }
    }

    private static void addOne(float a, float[] b, float[] c, int width) {
        for (int j = 0; j < width; j++) {
            c[j] = c[j] + a * b[j];
        }
    }

    @Override
    public void gemm(boolean transposeA, boolean transposeB, int m, int n, int k,
                     float alpha, float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb,
                     float beta, float[] c, int cOffset, int ldc, Workspace workspace, int worker) {
        int aRow = transposeA ? 1 : lda;
        int aStep = transposeA ? lda : 1;
        int bColumn = transposeB ? ldb : 1;
        int bStep = transposeB ? 1 : ldb;
        for (int i = 0; i < m; i += 4) {
            for (int j = 0; j < n; j += 4) {
                int ai = aOffset + i * aRow;
                int bj = bOffset + j * bColumn;
                int cij = cOffset + i * ldc + j;
                if (i + 4 <= m && j + 4 <= n) {
                    tile(k, alpha, a, ai, aRow, aStep, b, bj, bColumn, bStep, beta, c, cij, ldc);
                } else {
                    edge(Math.min(4, m - i), Math.min(4, n - j), k,
                            alpha, a, ai, aRow, aStep, b, bj, bColumn, bStep, beta, c, cij, ldc);
                }
            }
        }
    }

    /** Four by four sums in registers. */
    private static void tile(int k, float alpha, float[] a, int a0, int aRow, int aStep,
                             float[] b, int b0, int bColumn, int bStep, float beta, float[] c, int c0, int ldc) {
        int a1 = a0 + aRow;
        int a2 = a1 + aRow;
        int a3 = a2 + aRow;
        int b1 = b0 + bColumn;
        int b2 = b1 + bColumn;
        int b3 = b2 + bColumn;
        float s00 = 0;
        float s01 = 0;
        float s02 = 0;
        float s03 = 0;
        float s10 = 0;
        float s11 = 0;
        float s12 = 0;
        float s13 = 0;
        float s20 = 0;
        float s21 = 0;
        float s22 = 0;
        float s23 = 0;
        float s30 = 0;
        float s31 = 0;
        float s32 = 0;
        float s33 = 0;
        for (int p = 0; p < k; p++) {
            int ap = p * aStep;
            int bp = p * bStep;
            float x0 = b[b0 + bp];
            float x1 = b[b1 + bp];
            float x2 = b[b2 + bp];
            float x3 = b[b3 + bp];
            float w = a[a0 + ap];
            s00 += w * x0;
            s01 += w * x1;
            s02 += w * x2;
            s03 += w * x3;
            w = a[a1 + ap];
            s10 += w * x0;
            s11 += w * x1;
            s12 += w * x2;
            s13 += w * x3;
            w = a[a2 + ap];
            s20 += w * x0;
            s21 += w * x1;
            s22 += w * x2;
            s23 += w * x3;
            w = a[a3 + ap];
            s30 += w * x0;
            s31 += w * x1;
            s32 += w * x2;
            s33 += w * x3;
        }
        storeFour(alpha, s00, s01, s02, s03, beta, c, c0);
        storeFour(alpha, s10, s11, s12, s13, beta, c, c0 + ldc);
        storeFour(alpha, s20, s21, s22, s23, beta, c, c0 + 2 * ldc);
        storeFour(alpha, s30, s31, s32, s33, beta, c, c0 + 3 * ldc);
    }

    private static void storeFour(float alpha, float s0, float s1, float s2, float s3, float beta, float[] c, int at) {
        store(alpha, s0, beta, c, at);
        store(alpha, s1, beta, c, at + 1);
        store(alpha, s2, beta, c, at + 2);
        store(alpha, s3, beta, c, at + 3);
    }

    private static void edge(int m, int n, int k, float alpha, float[] a, int a0, int aRow, int aStep,
                             float[] b, int b0, int bColumn, int bStep, float beta, float[] c, int c0, int ldc) {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                float sum = 0;
                for (int p = 0; p < k; p++) {
                    sum += a[a0 + i * aRow + p * aStep] * b[b0 + j * bColumn + p * bStep];
                }
                store(alpha, sum, beta, c, c0 + i * ldc + j);
            }
        }
    }

    private static void store(float alpha, float sum, float beta, float[] c, int at) {
        c[at] = beta == 0 ? alpha * sum : alpha * sum + beta * c[at];
    }
}
