package io.demitasse.kernel;

import static io.demitasse.kernel.VectorTiles.WIDTH;

import java.util.Arrays;

/**
 * A product of matrices by {@link VectorTiles}, as the body of a parallel loop. The left matrix is packed once, block
 * by block of rows; the right one is a weight that was packed when it was loaded, or is packed panel by panel by the
 * task that needs it. Every output is a chain of fused multiply-adds over k in ascending order, however the work is cut.
 * A workspace keeps one such object, so that a product allocates nothing.
 */
final class VectorProduct implements Parallel.Task {

    /** Inputs that all rows of a task go through together: their part of a panel stays in the first-level cache. */
    private static final int DEPTH = 128;
    /** Floats in a cache line. */
    private static final int LINE = 16;
    /** Rows a task computes with a packed weight: their inputs stay in the second-level cache for all its panels. */
    private static final int WEIGHT_ROWS = 128;
    /** Rows a task computes with a right matrix it packs itself: so many that packing costs little. */
    private static final int PACKED_ROWS = 640;
    /** Columns a task computes at most. */
    private static final int COLUMNS = 128;
    /** Tasks a thread should find at least, if there are columns enough. */
    private static final int TASKS_A_THREAD = 4;
    /** Rows that the calling thread packs by itself: to share them takes longer. */
    private static final int FEW_ROWS = 16;

    private static final int LEFT = Workspace.GEMM_SCRATCH;
    private static final int PANEL = LEFT + 1;
    private static final int SUMS = PANEL + 1;
    private static final int TOUCHED = SUMS + 1;

    private final VectorKernels kernels;
    private final Packing packing = new Packing();
    private Workspace workspace;

    // The left matrix, [m, k], and its packed form: blocks of [depth, height].
    private Matrix left;
    private boolean transposeLeft;
    private float[] packed;
    private int packedOffset;
    private int m;
    private int k;

    // The right matrix, [k, n]: a weight, or one that is still to be packed.
    private VectorKernels.VectorWeight weight;
    private Matrix right;
    private boolean transposeRight;
    private int n;

    // What becomes of the sums.
    private float[] bias;
    private Activation activation;
    private float beta;
    private Matrix result;

    private int taskRows;
    private int taskColumns;
    private int across;

    VectorProduct(VectorKernels kernels) {
        this.kernels = kernels;
    }

    /** {@link Kernels#linear}. */
    void linear(Matrix x, VectorKernels.VectorWeight weight, float[] bias, Activation activation, Matrix y,
                Workspace workspace) {
        this.weight = weight;
        this.right = null;
        this.bias = bias;
        this.activation = activation;
        this.n = weight.out();
        run(x, false, weight.in(), y, WEIGHT_ROWS, workspace);
    }

    /** {@link Kernels#multiply}. */
    void multiply(Matrix a, boolean transposeA, Matrix b, boolean transposeB, float beta, Matrix c,
                  Workspace workspace) {
        this.weight = null;
        this.right = b;
        this.transposeRight = transposeB;
        this.beta = beta;
        this.n = c.columns();
        run(a, transposeA, transposeA ? a.rows() : a.columns(), c, PACKED_ROWS, workspace);
    }

    private void run(Matrix left, boolean transposeLeft, int k, Matrix result, int mostRows, Workspace workspace) {
        if (result.rows() == 0 || n == 0) {
            return;
        }
        this.left = left;
        this.transposeLeft = transposeLeft;
        this.m = result.rows();
        this.k = k;
        this.result = result;
        this.workspace = workspace;
        long mark = workspace.mark();
        Matrix blocks = workspace.matrix(VectorPacking.filledUp(m), VectorPacking.depth(k));
        packed = blocks.data();
        packedOffset = blocks.offset();
        int count = (m + VectorTiles.HEIGHT - 1) / VectorTiles.HEIGHT;
        if (m <= FEW_ROWS) {
            for (int block = 0; block < count; block++) {
                packing.run(block, 0);
            }
        } else {
            workspace.run(count, packing);
        }
        int down = (m + mostRows - 1) / mostRows;
        taskRows = ((m + down - 1) / down + VectorTiles.HEIGHT - 1) / VectorTiles.HEIGHT * VectorTiles.HEIGHT;
        int panels = (n + WIDTH - 1) / WIDTH;
        int share = panels * down / (TASKS_A_THREAD * workspace.parallel().threads());
        taskColumns = Math.max(1, Math.min(share, COLUMNS / WIDTH)) * WIDTH;
        across = (n + taskColumns - 1) / taskColumns;
        workspace.run(down * across, this);
        workspace.release(mark);
        this.left = null;
        this.result = null;
    }

    /** Packs one block of the left matrix's rows. */
    private final class Packing implements Parallel.Task {
        @Override
        public void run(int block, int worker) {
            int row = block * VectorTiles.HEIGHT;
            int rows = Math.min(VectorTiles.HEIGHT, m - row);
            int from = transposeLeft ? left.offset() + row : left.row(row);
            VectorPacking.pack(transposeLeft, left.data(), from, left.stride(), rows, k, packed, packedOffset
                    + row * VectorPacking.depth(k), VectorPacking.height(rows));
        }
    }

    /** Some rows of some columns. */
    @Override
    public void run(int index, int worker) {
        int row = index / across * taskRows;
        int rows = Math.min(taskRows, m - row);
        int column = index % across * taskColumns;
        int columns = Math.min(taskColumns, n - column);
        if (rows <= 0) {
            return;
        }
        int depth = VectorPacking.depth(k);
        int size = VectorPacking.filledUp(rows) * WIDTH;
        float[] sums = workspace.scratch(worker, SUMS, size);   // [rows filled up, WIDTH]
        for (int end = column + columns; column < end; column += WIDTH) {
            begin(column, Math.min(WIDTH, end - column), sums, size);
            for (int from = 0; from < depth; from += DEPTH) {
                accumulate(row, rows, column, from, Math.min(DEPTH, depth - from), sums, worker);
            }
            finish(row, rows, column, Math.min(WIDTH, end - column), sums);
        }
    }

    /** Sums start with the bias; with weights that are scaled at the end, and where there is no bias, with 0. */
    private void begin(int column, int columns, float[] sums, int size) {
        Arrays.fill(sums, 0, size, 0f);
        if (weight != null && weight.scales() == null) {
            for (int at = 0; at < size; at += WIDTH) {
                System.arraycopy(bias, column, sums, at, columns);
            }
        }
    }

    /** Adds to the sums of a panel what the inputs {@code from} to {@code from + some} give. */
    private void accumulate(int row, int rows, int column, int from, int some, float[] sums, int worker) {
        int depth = VectorPacking.depth(k);
        float[] panel;
        int panelOffset = 0;
        int ahead = 0;
        if (weight != null && weight.floats() != null) {
            panel = weight.floats();
            panelOffset = column * depth + from * WIDTH;
            ahead = Math.min(panelOffset + 2 * some * WIDTH, panel.length) - (panelOffset + some * WIDTH);
        } else if (weight != null) {
            panel = workspace.scratch(worker, PANEL, some * WIDTH);
            kernels.widen(weight.bytes(), column * depth + from * WIDTH, some * WIDTH, panel);
        } else {
            panel = workspace.scratch(worker, PANEL, some * WIDTH);
            int first = transposeRight ? right.row(column) + from : right.row(from) + column;
            VectorPacking.pack(!transposeRight, right.data(), first, right.stride(), Math.min(WIDTH, n - column),
                    Math.min(some, k - from), panel, 0, WIDTH);
        }
        int left = packedOffset + row * depth;
        float touched = 0;
        for (int r = 0; r < rows; ) {
            int height = VectorPacking.height(rows - r);
            int next = panelOffset + some * WIDTH;
            touched += touch(panel, next + (int) ((long) ahead * r / rows),
                    next + (int) ((long) ahead * Math.min(rows, r + height) / rows));
            kernels.tile(height, some, packed, left + r * depth + from * height, panel, panelOffset,
                    sums, r * WIDTH);
            r += height;
        }
        workspace.scratch(worker, TOUCHED, 1)[0] = touched;
    }

    /**
     * Reads a float of each cache line, so that it is on its way to the cache while the processor computes with what is
     * there. A tile cannot look so far ahead: the multiplications that wait for its loads fill the processor's queue.
     *
     * @return something that depends on what was read, without which it would not be
     */
    private static float touch(float[] x, int from, int to) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        for (int i = from; i < to - 3 * LINE; i += 4 * LINE) {
            s0 += x[i];
            s1 += x[i + LINE];
            s2 += x[i + 2 * LINE];
            s3 += x[i + 3 * LINE];
        }
        return s0 + s1 + s2 + s3;
    }

    /** Bias and activation, or beta, and from the sums to the result. */
    private void finish(int row, int rows, int column, int columns, float[] sums) {
        if (weight == null) {
            for (int r = 0; r < rows; r++) {
                kernels.combine(1f, sums, r * WIDTH, columns, beta,
                        result.data(), result.row(row + r) + column);
            }
            return;
        }
        for (int r = 0; r < rows; r++) {
            if (weight.scales() != null) {
                kernels.scale(weight.scales(), bias, column, columns, sums, r * WIDTH);
            }
            kernels.activate(activation, sums, r * WIDTH, columns, result.data(), result.row(row + r) + column);
        }
    }

    /** {@link Kernels#gemm}, on the calling thread and with its scratch buffers alone. */
    static void gemm(VectorKernels kernels, boolean transposeA, boolean transposeB, int m, int n, int k, float alpha,
                     float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb, float beta, float[] c,
                     int cOffset, int ldc, Workspace workspace, int worker) {
        int depth = VectorPacking.depth(k);
        int filledUp = VectorPacking.filledUp(m);
        float[] left = workspace.scratch(worker, LEFT, filledUp * depth);       // blocks of [depth, height]
        for (int i = 0; i < m; i += VectorTiles.HEIGHT) {
            int rows = Math.min(VectorTiles.HEIGHT, m - i);
            VectorPacking.pack(transposeA, a, aOffset + i * (transposeA ? 1 : lda), lda, rows, k, left, i * depth,
                    VectorPacking.height(rows));
        }
        float[] panel = workspace.scratch(worker, PANEL, depth * WIDTH);        // [depth, WIDTH]
        float[] sums = workspace.scratch(worker, SUMS, filledUp * WIDTH);       // [m filled up, WIDTH]
        for (int j = 0; j < n; j += WIDTH) {
            int columns = Math.min(WIDTH, n - j);
            VectorPacking.pack(!transposeB, b, bOffset + j * (transposeB ? ldb : 1), ldb, columns, k, panel, 0, WIDTH);
            Arrays.fill(sums, 0, filledUp * WIDTH, 0f);
            for (int i = 0; i < m; ) {
                int height = VectorPacking.height(m - i);
                kernels.tile(height, depth, left, i * depth, panel, 0, sums, i * WIDTH);
                i += height;
            }
            for (int i = 0; i < m; i++) {
                kernels.combine(alpha, sums, i * WIDTH, columns, beta, c, cOffset + i * ldc + j);
            }
        }
    }
}
