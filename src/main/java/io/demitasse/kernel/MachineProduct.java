package io.demitasse.kernel;

import java.lang.ref.Reference;

/**
 * A product of matrices by {@link ProductCode}, as the body of a parallel loop. The left matrix is read where it lies,
 * unless it is to be bytes; the right one is a weight, or is laid out panel by panel by the task that needs it. A
 * workspace keeps one such object, so that a product allocates nothing.
 */
final class MachineProduct implements Parallel.Task {

    /** Bytes of the rows a task computes: they stay in the second-level cache for all panels. */
    private static final int LEFT_BYTES = 1 << 20;
    /** Rows a task computes with a right matrix it lays out itself: so many that this costs little. */
    private static final int PACKED_ROWS = 1024;
    /** Rows of a transposed left matrix that lie together: what lies far apart shares a place in the cache too often. */
    private static final int GATHERED_ROWS = 8 * FloatTiles.HIGHEST;
    /** Rows that one task makes bytes of, and as many that the calling thread does alone. */
    private static final int QUANTISED_ROWS = 16;
    /** What a row's range becomes in planes, one or two: one less than they hold, as 0 is rounded, too. */
    static final float LARGEST_OF_ONE = 254;
    static final float LARGEST_OF_TWO = 65534;

    private final MachineKernels kernels;
    private Workspace workspace;
    private final MachineCode code;
    private final MachineForm form;
    private final Quantising quantising = new Quantising();
    private final Gathering gathering = new Gathering();
    /** {@code [rows][planes][filled up]} bytes, and what {@link WholeNumberCode} says of each row. */
    private MachineMemory.Piece quantised = MachineMemory.Piece.NONE;
    private MachineMemory.Piece rowScales = MachineMemory.Piece.NONE;

    private Matrix left;
    private boolean transposeLeft;
    /** A transposed left matrix in blocks {@code [k, GATHERED_ROWS]}. */
    private Matrix gathered;
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
        this.form = code.form();
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
        MachineCalls.checkProduct(a, transposeA, b, transposeB, c);
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
        if (!transposeA || m == 0 || n == 0) {
            run(PACKED_ROWS, workspace);
            return;
        }
        long mark = workspace.mark();
        int blocks = (m + GATHERED_ROWS - 1) / GATHERED_ROWS;
        gathered = workspace.matrix(Math.multiplyExact(blocks, k), GATHERED_ROWS);
        workspace.run(blocks, gathering);
        run(PACKED_ROWS, workspace);
        workspace.release(mark);
        gathered = null;
    }

    private final class Gathering implements Parallel.Task {
        @Override
        public void run(int block, int worker) {
            int row = block * GATHERED_ROWS;
            int rows = Math.min(GATHERED_ROWS, m - row);
            for (int p = 0; p < k; p++) {
                System.arraycopy(left.data(), left.row(p) + row, gathered.data(), gathered.row(block * k + p), rows);
            }
        }
    }

    private void run(int mostRows, Workspace workspace) {
        if (m > 0 && n > 0) {
            int down = (m + Math.max(1, mostRows) - 1) / Math.max(1, mostRows);
            taskRows = (m + down - 1) / down;
            if (transposeLeft) {
                taskRows = (taskRows + GATHERED_ROWS - 1) / GATHERED_ROWS * GATHERED_ROWS;
            }
            long panelWork = (long) taskRows * form.width() * k;
            int panels = MachineCalls.panelsOfTask(form.panels(n) * down, workspace.parallel().threads(), panelWork,
                    weight != null && weight.bytes() ? MachineCalls.BYTES : MachineCalls.FLOATS);
            taskColumns = panels * form.width();
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
        long rows = (long) m + form.rowsBehind();
        quantised = quantised.orLarger(rows * rowBytes);
        rowScales = rowScales.orLarger((long) WholeNumberCode.ROW_BYTES * m);
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
            arguments[WholeNumberCode.X] = 4L * left.row(row);
            arguments[WholeNumberCode.X_STRIDE] = 4L * left.stride();
            arguments[WholeNumberCode.COUNT] = rows;
            arguments[WholeNumberCode.STEPS] = k;
            arguments[WholeNumberCode.TO] = quantised.at(row * rowBytes, rows * rowBytes);
            arguments[WholeNumberCode.TO_STRIDE] = rowBytes;
            arguments[WholeNumberCode.ROW_SCALES] = rowScales.at((long) WholeNumberCode.ROW_BYTES * row,
                (long) WholeNumberCode.ROW_BYTES * rows);
            arguments[WholeNumberCode.LARGEST] = Float.floatToRawIntBits(form.pairs() ? weight.range()
                    : kernels.planes() == 2 ? LARGEST_OF_TWO : LARGEST_OF_ONE);
            arguments[WholeNumberCode.PLANE_BYTES] = plane;
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
        long call = bytes ? MachineCalls.BYTES : MachineCalls.FLOATS;
        long panelWork = Math.max(1, (long) rows * form.width() * k);
        int callRows = panelWork <= call ? rows : MachineCalls.roundedUp((int) (call / ((long) form.width() * k)));
        int callColumns = panelWork <= call ? (int) (call / panelWork) * form.width() : form.width();
        if (weight == null) {
            callColumns = form.width();
        }
        if (transposeLeft) {
            callRows = withinBlocks(callRows);
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

    /** As many rows as divide a block. */
    private static int withinBlocks(int rows) {
        int some = GATHERED_ROWS;
        while (some > rows && some > FloatTiles.HIGHEST) {
            some /= 2;
        }
        return some;
    }

    /** What is not written in machine code: a head's rows go through it. */
    private void activate(float[] y, int offset, int columns) {
        for (int i = offset; i < offset + columns; i++) {
            y[i] = activation == Activation.RELU ? Math.max(y[i], 0f) : (float) StrictMath.tanh(y[i]);
        }
    }

    private long addressOfPanel(int column) {
        return weight.panels().at(column / form.width() * weight.panelBytes(), weight.panelBytes());
    }

    private void pack(int column, int columns, MachineScratch own) {
        MachineMemory.Piece to = own.panels((long) k * form.stepBytes());
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
            MachineCalls.finish(arguments, 1f, beta);
            arguments[ProductCode.W] = own.panels(0).at(0, (long) k * form.stepBytes());
            arguments[ProductCode.PANEL] = 0;
            Matrix from = transposeLeft ? gathered : left;
            int block = row / GATHERED_ROWS;
            MachineCalls.left(arguments, from.data(),
                    transposeLeft ? from.row(block * k) + row % GATHERED_ROWS : from.row(row), from.stride());
            MachineCalls.floats(code, arguments, transposeLeft, rows, k, from.data(), result.data(), null);
            return;
        }
        arguments[ProductCode.BIAS] = 4L * column;
        int panel = column / form.width();
        arguments[ProductCode.W] = weight.panels().at(panel * weight.panelBytes(),
                form.panels(columns) * weight.panelBytes());
        arguments[ProductCode.PANEL] = weight.panelBytes();
        if (weight.bytes()) {
            bytes(arguments, row, rows, panel, form.panels(columns), own);
        } else {
            MachineCalls.finish(arguments, 1f, 0f);
            MachineCalls.left(arguments, left.data(), left.row(row), left.stride());
            MachineCalls.floats(code, arguments, false, rows, k, left.data(), result.data(), bias);
        }
    }

    private void bytes(long[] arguments, int row, int rows, int panel, int panels, MachineScratch own) {
        int planes = kernels.planes();
        long plane = 4L * weight.steps();
        arguments[ProductCode.X] = quantised.at(row * plane * planes, ((long) rows + form.rowsBehind()) * planes * plane);
        arguments[ProductCode.STEPS] = weight.steps();
        arguments[ProductCode.SCALES] = weight.scales().at((long) panel * form.stepBytes(),
                (long) panels * form.stepBytes());
        arguments[ProductCode.SUMS] = weight.sums().at((long) panel * form.stepBytes(),
                (long) panels * form.stepBytes());
        arguments[ProductCode.ROW_SCALES] = rowScales.at((long) WholeNumberCode.ROW_BYTES * row,
                (long) WholeNumberCode.ROW_BYTES * rows);
        arguments[ProductCode.SCRATCH] = own.sums.address();
        arguments[ProductCode.X_STRIDE] = plane;
        MachineCalls.tiles(form, arguments, rows, form.byteRows(planes));
        code.run(code.functions().multiplyBytes()[planes - 1], bias, bias, result.data(), bias, bias, arguments);
    }
}
