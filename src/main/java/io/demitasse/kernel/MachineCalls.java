package io.demitasse.kernel;

import java.lang.ref.Reference;
import java.util.Objects;

/** Calls of the products of {@link MachineCode}: their arguments, checked where {@link Matrix} has not done that. */
final class MachineCalls {

    /** Multiplications of a call: it is to end within 200 microseconds, as it holds off the garbage collector. */
    static final long FLOATS = 1 << 22;
    static final long BYTES = 1 << 24;

    private static final int MOST_PANELS = 8;
    static final int TASKS_A_THREAD = 4;

    private MachineCalls() {
    }

    static int roundedUp(int rows) {
        return Math.max(1, (rows + FloatTiles.HIGHEST - 1) / FloatTiles.HIGHEST) * FloatTiles.HIGHEST;
    }

    /** Panels of a task that leave every thread some tasks. */
    static int fairShare(int panels, int threads) {
        return Math.min(panels / (TASKS_A_THREAD * threads), MOST_PANELS);
    }

    /**
     * Panels of a task: a fair share of all, or as few as take a call, since a thread that is done waits for the last task
     * of the others.
     *
     * @param panelWork multiplications of a panel
     * @param call multiplications of a call
     */
    static int panelsOfTask(int panels, int threads, long panelWork, long call) {
        return (int) Math.max(1, Math.min(fairShare(panels, threads), (call + panelWork - 1) / Math.max(1, panelWork)));
    }

    static void left(long[] arguments, float[] data, int offset, int stride) {
        arguments[ProductCode.X] = 4L * offset;
        arguments[ProductCode.X_STRIDE] = 4L * stride;
    }

    /** {@code alpha sums + beta y}, with as few steps as that takes. */
    static void finish(long[] arguments, float alpha, float beta) {
        arguments[ProductCode.FINISH] = beta != 0 ? 2 : alpha != 1 ? 1 : 0;
        arguments[ProductCode.ALPHA] = Float.floatToRawIntBits(alpha);
        arguments[ProductCode.BETA] = Float.floatToRawIntBits(beta);
    }

    static void floats(MachineCode code, long[] arguments, boolean transposed, int rows, int k, float[] x,
                               float[] y, float[] bias) {
        arguments[ProductCode.STEPS] = k;
        floats(code, code.address(transposed ? code.functions().multiplyTransposed() : code.functions().multiply()), arguments,
                rows, code.form().floatRows(), x, y, bias == null ? x : bias);
    }

    /**
     * Calls a product of floats, or of bfloat16, of which all is said but what depends on the rows.
     *
     * @param highest rows of the highest tile
     */
    static void floats(MachineCode code, long function, long[] arguments, int rows, int highest, float[] x, float[] y,
                       float[] bias) {
        arguments[ProductCode.SCALES] = 0;
        arguments[ProductCode.SUMS] = 0;
        arguments[ProductCode.ROW_SCALES] = 0;
        tiles(code.form(), arguments, rows, highest);
        code.runAt(function, x, x, y, bias, x, arguments);
    }

    /** Cuts the rows into tiles that differ by at most one in height. */
    static void tiles(MachineForm form, long[] arguments, int rows, int highest) {
        int tiles = (rows + highest - 1) / highest;
        int height = (rows + tiles - 1) / tiles;
        arguments[ProductCode.HEIGHT] = height;
        arguments[ProductCode.HIGH_TILES] = rows - tiles * (height - 1);
        arguments[ProductCode.LOW_TILES] = tiles * height - rows;
        arguments[ProductCode.ROWS] = rows;
        arguments[ProductCode.FETCH_BYTES] = (form.stepBytes() + tiles - 1) / tiles;
    }

    /** Throws IllegalArgumentException if {@code c} has not the shape of {@code op(a) op(b)}. */
    static void checkProduct(Matrix a, boolean transposeA, Matrix b, boolean transposeB, Matrix c) {
        if ((transposeA ? a.columns() : a.rows()) != c.rows() || (transposeB ? b.rows() : b.columns()) != c.columns()
                || (transposeB ? b.columns() : b.rows()) != (transposeA ? a.rows() : a.columns())) {
            throw new IllegalArgumentException(a + " times " + b + " is not " + c);
        }
    }

    /** {@link Kernels#gemm}, on the calling thread and with its memory alone. */
    static void gemm(MachineCode code, boolean transposeA, boolean transposeB, int m, int n, int k, float alpha,
                     float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb, float beta,
                     float[] c, int cOffset, int ldc, MachineScratch own) {
        if (m == 0 || n == 0) {
            return;
        }
        check(a, aOffset, lda, transposeA ? k : m, transposeA ? m : k);
        check(c, cOffset, ldc, m, n);
        MachineForm form = code.form();
        long panelBytes = (long) k * form.stepBytes();
        long[] arguments = own.arguments;
        MachineMemory.Piece panels = own.panels(form.panels(n) * panelBytes);
        if (transposeB) {
            MachineWeight.packTransposed(code, b, bOffset, ldb, n, k, panels, arguments);
        } else {
            MachineWeight.packRows(code, b, bOffset, ldb, n, k, panels, arguments);
        }
        long panelWork = Math.max(1, (long) m * form.width() * k);
        int callRows = panelWork <= FLOATS ? m
                : roundedUp((int) (FLOATS / ((long) form.width() * k)));
        int callColumns = (int) Math.max(1, FLOATS / panelWork) * form.width();
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
                arguments[ProductCode.W] = panels.at(column / form.width() * panelBytes,
                        form.panels(columns) * panelBytes);
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
