package io.demitasse.kernel;

import java.lang.ref.Reference;
import java.util.Objects;

/**
 * A product of matrices by {@link ProductCode}, as the body of a parallel loop. The left matrix is read where it lies,
 * unless it is to be bytes; the right one is a weight, or is laid out panel by panel by the task that needs it. A
 * workspace keeps one such object, so that a product allocates nothing.
 */
final class MachineProduct implements Parallel.Task {

    /** Multiplications of a call: it is to end within 200 microseconds, as it holds off the garbage collector. */
    private static final long CALL_FLOATS = 1 << 22;
    private static final long CALL_BYTES = 1 << 24;
    /** Bytes of the rows a task computes: they stay in the second-level cache for all panels. */
    private static final int LEFT_BYTES = 1 << 20;
    /** Rows a task computes with a right matrix it lays out itself: so many that this costs little. */
    private static final int PACKED_ROWS = 640;
    private static final int MOST_PANELS = 8;
    private static final int TASKS_A_THREAD = 4;
    /** Rows that one task makes bytes of, and as many that the calling thread does alone. */
    private static final int QUANTISED_ROWS = 16;
    /** What a row's range becomes in a byte and in two: one less than they hold, as 0 is rounded, too. */
    static final float LARGEST_OF_ONE = 254;
    static final float LARGEST_OF_TWO = 65534;

    private final MachineKernels kernels;
    private Workspace workspace;
    private final MachineCode code;
    private final Quantising quantising = new Quantising();
    /** {@code [rows][planes][filled up]} bytes, and what {@link LayoutCode} says of each row. */
    private MachineMemory.Piece quantised = MachineMemory.Piece.NONE;
    private MachineMemory.Piece rowScales = MachineMemory.Piece.NONE;

    private Matrix left;
    private boolean transposeLeft;
    private int m;
    private int k;
    private MachineWeight weight;
    private Matrix right;
    private boolean transposeRight;
    private int n;
    private float[] bias;
    private Activation activation;
    private float beta;
    private Matrix result;

    private int taskRows;
    private int taskColumns;
    private int across;

    MachineProduct(MachineKernels kernels) {
        this.kernels = kernels;
        this.code = kernels.code();
    }

    /** {@link Kernels#linear}. */
    void linear(Matrix x, MachineWeight weight, float[] bias, Activation activation, Matrix y, Workspace workspace) {
        if (x.columns() != weight.in() || y.columns() != weight.out() || x.rows() != y.rows()
                || bias.length < weight.out()) {
            throw new IllegalArgumentException(x + " times a weight of [" + weight.out() + ", " + weight.in() + "] plus "
                    + bias.length + " is not " + y);
        }
        this.left = x;
        this.transposeLeft = false;
        this.weight = weight;
        this.right = null;
        this.bias = bias;
        this.activation = activation;
        this.k = weight.in();
        this.n = weight.out();
        this.result = y;
        this.m = y.rows();
        if (weight.bytes()) {
            quantise(workspace);
        }
        run(LEFT_BYTES / (weight.bytes() ? kernels.planes() * 4 * weight.steps() : 4 * k), workspace);
        Reference.reachabilityFence(weight);
    }

    /** {@link Kernels#multiply}. */
    void multiply(Matrix a, boolean transposeA, Matrix b, boolean transposeB, float beta, Matrix c,
                  Workspace workspace) {
        this.left = a;
        this.transposeLeft = transposeA;
        this.weight = null;
        this.right = b;
        this.transposeRight = transposeB;
        this.activation = Activation.NONE;
        this.beta = beta;
        this.k = transposeA ? a.rows() : a.columns();
        this.n = c.columns();
        this.m = c.rows();
        this.result = c;
        if ((transposeA ? a.columns() : a.rows()) != m || (transposeB ? b.rows() : b.columns()) != n
                || (transposeB ? b.columns() : b.rows()) != k) {
            throw new IllegalArgumentException(a + " times " + b + " is not " + c);
        }
        run(PACKED_ROWS, workspace);
    }

    private void run(int mostRows, Workspace workspace) {
        if (m > 0 && n > 0) {
            int down = (m + Math.max(1, mostRows) - 1) / Math.max(1, mostRows);
            taskRows = (m + down - 1) / down;
            int threads = workspace.parallel().threads();
            int panels = MachineWeight.panels(n);
            int share = panels * down / (TASKS_A_THREAD * threads);
            taskColumns = Math.max(1, Math.min(share, MOST_PANELS)) * ProductCode.WIDTH;
            across = (n + taskColumns - 1) / taskColumns;
            this.workspace = workspace;
            workspace.run(down * across, this);
        }
        left = null;
        right = null;
        weight = null;
        result = null;
    }

    // A left matrix as bytes

    private void quantise(Workspace workspace) {
        long rowBytes = 4L * weight.steps() * kernels.planes();
        // A tile reads as many rows as it has, whether or not they are there.
        long rows = m + 2L * AmxTiles.TILE_ROWS;
        if (quantised.buffer().capacity() < rows * rowBytes) {
            quantised = MachineMemory.allocate(rows * rowBytes);
        }
        if (rowScales.buffer().capacity() < (long) LayoutCode.ROW_BYTES * m) {
            rowScales = MachineMemory.allocate((long) LayoutCode.ROW_BYTES * m);
        }
        this.workspace = workspace;
        int tasks = (m + QUANTISED_ROWS - 1) / QUANTISED_ROWS;
        if (tasks == 1) {
            quantising.run(0, 0);
        } else {
            workspace.run(tasks, quantising);
        }
    }

    private final class Quantising implements Parallel.Task {
        @Override
        public void run(int index, int worker) {
            int row = index * QUANTISED_ROWS;
            int rows = Math.min(QUANTISED_ROWS, m - row);
            long plane = 4L * weight.steps();
            long rowBytes = plane * kernels.planes();
            long[] arguments = MachineScratch.of(workspace, worker).arguments;
            arguments[LayoutCode.X] = 4L * left.row(row);
            arguments[LayoutCode.X_STRIDE] = 4L * left.stride();
            arguments[LayoutCode.COUNT] = rows;
            arguments[LayoutCode.STEPS] = k;
            arguments[LayoutCode.TO] = quantised.at(row * rowBytes, rows * rowBytes);
            arguments[LayoutCode.TO_STRIDE] = rowBytes;
            arguments[LayoutCode.ROW_SCALES] = rowScales.at((long) LayoutCode.ROW_BYTES * row,
                (long) LayoutCode.ROW_BYTES * rows);
            arguments[LayoutCode.LARGEST] = Float.floatToRawIntBits(kernels.planes() == 2 ? LARGEST_OF_TWO
                    : LARGEST_OF_ONE);
            arguments[LayoutCode.PLANE_BYTES] = plane;
            code.run(code.functions().quantise()[kernels.planes() - 1], left.data(), arguments);
        }
    }

    // The product

    /** Some rows of some columns, call by call. */
    @Override
    public void run(int index, int worker) {
        int row = index / across * taskRows;
        int rows = Math.min(taskRows, m - row);
        int column = index % across * taskColumns;
        int columns = Math.min(taskColumns, n - column);
        if (rows <= 0) {
            return;
        }
        MachineScratch own = MachineScratch.of(workspace, worker);
        boolean bytes = weight != null && weight.bytes();
        long call = bytes ? CALL_BYTES : CALL_FLOATS;
        long panelWork = (long) rows * ProductCode.WIDTH * k;
        int callRows = panelWork <= call ? rows : roundedUp((int) (call / ((long) ProductCode.WIDTH * k)));
        int callColumns = panelWork <= call ? (int) (call / panelWork) * ProductCode.WIDTH : ProductCode.WIDTH;
        if (weight == null) {
            callColumns = ProductCode.WIDTH;
        }
        // The column that this thread is likely to go on with: a loop counts down.
        int threads = workspace.parallel().threads();
        int nextTask = index % across >= threads ? (index % across - threads) * taskColumns : column;
        for (int end = column + columns; column < end; column += callColumns) {
            int some = Math.min(callColumns, end - column);
            if (weight == null) {
                pack(column, some, own);
            }
            long next = weight == null ? 0 : addressOfPanel(column + some < end ? column + some : nextTask);
            for (int r = 0; r < rows; r += callRows) {
                own.arguments[ProductCode.NEXT] = next;
                call(row + r, Math.min(callRows, rows - r), column, some, own);
            }
        }
        if (activation != Activation.NONE && activation != Activation.GELU) {
            int first = index % across * taskColumns;
            for (int r = row; r < row + rows; r++) {
                activate(result.data(), result.row(r) + first, columns);
            }
        }
    }

    /** What is not written in machine code: a head's rows go through it. */
    private void activate(float[] y, int offset, int columns) {
        for (int i = offset; i < offset + columns; i++) {
            y[i] = activation == Activation.RELU ? Math.max(y[i], 0f) : (float) StrictMath.tanh(y[i]);
        }
    }

    private static int roundedUp(int rows) {
        return Math.max(1, (rows + FloatTiles.HIGHEST - 1) / FloatTiles.HIGHEST) * FloatTiles.HIGHEST;
    }

    private long addressOfPanel(int column) {
        return weight.panels().at(column / ProductCode.WIDTH * weight.panelBytes(), weight.panelBytes());
    }

    private void pack(int column, int columns, MachineScratch own) {
        MachineMemory.Piece to = own.panels((long) k * ProductCode.STEP_BYTES);
        if (transposeRight) {
            MachineWeight.packTransposed(code, right.data(), right.row(column), right.stride(), columns, k, to,
                    own.arguments);
        } else {
            MachineWeight.packRows(code, right.data(), right.offset() + column, right.stride(), columns, k, to,
                    own.arguments);
        }
    }

    private void call(int row, int rows, int column, int columns, MachineScratch own) {
        long[] arguments = own.arguments;
        arguments[ProductCode.COLUMNS] = columns;
        arguments[ProductCode.Y] = 4L * (result.row(row) + column);
        arguments[ProductCode.Y_STRIDE] = 4L * result.stride();
        arguments[ProductCode.ACTIVATION] = activation == Activation.GELU ? 1 : 0;
        if (weight == null) {
            arguments[ProductCode.BIAS] = -1;
            finish(arguments, 1f, beta);
            arguments[ProductCode.W] = own.panels(0).at(0, (long) k * ProductCode.STEP_BYTES);
            arguments[ProductCode.PANEL] = 0;
            left(arguments, left.data(), transposeLeft ? left.offset() + row : left.row(row), left.stride());
            floats(code, arguments, transposeLeft, rows, k, left.data(), result.data(), null);
            return;
        }
        arguments[ProductCode.BIAS] = 4L * column;
        int panel = column / ProductCode.WIDTH;
        arguments[ProductCode.W] = weight.panels().at(panel * weight.panelBytes(),
                MachineWeight.panels(columns) * weight.panelBytes());
        arguments[ProductCode.PANEL] = weight.panelBytes();
        if (weight.bytes()) {
            bytes(arguments, row, rows, panel, MachineWeight.panels(columns), own);
        } else {
            finish(arguments, 1f, 0f);
            left(arguments, left.data(), left.row(row), left.stride());
            floats(code, arguments, false, rows, k, left.data(), result.data(), bias);
        }
    }

    private static void left(long[] arguments, float[] data, int offset, int stride) {
        arguments[ProductCode.X] = 4L * offset;
        arguments[ProductCode.X_STRIDE] = 4L * stride;
    }

    /** {@code alpha sums + beta y}, with as few steps as that takes. */
    private static void finish(long[] arguments, float alpha, float beta) {
        arguments[ProductCode.FINISH] = beta != 0 ? 2 : alpha != 1 ? 1 : 0;
        arguments[ProductCode.ALPHA] = Float.floatToRawIntBits(alpha);
        arguments[ProductCode.BETA] = Float.floatToRawIntBits(beta);
    }

    private static void floats(MachineCode code, long[] arguments, boolean transposed, int rows, int k, float[] x,
                               float[] y, float[] bias) {
        arguments[ProductCode.STEPS] = k;
        arguments[ProductCode.SCALES] = 0;
        arguments[ProductCode.SUMS] = 0;
        arguments[ProductCode.ROW_SCALES] = 0;
        tiles(arguments, rows, FloatTiles.HIGHEST);
        code.run(transposed ? code.functions().multiplyTransposed() : code.functions().multiply(), x, x, y,
                bias == null ? x : bias, x, arguments);
    }

    private void bytes(long[] arguments, int row, int rows, int panel, int panels, MachineScratch own) {
        int planes = kernels.planes();
        long plane = 4L * weight.steps();
        arguments[ProductCode.X] = quantised.at(row * plane * planes, (rows + 2L * AmxTiles.TILE_ROWS) * planes * plane);
        arguments[ProductCode.STEPS] = weight.steps();
        arguments[ProductCode.SCALES] = weight.scales().at((long) panel * ProductCode.STEP_BYTES,
                (long) panels * ProductCode.STEP_BYTES);
        arguments[ProductCode.SUMS] = weight.sums().at((long) panel * ProductCode.STEP_BYTES,
                (long) panels * ProductCode.STEP_BYTES);
        arguments[ProductCode.ROW_SCALES] = rowScales.at((long) LayoutCode.ROW_BYTES * row,
                (long) LayoutCode.ROW_BYTES * rows);
        arguments[ProductCode.SCRATCH] = own.sums.address();
        arguments[ProductCode.X_STRIDE] = plane;
        boolean amx = code.processor().amx();
        int highest = amx ? AmxTiles.highest(planes) : ByteTiles.HIGHEST / planes;
        tiles(arguments, rows, highest);
        int function = (amx ? code.functions().multiplyTiles() : code.functions().multiplyBytes())[planes - 1];
        code.run(function, bias, bias, result.data(), bias, bias, arguments);
    }

    /** Cuts the rows into tiles that differ by at most one in height. */
    private static void tiles(long[] arguments, int rows, int highest) {
        int tiles = (rows + highest - 1) / highest;
        int height = (rows + tiles - 1) / tiles;
        arguments[ProductCode.HEIGHT] = height;
        arguments[ProductCode.HIGH_TILES] = rows - tiles * (height - 1);
        arguments[ProductCode.LOW_TILES] = tiles * height - rows;
        arguments[ProductCode.ROWS] = rows;
        arguments[ProductCode.FETCH_BYTES] = (ProductCode.STEP_BYTES + tiles - 1) / tiles;
    }

    // A product on one thread

    /** {@link Kernels#gemm}. */
    static void gemm(MachineCode code, boolean transposeA, boolean transposeB, int m, int n, int k, float alpha, float[] a, int aOffset, int lda,
              float[] b, int bOffset, int ldb, float beta, float[] c, int cOffset, int ldc, MachineScratch own) {
        if (m == 0 || n == 0) {
            return;
        }
        check(a, aOffset, lda, transposeA ? k : m, transposeA ? m : k);
        check(c, cOffset, ldc, m, n);
        long panelBytes = (long) k * ProductCode.STEP_BYTES;
        long[] arguments = own.arguments;
        MachineMemory.Piece panels = own.panels(MachineWeight.panels(n) * panelBytes);
        if (transposeB) {
            MachineWeight.packTransposed(code, b, bOffset, ldb, n, k, panels, arguments);
        } else {
            MachineWeight.packRows(code, b, bOffset, ldb, n, k, panels, arguments);
        }
        long panelWork = Math.max(1, (long) m * ProductCode.WIDTH * k);
        int callRows = panelWork <= CALL_FLOATS ? m
                : roundedUp((int) (CALL_FLOATS / ((long) ProductCode.WIDTH * k)));
        int callColumns = (int) Math.max(1, CALL_FLOATS / panelWork) * ProductCode.WIDTH;
        for (int column = 0; column < n; column += callColumns) {
            int columns = Math.min(callColumns, n - column);
            for (int row = 0; row < m; row += callRows) {
                int rows = Math.min(callRows, m - row);
                arguments[ProductCode.COLUMNS] = columns;
                arguments[ProductCode.Y] = 4L * (cOffset + row * ldc + column);
                arguments[ProductCode.Y_STRIDE] = 4L * ldc;
                arguments[ProductCode.ACTIVATION] = 0;
                arguments[ProductCode.BIAS] = -1;
                finish(arguments, alpha, beta);
                arguments[ProductCode.W] = panels.at(column / ProductCode.WIDTH * panelBytes,
                        MachineWeight.panels(columns) * panelBytes);
                arguments[ProductCode.PANEL] = panelBytes;
                arguments[ProductCode.NEXT] = panels.address();
                left(arguments, a, transposeA ? aOffset + row : aOffset + row * lda, lda);
                floats(code, arguments, transposeA, rows, k, a, c, null);
            }
        }
        Reference.reachabilityFence(panels);
    }

    /** Throws IndexOutOfBoundsException if a matrix does not lie in its array. */
    private static void check(float[] x, int offset, int stride, int rows, int columns) {
        if (rows > 0) {
            Objects.checkFromIndexSize(offset, (rows - 1L) * stride + columns, (long) x.length);
        }
    }
}
