package io.demitasse.kernel;

import static io.demitasse.kernel.VectorTiles.WIDTH;

import java.util.Arrays;

/**
 * {@link Kernels#multiply} by {@link VectorTiles}, for matrices that change from call to call. A task packs its columns
 * of b into panels, some depth at a time, and uses them for so many rows of a that the packing costs little. Every
 * output is a chain of fused multiply-adds over k in ascending order, however the work is cut.
 */
final class VectorProduct {

    /** Inputs that are packed at a time: a panel of them fills a 32 kB cache. */
    private static final int DEPTH = 256;
    /** Columns a task packs: few, so that there are tasks for several threads. */
    private static final int COLUMNS = 64;
    /** Rows a task computes at most. */
    private static final int ROWS = 640;
    /** Rows whose inputs stay in the second-level cache while they meet all of a task's panels. */
    private static final int NEAR_ROWS = 120;
    /** Rows of a matrix that is transposed at a time; more could fall on each other in a cache of eight ways. */
    private static final int TRANSPOSED = 8;

    private static final int PANELS = Workspace.GEMM_SCRATCH;
    private static final int EDGE = PANELS + 1;

    private final VectorWarmUp warmUp;

    VectorProduct(VectorWarmUp warmUp) {
        this.warmUp = warmUp;
    }

    void multiply(Matrix a, boolean transposeA, Matrix b, boolean transposeB, float beta, Matrix c,
                  Workspace workspace) {
        long mark = workspace.mark();
        Matrix left = transposeA ? transposed(a, workspace) : a;   // [m, k]
        int across = (c.columns() + COLUMNS - 1) / COLUMNS;
        int down = (c.rows() + ROWS - 1) / ROWS;
        int height = down == 0 ? 0 : (c.rows() + down - 1) / down;
        workspace.parallel().run(across * down, (index, worker) -> {
            int row = index / across * height;
            int column = index % across * COLUMNS;
            piece(left, b, transposeB, beta, c, row, Math.min(height, c.rows() - row),
                    column, Math.min(COLUMNS, c.columns() - column), workspace, worker);
        });
        workspace.release(mark);
    }

    private void piece(Matrix a, Matrix b, boolean transposeB, float beta, Matrix c, int row, int rows, int column,
                       int columns, Workspace workspace, int worker) {
        int whole = columns / WIDTH * WIDTH;
        int rest = columns - whole;
        // The last panel may be wider than the rest of c, so its sums are made elsewhere.
        float[] edge = rest == 0 ? null : workspace.scratch(worker, EDGE, rows * WIDTH);   // [rows, WIDTH]
        for (int r = 0; r < rows; r++) {
            int at = c.row(row + r) + column;
            if (beta == 0) {
                Arrays.fill(c.data(), at, at + columns, 0f);
            }
            if (edge != null) {
                Arrays.fill(edge, r * WIDTH, (r + 1) * WIDTH, 0f);
                System.arraycopy(c.data(), at + whole, edge, r * WIDTH, rest);
            }
        }
        float[] panels = workspace.scratch(worker, PANELS, DEPTH * (COLUMNS + WIDTH));   // [panel][depth][WIDTH]
        for (int k = 0; k < a.columns(); k += DEPTH) {
            int depth = Math.min(DEPTH, a.columns() - k);
            for (int j = 0; j < columns; j += WIDTH) {
                int some = Math.min(WIDTH, columns - j);
                if (transposeB) {
                    packTransposed(b.data(), b.row(column + j) + k, b.stride(), depth, some, panels, j * depth);
                } else {
                    pack(b.data(), b.row(k) + column + j, b.stride(), depth, some, panels, j * depth);
                }
            }
            for (int near = 0; near < rows; near += NEAR_ROWS) {
                int height = Math.min(NEAR_ROWS, rows - near);
                int from = a.row(row + near) + k;
                for (int j = 0; j < whole; j += WIDTH) {
                    accumulate(height, depth, a.data(), from, a.stride(), panels, j * depth,
                            c.data(), c.row(row + near) + column + j, c.stride());
                }
                if (edge != null) {
                    accumulate(height, depth, a.data(), from, a.stride(), panels, whole * depth,
                            edge, near * WIDTH, WIDTH);
                }
            }
        }
        for (int r = 0; edge != null && r < rows; r++) {
            System.arraycopy(edge, r * WIDTH, c.data(), c.row(row + r) + column + whole, rest);
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

    /** {@code [depth, columns]} of b's rows into a panel. */
    private static void pack(float[] b, int from, int ldb, int depth, int columns, float[] panel, int to) {
        for (int p = 0; p < depth; p++) {
            System.arraycopy(b, from + p * ldb, panel, to + p * WIDTH, columns);
            if (columns < WIDTH) {
                Arrays.fill(panel, to + p * WIDTH + columns, to + (p + 1) * WIDTH, 0f);
            }
        }
    }

    /** {@code [columns, depth]} of b's rows into a panel, transposed. */
    private static void packTransposed(float[] b, int from, int ldb, int depth, int columns, float[] panel, int to) {
        if (columns < WIDTH) {
            Arrays.fill(panel, to, to + depth * WIDTH, 0f);
        }
        for (int j = 0; j < columns; j++) {
            int row = from + j * ldb;
            for (int p = 0; p < depth; p++) {
                panel[to + p * WIDTH + j] = b[row + p];
            }
        }
    }

    /** A transposed copy, lent by the workspace. */
    private static Matrix transposed(Matrix a, Workspace workspace) {
        // An odd number of cache lines between rows, so that they do not fall on each other.
        int stride = (a.rows() + 15) / 16 * 16 | 16;
        Matrix t = workspace.columns(workspace.matrix(a.columns(), stride), 0, a.rows());
        int width = 16;
        workspace.parallel().run((a.columns() + width - 1) / width, (index, worker) -> {
            int column = index * width;
            int columns = Math.min(width, a.columns() - column);
            for (int row = 0; row < a.rows(); row += TRANSPOSED) {
                int rows = Math.min(TRANSPOSED, a.rows() - row);
                transpose(a.data(), a.row(row) + column, a.stride(), rows, columns,
                        t.data(), t.row(column) + row, stride);
            }
        });
        return t;
    }

    private static void transpose(float[] a, int from, int aStride, int rows, int columns, float[] t, int to,
                                  int tStride) {
        for (int j = 0; j < columns; j++) {
            for (int i = 0; i < rows; i++) {
                t[to + j * tStride + i] = a[from + i * aStride + j];
            }
        }
    }
}
