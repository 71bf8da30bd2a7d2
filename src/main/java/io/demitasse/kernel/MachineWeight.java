package io.demitasse.kernel;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Objects;

/**
 * A weight in panels as {@link ProductCode} reads them: floats {@code [panel][in][width]}, or bytes
 * {@code [panel][steps][width][4]}, a step being four inputs, their number filled up to whole tiles with zeros.
 *
 * @param panelBytes of a panel
 * @param steps of a panel: inputs, or four inputs each
 * @param scales of bytes, [out]: what an output's sum is multiplied by
 * @param sums of bytes, [out]: the sum of each output's bytes
 * @param range of bytes: {@link #rangeOfPairs}, where there are pairs
 */
record MachineWeight(MachineMemory.Piece panels, MachineMemory.Piece scales, MachineMemory.Piece sums,
                     boolean bytes, int out, int in, int steps, long panelBytes, float range) implements Weight {

    /** Inputs that bytes are filled up to: a row of a tile of AMX. */
    static final int TILE_INPUTS = 64;
    /** What numbers of two bytes range over, less what rounding takes. */
    private static final int LARGEST_RANGE = 65532;
    /** Bytes that a call lays out. */
    private static final int CALL_BYTES = 1 << 18;

    static int filledUp(int in) {
        return (in + TILE_INPUTS - 1) / TILE_INPUTS * TILE_INPUTS;
    }

    static MachineWeight of(MachineCode code, MachineMemory memory, float[] weight, int out, int in) {
        MachineForm form = code.form();
        long panelBytes = (long) in * form.stepBytes();
        MachineMemory.Piece panels = memory.lend(form.panels(out) * panelBytes);
        packTransposed(code, weight, 0, in, out, in, panels, new long[WholeNumberCode.SIZE]);
        return new MachineWeight(panels, MachineMemory.Piece.NONE, MachineMemory.Piece.NONE, false, out, in, in,
                panelBytes, 0);
    }

    static MachineWeight of(MachineCode code, MachineMemory memory, byte[] quantized, float[] scales, int out, int in) {
        MachineForm form = code.form();
        int steps = filledUp(in) / 4;
        long panelBytes = (long) steps * form.stepBytes();
        long row = (long) form.panels(out) * form.stepBytes();
        MachineWeight weight = new MachineWeight(memory.lend(form.panels(out) * panelBytes), memory.lend(row),
                memory.lend(row), true, out, in, steps, panelBytes, 0);
        weight.pack(code, quantized);
        weight.scales.buffer().asFloatBuffer().put(scales, 0, out);
        weight.sum(code, code.functions().sums(), weight.sums);
        if (!form.pairs()) {
            return weight;
        }
        MachineMemory.Piece amounts = MachineMemory.allocate(row);
        weight.sum(code, code.functions().amounts(), amounts);
        return new MachineWeight(weight.panels, weight.scales, weight.sums, true, out, in, steps, panelBytes,
                weight.rangeOfPairs(amounts));
    }

    /**
     * The largest range of numbers of two bytes with which no output's sum overflows: the numbers that are above 0 and
     * those below, as far apart as the range at most, each meet the bytes that are above 0 or those below. It is even,
     * and leaves room for 0 being rounded.
     */
    private int rangeOfPairs(MachineMemory.Piece amounts) {
        int most = 1;
        for (int o = 0; o < out; o++) {
            int sum = sums.buffer().getInt(4 * o);
            int amount = amounts.buffer().getInt(4 * o);
            most = Math.max(most, (amount + Math.abs(sum)) / 2);
        }
        return Math.min(LARGEST_RANGE, Integer.MAX_VALUE / most - 1) & -2;
    }

    private void pack(MachineCode code, byte[] quantized) {
        MachineForm form = code.form();
        if (in % 16 != 0) {
            ByteBuffer buffer = panels.buffer();
            for (int o = 0; o < out; o++) {
                int panel = Math.toIntExact(o / form.width() * panelBytes) + o % form.width() * 4;
                for (int i = 0; i < in; i++) {
                    buffer.put(panel + i / 4 * form.stepBytes() + i % 4, quantized[o * in + i]);
                }
            }
            return;
        }
        long[] arguments = new long[WholeNumberCode.SIZE];
        int some = Math.max(1, (int) (CALL_BYTES / panelBytes)) * form.width();
        for (int o = 0; o < out; o += some) {
            int columns = Math.min(some, out - o);
            Objects.checkFromIndexSize((long) o * in, (long) columns * in, quantized.length);
            arguments[WholeNumberCode.X] = (long) o * in;
            arguments[WholeNumberCode.X_STRIDE] = in;
            arguments[WholeNumberCode.COUNT] = columns;
            arguments[WholeNumberCode.STEPS] = in / 4;
            arguments[WholeNumberCode.TO] = panels.at(o / form.width() * panelBytes, form.panels(columns) * panelBytes);
            arguments[WholeNumberCode.TO_STRIDE] = panelBytes;
            code.run(code.functions().packTransposed(), quantized, arguments);
        }
    }

    /** A sum for each output. */
    private void sum(MachineCode code, int function, MachineMemory.Piece sums) {
        MachineForm form = code.form();
        long[] arguments = new long[WholeNumberCode.SIZE];
        int some = Math.max(1, (int) (CALL_BYTES / panelBytes)) * form.width();
        for (int o = 0; o < out; o += some) {
            int columns = Math.min(some, out - o);
            int panel = o / form.width();
            arguments[WholeNumberCode.COUNT] = columns;
            arguments[WholeNumberCode.STEPS] = steps;
            arguments[WholeNumberCode.TO] = panels.at(panel * panelBytes, form.panels(columns) * panelBytes);
            arguments[WholeNumberCode.TO_STRIDE] = panelBytes;
            arguments[WholeNumberCode.ROW_SCALES] = sums.at((long) panel * form.stepBytes(),
                    (long) form.panels(columns) * form.stepBytes());
            code.run(function, new float[1], arguments);
        }
    }

    /**
     * Panels of the columns that lie as rows in x.
     *
     * @param k floats of each
     */
    static void packTransposed(MachineCode code, float[] x, int from, int stride, int columns, int k,
                               MachineMemory.Piece to, long[] arguments) {
        if (columns == 0 || k == 0) {
            return;
        }
        Objects.checkFromIndexSize(from, (columns - 1L) * stride + k, (long) x.length);
        MachineForm form = code.form();
        long panelBytes = (long) k * form.stepBytes();
        if (k % 4 != 0) {
            FloatBuffer buffer = to.buffer().asFloatBuffer();
            for (int column = 0; column < columns; column++) {
                int at = column / form.width() * k * form.width() + column % form.width();
                for (int p = 0; p < k; p++) {
                    buffer.put(at + p * form.width(), x[from + column * stride + p]);
                }
            }
            return;
        }
        int some = Math.max(1, (int) (CALL_BYTES / panelBytes)) * form.width();
        for (int column = 0; column < columns; column += some) {
            int count = Math.min(some, columns - column);
            arguments[WholeNumberCode.X] = 4L * (from + (long) column * stride);
            arguments[WholeNumberCode.X_STRIDE] = 4L * stride;
            arguments[WholeNumberCode.COUNT] = count;
            arguments[WholeNumberCode.STEPS] = k;
            arguments[WholeNumberCode.TO] = to.at(column / form.width() * panelBytes, form.panels(count) * panelBytes);
            arguments[WholeNumberCode.TO_STRIDE] = panelBytes;
            code.run(code.functions().packTransposed(), x, arguments);
        }
    }

    /** Panels of {@code [k, columns]} as it lies in x. */
    static void packRows(MachineCode code, float[] x, int from, int stride, int columns, int k, MachineMemory.Piece to,
                         long[] arguments) {
        if (columns == 0 || k == 0) {
            return;
        }
        Objects.checkFromIndexSize(from, (k - 1L) * stride + columns, (long) x.length);
        MachineForm form = code.form();
        long panelBytes = (long) k * form.stepBytes();
        int some = Math.max(1, (int) (CALL_BYTES / panelBytes)) * form.width();
        for (int column = 0; column < columns; column += some) {
            int count = Math.min(some, columns - column);
            arguments[WholeNumberCode.X] = 4L * (from + column);
            arguments[WholeNumberCode.X_STRIDE] = 4L * stride;
            arguments[WholeNumberCode.COUNT] = count;
            arguments[WholeNumberCode.STEPS] = k;
            arguments[WholeNumberCode.TO] = to.at(column / form.width() * panelBytes, form.panels(count) * panelBytes);
            arguments[WholeNumberCode.TO_STRIDE] = panelBytes;
            code.run(code.functions().packRows(), x, arguments);
        }
    }
}
