package io.demitasse.kernel;

import java.nio.ByteBuffer;

/**
 * A product of matrices whose numbers are rounded to bfloat16 ({@link Bf16Code}), as the body of a parallel loop: first all
 * threads make rows of bfloat16 of the left matrix, then each task of the right one's panels that it needs. The sums of
 * an output hang on no cut and no number of threads. A workspace keeps one such object, so that a product allocates nothing.
 */
final class Bf16Product implements Parallel.Task {

    /** Rows that one task makes bfloat16 of. */
    private static final int CONVERTED_ROWS = 16;
    /** Rows a task computes at most with panels it lays out itself: so many that this costs little. */
    private static final int TASK_ROWS = 4096;
    /** Fewer rows than these are not worth a task's panels. */
    private static final int FEWEST_ROWS = 128;
    /** Bytes of the panels of a task, and of the rows that meet them meanwhile: both are to stay in a cache. */
    private static final int PANEL_BYTES = 1 << 19;
    private static final int LEFT_BYTES = 1 << 18;

    private final MachineCode code;
    private final Bf16Functions functions;
    /** Columns of a panel, and bytes of its step. */
    private final int width;
    private final int stepBytes;
    private final Converting converting = new Converting();
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

    /** Of a panel, its pairs of numbers filled up with zeros. */
    private int steps;
    /** Of a row of the left matrix. */
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

    /** A line of the cache more than its numbers take: rows a power of two apart would meet in few places of it. */
    private void convertLeft() {
        steps = (k + Bf16Code.FILLED_UP - 1) / Bf16Code.FILLED_UP * Bf16Code.FILLED_UP / 2;
        leftBytes = 2L * Bf16Code.BYTES * steps + MachineMemory.LINE;
        int blocks = (m + width - 1) / width;
        converted = converted.orLarger(((long) blocks * width + code.form().rowsBehind()) * leftBytes);
        if (k > 0) {
            workspace.run(transposeLeft ? blocks : (m + CONVERTED_ROWS - 1) / CONVERTED_ROWS, converting);
        }
    }

    /** Some rows, or columns that become rows. */
    private final class Converting implements Parallel.Task {
        @Override
        public void run(int index, int worker) {
            long[] arguments = MachineScratch.of(workspace, worker).arguments;
            int most = transposeLeft ? width : CONVERTED_ROWS;
            int row = index * most;
            arguments[PanelCode.X] = 4L * (transposeLeft ? left.offset() + row : left.row(row));
            arguments[PanelCode.X_STRIDE] = 4L * left.stride();
            arguments[PanelCode.COUNT] = Math.min(most, m - row);
            arguments[PanelCode.STEPS] = k;
            arguments[PanelCode.TO] = converted.at(row * leftBytes, most * leftBytes);
            arguments[PanelCode.TO_STRIDE] = leftBytes;
            code.runAt(transposeLeft ? functions.columns() : functions.rows(), left.data(), arguments);
        }
    }

    /** Cuts the result into tasks and runs them. */
    private void cut() {
        int panels = code.form().panels(n);
        int threads = workspace.parallel().threads();
        int some = Math.max(1, Math.min(MachineCalls.fairShare(panels, threads),
                PANEL_BYTES / Math.max(1, steps * stepBytes)));
        taskColumns = some * width;
        across = (panels + some - 1) / some;
        int down = Math.max((m + TASK_ROWS - 1) / TASK_ROWS,
                Math.min(MachineCalls.TASKS_A_THREAD * threads / across, m / FEWEST_ROWS));
        taskRows = (m + down - 1) / down;
        workspace.run(down * across, this);
    }

    /** Some rows of some columns: their panels, and then call by call. */
    @Override
    public void run(int index, int worker) {
        int row = index / across * taskRows;
        int end = Math.min(m, row + taskRows);
        int column = index % across * taskColumns;
        int columns = Math.min(taskColumns, n - column);
        MachineScratch own = MachineScratch.of(workspace, worker);
        MachineMemory.Piece panels = own.panels((long) code.form().panels(columns) * steps * stepBytes);
        for (int c = 0; c < columns && k > 0; c += width) {
            pack(column + c, Math.min(width, columns - c), panels, c / width, own.arguments);
        }
        int highest = code.form().bf16Rows();
        long rows = Math.min(LEFT_BYTES / leftBytes, code.form().bf16OfCall() / Math.max(1, 2L * steps * columns));
        int callRows = (int) Math.max(1, rows / highest) * highest;
        for (int r = row; r < end; r += callRows) {
            call(r, Math.min(callRows, end - r), column, columns, panels, own);
        }
    }

    /** A panel, with zeros in the place of pairs that are not there. */
    private void pack(int column, int columns, MachineMemory.Piece panels, int panel, long[] arguments) {
        int bytes = steps * stepBytes;
        int begin = panel * bytes;
        for (int at = begin + (k + 1) / 2 * stepBytes; at < begin + bytes; at += Long.BYTES) {
            panels.buffer().putLong(at, 0);
        }
        if (transposeRight && k % Bf16Code.UNIT != 0) {
            packOneByOne(column, columns, panels.buffer(), begin);
            return;
        }
        arguments[PanelCode.X] = 4L * (transposeRight ? right.row(column) : right.offset() + column);
        arguments[PanelCode.X_STRIDE] = 4L * right.stride();
        arguments[PanelCode.COUNT] = columns;
        arguments[PanelCode.STEPS] = transposeRight ? k / 2 : k;
        arguments[PanelCode.TO] = panels.at(begin, bytes);
        arguments[PanelCode.TO_STRIDE] = bytes;
        code.runAt(transposeRight ? functions.packTransposed() : functions.packRows(), right.data(), arguments);
    }

    /** For odd sizes, of which a model has none. */
    private void packOneByOne(int column, int columns, ByteBuffer to, int begin) {
        for (int step = 0; step < (k + 1) / 2; step++) {
            for (int c = 0; c < columns; c++) {
                int low = bf16(right.get(column + c, 2 * step));
                int high = 2 * step + 1 < k ? bf16(right.get(column + c, 2 * step + 1)) : 0;
                to.putInt(begin + step * stepBytes + 4 * c, high << 16 | low);
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

    private void call(int row, int rows, int column, int columns, MachineMemory.Piece panels, MachineScratch own) {
        long[] arguments = own.arguments;
        arguments[ProductCode.X] = converted.at(row * leftBytes, (rows + code.form().rowsBehind()) * leftBytes);
        arguments[ProductCode.X_STRIDE] = leftBytes;
        arguments[ProductCode.STEPS] = steps;
        arguments[ProductCode.W] = panels.address();
        arguments[ProductCode.PANEL] = (long) steps * stepBytes;
        arguments[ProductCode.NEXT] = panels.address();
        arguments[ProductCode.COLUMNS] = columns;
        arguments[ProductCode.Y] = 4L * (result.row(row) + column);
        arguments[ProductCode.Y_STRIDE] = 4L * result.stride();
        arguments[ProductCode.ACTIVATION] = 0;
        arguments[ProductCode.BIAS] = -1;
        arguments[ProductCode.SCRATCH] = own.sums.address();
        MachineCalls.finish(arguments, 1f, beta);
        MachineCalls.floats(code, functions.multiply(), arguments, rows, code.form().bf16Rows(), result.data(),
                result.data(), result.data());
    }
}
