package io.demitasse.kernel;

import static io.demitasse.kernel.VectorTiles.DEPTH;
import static io.demitasse.kernel.VectorTiles.WIDTH;

import java.util.Arrays;

/**
 * A product of matrices by {@link VectorTiles}, as the body of a parallel loop. The left matrix is packed once, block
 * by block of rows; the right one is a weight that was packed when it was loaded, or is packed panel by panel by the
 * task that needs it. Every output is a chain of fused multiply-adds over k in ascending order, however the work is cut.
 * A workspace keeps one such object, so that a product allocates nothing.
 */
final class VectorProduct implements Parallel.Task {

    /** Floats of the rows a task computes with a packed weight: they stay in the second-level cache for all panels. */
    private static final int WEIGHT_FLOATS = 1 << 18;
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

    private final VectorKernels kernels;
    private final Packing packing = new Packing();
    private Workspace workspace;

    // The left matrix, [m, k], and its packed form: slices of [height, DEPTH].
    private Matrix left;
    private boolean transposeLeft;
    private float[] packed;
    private int packedOffset;
    private int m;
    private int height;
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

    // Of each thread: the panel it packs, the sums of the panel it is at, and what the activation makes of them.
    private Matrix packedPanels;
    private Matrix sums;
    private Matrix activated;

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
        run(x, false, weight.in(), y, Math.max(VectorTiles.HIGH, WEIGHT_FLOATS / weight.in()), workspace);
    }

    /** {@link Kernels#multiply}. */
    void multiply(Matrix a, boolean transposeA, Matrix b, boolean transposeB, float beta, Matrix c,
                  Workspace workspace) {
        this.weight = null;
        this.right = b;
        this.transposeRight = transposeB;
        this.activation = Activation.NONE;
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
        height = VectorPacking.filledUp(m);
        Matrix slices = workspace.matrix(VectorPacking.slices(k) * height, DEPTH);
        packed = slices.data();
        packedOffset = slices.offset();
        int groups = height / VectorTiles.LOW;
        if (m <= FEW_ROWS) {
            for (int group = 0; group < groups; group++) {
                packing.run(group, 0);
            }
        } else {
            workspace.run(groups, packing);
        }
        int down = (m + mostRows - 1) / mostRows;
        taskRows = ((m + down - 1) / down + VectorTiles.HIGH - 1) / VectorTiles.HIGH * VectorTiles.HIGH;
        int threads = workspace.parallel().threads();
        int panels = (n + WIDTH - 1) / WIDTH;
        int share = panels * down / (TASKS_A_THREAD * threads);
        taskColumns = Math.max(1, Math.min(share, COLUMNS / WIDTH)) * WIDTH;
        across = (n + taskColumns - 1) / taskColumns;
        packedPanels = workspace.matrix(threads, DEPTH * WIDTH);
        int size = VectorPacking.filledUp(Math.min(taskRows, m)) * WIDTH;
        sums = workspace.matrix(threads, size);
        activated = activation == Activation.NONE ? sums : workspace.matrix(threads, size);
        workspace.run(down * across, this);
        workspace.release(mark);
        packed = null;      // memory that the workspace may want to let go
        this.left = null;
        this.result = null;
    }

    /** Packs some of the left matrix's rows. */
    private final class Packing implements Parallel.Task {
        @Override
        public void run(int group, int worker) {
            int row = group * VectorTiles.LOW;
            VectorPacking.packLeft(transposeLeft, left.data(), left.offset(), left.stride(), row,
                    Math.min(VectorTiles.LOW, m - row), k, packed, packedOffset, height);
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
        int sum = sums.row(worker);
        for (int end = column + columns; column < end; column += WIDTH) {
            begin(column, Math.min(WIDTH, end - column), sum, VectorPacking.filledUp(rows));
            for (int from = 0; from < depth; from += DEPTH) {
                accumulate(row, rows, column, from, Math.min(DEPTH, depth - from), sum, worker);
            }
            finish(row, rows, column, Math.min(WIDTH, end - column), sum, activated.row(worker));
        }
    }

    /** Sums start with the bias; with weights that are scaled at the end, and where there is no bias, with 0. */
    private void begin(int column, int columns, int sum, int rows) {
        boolean biased = weight != null && weight.scales() == null;
        if (!biased || columns < WIDTH) {
            Arrays.fill(sums.data(), sum, sum + rows * WIDTH, 0f);
        }
        if (biased) {
            kernels.spread(bias, column, columns, rows, sums.data(), sum);
        }
    }

    /** Adds to the sums of a panel what the inputs {@code from} to {@code from + some} give. */
    private void accumulate(int row, int rows, int column, int from, int some, int sum, int worker) {
        int slice = packedOffset + from * height + row * DEPTH;
        int filledUp = VectorPacking.filledUp(rows);
        float[] panel = packedPanels.data();
        int at = packedPanels.row(worker);
        if (weight == null) {
            int first = transposeRight ? right.row(column) + from : right.row(from) + column;
            VectorPacking.packRight(transposeRight, right.data(), first, right.stride(), Math.min(WIDTH, n - column),
                    Math.min(some, k - from), panel, at);
        } else {
            int first = column * VectorPacking.depth(k) + from * WIDTH;
            if (weight.floats() != null) {
                panel = weight.floats();
                at = CacheLine.LEAD + first;
            } else if (kernels.hasByteTiles(filledUp)) {
                kernels.byteTiles(filledUp, some, packed, slice, weight.bytes(), first, sums.data(), sum);
                return;
            } else {
                kernels.widen(weight.bytes(), first, some * WIDTH, panel, at);
            }
        }
        kernels.tiles(filledUp, some, packed, slice, panel, at, sums.data(), sum);
    }

    /** Scales and activation, or beta, and from the sums to the result. */
    private void finish(int row, int rows, int column, int columns, int sum, int active) {
        if (weight == null) {
            for (int r = 0; r < rows; r++) {
                kernels.combine(1f, sums.data(), sum + r * WIDTH, columns, beta, result.data(),
                        result.row(row + r) + column);
            }
            return;
        }
        if (weight.scales() != null) {
            kernels.scale(weight.scales(), bias, column, columns, rows, sums.data(), sum);
        }
        // All rows in one go, also of columns that do not count: a few of them at a time would take longer.
        if (activation != Activation.NONE) {
            kernels.activate(activation, sums.data(), sum, rows * WIDTH, activated.data(), active);
        }
        kernels.copy(activated.data(), active, columns, rows, result.data(), result.row(row) + column, result.stride());
    }

    /** {@link Kernels#gemm}, on the calling thread and with its scratch buffers alone. */
    static void gemm(VectorKernels kernels, boolean transposeA, boolean transposeB, int m, int n, int k, float alpha,
                     float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb, float beta, float[] c,
                     int cOffset, int ldc, Workspace workspace, int worker) {
        int height = VectorPacking.filledUp(m);
        float[] left = workspace.scratch(worker, LEFT, VectorPacking.slices(k) * height * DEPTH);
        for (int i = 0; i < m; i += VectorTiles.LOW) {
            VectorPacking.packLeft(transposeA, a, aOffset, lda, i, Math.min(VectorTiles.LOW, m - i), k, left, 0, height);
        }
        float[] panel = workspace.scratch(worker, PANEL, DEPTH * WIDTH);        // [DEPTH, WIDTH]
        float[] sums = workspace.scratch(worker, SUMS, height * WIDTH);         // [height, WIDTH]
        for (int j = 0; j < n; j += WIDTH) {
            int columns = Math.min(WIDTH, n - j);
            Arrays.fill(sums, 0, height * WIDTH, 0f);
            for (int p = 0; p < k; p += DEPTH) {
                int some = Math.min(DEPTH, k - p);
                VectorPacking.packRight(transposeB, b, bOffset + (transposeB ? j * ldb + p : p * ldb + j), ldb, columns,
                        some, panel, 0);
                kernels.tiles(height, VectorPacking.depth(some), left, p * height, panel, 0, sums, 0);
            }
            for (int i = 0; i < m; i++) {
                kernels.combine(alpha, sums, i * WIDTH, columns, beta, c, cOffset + i * ldc + j);
            }
        }
    }
}
