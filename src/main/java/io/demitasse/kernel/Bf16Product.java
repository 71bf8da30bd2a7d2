package io.demitasse.kernel;

/**
 * A product of matrices whose numbers are rounded to bfloat16 ({@link Bf16Code}), as the body of a parallel loop: first all
 * threads make bfloat16 of the left matrix, then each task of the right one's panels that it needs. Each output is one
 * chain of sums over k, so it hangs on no cut and no number of threads. A workspace keeps one such object, so that a product
 * allocates nothing.
 */
final class Bf16Product implements Parallel.Task {

    /** Rows a task computes with panels it lays out itself: so many that this costs little. */
    private static final int TASK_ROWS = 640;
    /** Rows that one task makes bfloat16 of. */
    private static final int CONVERTED_ROWS = 16;

    private final MachineCode code;
    private final Bf16Functions functions;
    /** Columns of a panel, and bytes of its step; rows of a block of a transposed left matrix, which lies so, too. */
    private final int width;
    private final int stepBytes;
    private final Converting converting = new Converting();
    /** Rows, or blocks as panels. */
    private MachineMemory.Piece converted = MachineMemory.Piece.NONE;

    private Workspace workspace;
    private Matrix left;
    private boolean transposeLeft;
    private Matrix right;
    private boolean transposeRight;
    private int m;
    private int n;
    private int k;
    private float beta;
    private Matrix result;

    /** Of a row, or a block. */
    private long leftBytes;
    private int taskRows;
    private int taskColumns;
    private int across;

    Bf16Product(MachineCode code) {
        this.code = code;
        this.functions = code.bf16();
        this.width = code.form().width();
        this.stepBytes = code.form().stepBytes();
    }

    /** {@link Kernels#multiply}. */
    void multiply(Matrix a, boolean transposeA, Matrix b, boolean transposeB, float beta, Matrix c,
                  Workspace workspace) {
        MachineCalls.checkProduct(a, transposeA, b, transposeB, c);
        this.left = a;
        this.transposeLeft = transposeA;
        this.right = b;
        this.transposeRight = transposeB;
        this.beta = beta;
        this.result = c;
        this.m = c.rows();
        this.n = c.columns();
        this.k = transposeA ? a.rows() : a.columns();
        this.workspace = workspace;
        if (m > 0 && n > 0) {
            convertLeft();
            cut();
        }
        left = null;
        right = null;
        result = null;
    }

    /** Steps of a panel: pairs, the last one with a 0 where k is odd. */
    private int steps() {
        return (k + 1) / 2;
    }

    private void convertLeft() {
        int filledUp = (k + Bf16Code.FILLED_UP - 1) / Bf16Code.FILLED_UP * Bf16Code.FILLED_UP;
        leftBytes = transposeLeft ? (long) steps() * stepBytes : (long) filledUp * Bf16Code.BYTES;
        int pieces = transposeLeft ? (m + width - 1) / width : m;
        if (converted.buffer().capacity() < pieces * leftBytes) {
            converted = MachineMemory.allocate(pieces * leftBytes);
        }
        if (k > 0) {
            workspace.run(transposeLeft ? pieces : (m + CONVERTED_ROWS - 1) / CONVERTED_ROWS, converting);
        }
    }

    private final class Converting implements Parallel.Task {
        @Override
        public void run(int index, int worker) {
            long[] arguments = MachineScratch.of(workspace, worker).arguments;
            if (transposeLeft) {
                int row = index * width;
                packRows(left, row, Math.min(width, m - row), converted.at(index * leftBytes, leftBytes), arguments);
                return;
            }
            int row = index * CONVERTED_ROWS;
            int rows = Math.min(CONVERTED_ROWS, m - row);
            arguments[PanelCode.X] = 4L * left.row(row);
            arguments[PanelCode.X_STRIDE] = 4L * left.stride();
            arguments[PanelCode.COUNT] = rows;
            arguments[PanelCode.STEPS] = k;
            arguments[PanelCode.TO] = converted.at(row * leftBytes, rows * leftBytes);
            arguments[PanelCode.TO_STRIDE] = leftBytes;
            code.runAt(functions.rows(), left.data(), arguments);
        }
    }

    /** Cuts the result into tasks and runs them. */
    private void cut() {
        int down = (m + TASK_ROWS - 1) / TASK_ROWS;
        taskRows = (m + down - 1) / down;
        if (transposeLeft) {
            taskRows = (taskRows + width - 1) / width * width;
        }
        taskColumns = width * MachineCalls.panelsOfTask(code.form().panels(n) * down, workspace.parallel().threads(),
                (long) taskRows * width * steps(), MachineCalls.FLOATS);
        across = (n + taskColumns - 1) / taskColumns;
        workspace.run(down * across, this);
    }

    /** Some rows of some columns, panel by panel. */
    @Override
    public void run(int index, int worker) {
        int row = index / across * taskRows;
        int end = Math.min(m, row + taskRows);
        int column = index % across * taskColumns;
        int columns = Math.min(taskColumns, n - column);
        MachineScratch own = MachineScratch.of(workspace, worker);
        int callRows = transposeLeft ? width : MachineCalls.rowsOfCall((long) width * steps());
        for (int c = column; c < column + columns; c += width) {
            int some = Math.min(width, column + columns - c);
            MachineMemory.Piece panel = own.panels((long) steps() * stepBytes);
            if (k > 0) {
                pack(c, some, panel, own.arguments);
            }
            for (int r = row; r < end; r += callRows) {
                call(r, Math.min(callRows, end - r), c, some, panel, own.arguments);
            }
        }
    }

    private void pack(int column, int columns, MachineMemory.Piece panel, long[] arguments) {
        long bytes = (long) steps() * stepBytes;
        if (!transposeRight) {
            packRows(right, column, columns, panel.at(0, bytes), arguments);
        } else if (k % Bf16Code.UNIT != 0) {
            packOneByOne(column, columns, panel);
        } else {
            arguments[PanelCode.X] = 4L * right.row(column);
            arguments[PanelCode.X_STRIDE] = 4L * right.stride();
            arguments[PanelCode.COUNT] = columns;
            arguments[PanelCode.STEPS] = steps();
            arguments[PanelCode.TO] = panel.at(0, bytes);
            arguments[PanelCode.TO_STRIDE] = bytes;
            code.runAt(functions.packTransposed(), right.data(), arguments);
        }
    }

    /** A panel of {@code [k, columns]} as it lies in the matrix. */
    private void packRows(Matrix matrix, int column, int columns, long to, long[] arguments) {
        arguments[PanelCode.X] = 4L * (matrix.offset() + column);
        arguments[PanelCode.X_STRIDE] = 4L * matrix.stride();
        arguments[PanelCode.COUNT] = columns;
        arguments[PanelCode.STEPS] = k;
        arguments[PanelCode.TO] = to;
        arguments[PanelCode.TO_STRIDE] = 0;
        code.runAt(functions.packRows(), matrix.data(), arguments);
    }

    /** For odd sizes, of which a model has none. */
    private void packOneByOne(int column, int columns, MachineMemory.Piece panel) {
        for (int step = 0; step < steps(); step++) {
            for (int c = 0; c < columns; c++) {
                int low = bf16(right.get(column + c, 2 * step));
                int high = 2 * step + 1 < k ? bf16(right.get(column + c, 2 * step + 1)) : 0;
                panel.buffer().putInt(step * stepBytes + 4 * c, high << 16 | low);
            }
        }
    }

    /** The nearest bfloat16, of two the even one; its bits. What is too small to be normal is 0. */
    static int bf16(float x) {
        int bits = Float.floatToRawIntBits(x);
        if (Float.isNaN(x)) {
            return bits >>> 16 | 1 << 6;
        }
        if (Math.abs(x) < Float.MIN_NORMAL) {
            return bits >>> 16 & 1 << 15;
        }
        return bits + 0x7FFF + (bits >>> 16 & 1) >>> 16;
    }

    private void call(int row, int rows, int column, int columns, MachineMemory.Piece panel, long[] arguments) {
        arguments[ProductCode.COLUMNS] = columns;
        arguments[ProductCode.Y] = 4L * (result.row(row) + column);
        arguments[ProductCode.Y_STRIDE] = 4L * result.stride();
        arguments[ProductCode.ACTIVATION] = 0;
        arguments[ProductCode.BIAS] = -1;
        MachineCalls.finish(arguments, 1f, beta);
        arguments[ProductCode.W] = panel.address();
        arguments[ProductCode.PANEL] = 0;
        arguments[ProductCode.NEXT] = panel.address();
        arguments[ProductCode.STEPS] = steps();
        if (transposeLeft) {
            arguments[ProductCode.X] = converted.at(row / width * leftBytes, leftBytes);
            arguments[ProductCode.X_STRIDE] = stepBytes;
        } else {
            arguments[ProductCode.X] = converted.at(row * leftBytes, rows * leftBytes);
            arguments[ProductCode.X_STRIDE] = leftBytes;
        }
        MachineCalls.floats(code, transposeLeft ? functions.multiplyTransposed() : functions.multiply(), arguments, rows,
                result.data(), result.data(), result.data());
    }
}
