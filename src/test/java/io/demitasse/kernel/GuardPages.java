package io.demitasse.kernel;

import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/**
 * A program: machine code on operands that end where a page begins that must not be touched. Reading or writing one byte
 * too far ends the JVM. Prints how many calls there were.
 */
final class GuardPages {

    private static final int PAGE = 4096;
    private static final long NONE = 0;
    private static final long READ_WRITE = 3;
    private static final long PRIVATE_ANONYMOUS = 0x22;

    private final ForeignFunctions foreign = ForeignFunctions.find();
    private final MethodHandle mmap = foreign.function("mmap");
    private final MethodHandle mprotect = foreign.function("mprotect");
    private final MethodHandle call = foreign.code(long.class, long.class, long.class, long.class, long.class,
            long[].class);
    private final MachineCode code;
    private final MachineForm form;
    private final Random random = new Random(2);
    private final long[] arguments = new long[ProductCode.SIZE];
    private int calls;

    private GuardPages(MachineCode code) {
        this.code = code;
        this.form = code.form();
    }

    public static void main(String[] args) throws Throwable {
        int calls = 0;
        for (MachineCode code : MachineCode.all()) {
            GuardPages pages = new GuardPages(code);
            if (args.length > 0) {
                // Shows that a byte too far is seen.
                pages.foreign.memory(pages.end(8) + 1, 8).put("12345678".getBytes(StandardCharsets.US_ASCII));
            }
            for (int i = 0; i < 150; i++) {
                pages.products();
                pages.layouts();
                if (code.hasBf16()) {
                    pages.bf16();
                }
                pages.functions();
            }
            calls += pages.calls;
        }
        System.out.println(calls);
    }

    /** The address of so many bytes, right behind which nothing may be touched. Filled with small floats. */
    private long end(long bytes) throws Throwable {
        long size = (bytes + PAGE - 1) / PAGE * PAGE;
        long address = (long) mmap.invokeExact(0L, size + PAGE, READ_WRITE, PRIVATE_ANONYMOUS, -1L, 0L);
        long result = (long) mprotect.invokeExact(address + size, (long) PAGE, NONE, 0L, 0L, 0L);
        if (address == -1 || result != 0) {
            throw new IllegalStateException("no guard page");
        }
        byte[] content = new byte[(int) bytes];
        for (int i = 3; i < content.length; i += 4) {
            content[i] = 0x3E;
            content[i - 1] = (byte) random.nextInt();
        }
        long start = address + size - bytes;
        foreign.memory(start, bytes).put(content);
        return start;
    }

    private void run(int function, long a, long b, long c, long d, long e) throws Throwable {
        runAt(code.address(function), a, b, c, d, e);
    }

    private void runAt(long function, long a, long b, long c, long d, long e) throws Throwable {
        call.invokeExact(function, a, b, c, d, e, arguments);
        calls++;
        Arrays.fill(arguments, 0);
    }

    private int size(int most) {
        return 1 + random.nextInt(most);
    }

    private long panels(int columns) {
        return form.panels(columns);
    }

    private void products() throws Throwable {
        for (int kind = 0; kind < 4; kind++) {
            int rows = size(50);
            int columns = size(100);
            int k = size(100);
            boolean bytes = kind >= 2;
            boolean transposed = kind == 1;
            int planes = kind == 3 ? 2 : 1;
            if (bytes && form.byteRows(planes) == 0) {
                continue;
            }
            int steps = bytes ? MachineWeight.filledUp(k) / 4 : k;
            int stride = (transposed ? rows : k) + random.nextInt(5);
            int yStride = columns + random.nextInt(5);
            long plane = 4L * steps;
            int highest = bytes ? form.byteRows(planes) : form.floatRows();
            int tiles = (rows + highest - 1) / highest;
            int height = (rows + tiles - 1) / tiles;
            long x = end(bytes ? ((long) rows + form.rowsBehind()) * plane * planes
                    : 4L * ((transposed ? k - 1L : rows - 1L) * stride + (transposed ? rows : k)));
            long y = end(4L * ((rows - 1L) * yStride + columns));
            long bias = end(4L * columns);
            arguments[ProductCode.X] = bytes ? x : 0;
            arguments[ProductCode.X_STRIDE] = bytes ? plane : 4L * stride;
            arguments[ProductCode.STEPS] = steps;
            arguments[ProductCode.W] = end(panels(columns) * steps * form.stepBytes());
            arguments[ProductCode.PANEL] = (long) steps * form.stepBytes();
            arguments[ProductCode.COLUMNS] = columns;
            arguments[ProductCode.Y_STRIDE] = 4L * yStride;
            arguments[ProductCode.BIAS] = bytes || random.nextBoolean() ? 0 : -1;
            arguments[ProductCode.HEIGHT] = height;
            arguments[ProductCode.HIGH_TILES] = rows - tiles * (height - 1);
            arguments[ProductCode.LOW_TILES] = tiles * height - rows;
            arguments[ProductCode.ROWS] = rows;
            arguments[ProductCode.ACTIVATION] = random.nextInt(2);
            arguments[ProductCode.FINISH] = bytes ? 0 : random.nextInt(3);
            arguments[ProductCode.FETCH_BYTES] = form.stepBytes();
            arguments[ProductCode.NEXT] = x;
            if (bytes) {
                arguments[ProductCode.ROW_SCALES] = end((long) WholeNumberCode.ROW_BYTES * rows);
                arguments[ProductCode.SCALES] = end(panels(columns) * form.stepBytes());
                arguments[ProductCode.SUMS] = end(panels(columns) * form.stepBytes());
                arguments[ProductCode.SCRATCH] = end(AmxTiles.SCRATCH_BYTES);
            }
            int function = bytes ? code.functions().multiplyBytes()[planes - 1]
                    : transposed ? code.functions().multiplyTransposed() : code.functions().multiply();
            run(function, bytes ? 0 : x, 0, y, bias, 0);
        }
    }

    private void layouts() throws Throwable {
        int columns = size(100);
        int k = size(25) * 4;
        int stride = k + random.nextInt(5);
        arguments[WholeNumberCode.X_STRIDE] = 4L * stride;
        arguments[WholeNumberCode.COUNT] = columns;
        arguments[WholeNumberCode.STEPS] = k;
        arguments[WholeNumberCode.TO] = end(panels(columns) * k * form.stepBytes());
        arguments[WholeNumberCode.TO_STRIDE] = (long) k * form.stepBytes();
        run(code.functions().packTransposed(), end(4L * ((columns - 1L) * stride + k)), 0, 0, 0, 0);

        int wide = columns + random.nextInt(5);
        k = size(60);
        arguments[WholeNumberCode.X_STRIDE] = 4L * wide;
        arguments[WholeNumberCode.COUNT] = columns;
        arguments[WholeNumberCode.STEPS] = k;
        arguments[WholeNumberCode.TO] = end(panels(columns) * k * form.stepBytes());
        arguments[WholeNumberCode.TO_STRIDE] = (long) k * form.stepBytes();
        run(code.functions().packRows(), end(4L * ((k - 1L) * wide + columns)), 0, 0, 0, 0);

        arguments[WholeNumberCode.COUNT] = columns;
        arguments[WholeNumberCode.STEPS] = k;
        arguments[WholeNumberCode.TO] = end(panels(columns) * k * form.stepBytes());
        arguments[WholeNumberCode.TO_STRIDE] = (long) k * form.stepBytes();
        arguments[WholeNumberCode.ROW_SCALES] = end(panels(columns) * form.stepBytes());
        run(code.functions().sums(), 0, 0, 0, 0, 0);

        for (int planes = form.byteRows(1) > 0 ? 1 : 2; planes <= 2; planes++) {
            int rows = size(20);
            long plane = MachineWeight.filledUp(columns);
            arguments[WholeNumberCode.X_STRIDE] = 4L * wide;
            arguments[WholeNumberCode.COUNT] = rows;
            arguments[WholeNumberCode.STEPS] = columns;
            arguments[WholeNumberCode.TO] = end(rows * plane * planes);
            arguments[WholeNumberCode.TO_STRIDE] = plane * planes;
            arguments[WholeNumberCode.PLANE_BYTES] = plane;
            arguments[WholeNumberCode.ROW_SCALES] = end((long) WholeNumberCode.ROW_BYTES * rows);
            arguments[WholeNumberCode.LARGEST] = Float.floatToRawIntBits(127);
            run(code.functions().quantise()[planes - 1], end(4L * ((rows - 1L) * wide + columns)), 0, 0, 0, 0);
        }
    }

    private void bf16() throws Throwable {
        Bf16Functions functions = code.bf16();
        int columns = size(100);
        int k = size(60);
        int steps = (k + 1) / 2;
        int stride = columns + random.nextInt(5);
        arguments[PanelCode.X_STRIDE] = 4L * stride;
        arguments[PanelCode.COUNT] = columns;
        arguments[PanelCode.STEPS] = k;
        arguments[PanelCode.TO] = end(panels(columns) * steps * form.stepBytes());
        arguments[PanelCode.TO_STRIDE] = (long) steps * form.stepBytes();
        runAt(functions.packRows(), end(4L * ((k - 1L) * stride + columns)), 0, 0, 0, 0);

        int rows = size(50);
        long rowBytes = (columns + 31L) / 32 * 64;
        arguments[PanelCode.X_STRIDE] = 4L * stride;
        arguments[PanelCode.COUNT] = rows;
        arguments[PanelCode.STEPS] = columns;
        arguments[PanelCode.TO] = end(rows * rowBytes);
        arguments[PanelCode.TO_STRIDE] = rowBytes;
        runAt(functions.rows(), end(4L * ((rows - 1L) * stride + columns)), 0, 0, 0, 0);

        int units = size(12) * Bf16Code.UNIT;
        stride = units + random.nextInt(5);
        arguments[PanelCode.X_STRIDE] = 4L * stride;
        arguments[PanelCode.COUNT] = columns;
        arguments[PanelCode.STEPS] = units / 2;
        arguments[PanelCode.TO] = end(panels(columns) * units / 2 * form.stepBytes());
        arguments[PanelCode.TO_STRIDE] = (long) units / 2 * form.stepBytes();
        runAt(functions.packTransposed(), end(4L * ((columns - 1L) * stride + units)), 0, 0, 0, 0);

        int some = size(form.width());
        int filledUp = (k + Bf16Code.FILLED_UP - 1) / Bf16Code.FILLED_UP * Bf16Code.FILLED_UP;
        stride = some + random.nextInt(5);
        arguments[PanelCode.X_STRIDE] = 4L * stride;
        arguments[PanelCode.COUNT] = some;
        arguments[PanelCode.STEPS] = k;
        arguments[PanelCode.TO] = end((long) form.width() * filledUp * Bf16Code.BYTES);
        arguments[PanelCode.TO_STRIDE] = (long) filledUp * Bf16Code.BYTES;
        runAt(functions.columns(), end(4L * ((k - 1L) * stride + some)), 0, 0, 0, 0);

        steps = filledUp / 2;
        rows = size(50);
        stride = columns + random.nextInt(5);
        long left = 4L * steps + 4L * random.nextInt(5);
        MachineCalls.tiles(form, arguments, rows, form.bf16Rows());
        arguments[ProductCode.X] = end((rows + form.rowsBehind() - 1L) * left + 4L * steps);
        arguments[ProductCode.X_STRIDE] = left;
        arguments[ProductCode.SCRATCH] = end(AmxTiles.SCRATCH_BYTES);
        arguments[ProductCode.STEPS] = steps;
        arguments[ProductCode.W] = end(panels(columns) * steps * form.stepBytes());
        arguments[ProductCode.PANEL] = (long) steps * form.stepBytes();
        arguments[ProductCode.COLUMNS] = columns;
        arguments[ProductCode.Y_STRIDE] = 4L * stride;
        arguments[ProductCode.BIAS] = random.nextInt(2) - 1;
        arguments[ProductCode.FINISH] = random.nextInt(3);
        runAt(functions.multiply(), 0, 0,
                end(4L * ((rows - 1L) * stride + columns)), end(4L * columns), 0);
    }

    private void functions() throws Throwable {
        int rows = size(5);
        int n = size(100);
        int stride = n + random.nextInt(5);
        long row = 4L * ((rows - 1L) * stride + n);
        row(rows, n, stride);
        run(code.functions().softmax(), end(row), 0, 0, 0, 0);
        row(rows, n, stride);
        arguments[RowCode.RESIDUAL] = random.nextInt(2) - 1;
        run(code.functions().layerNorm(), end(row), end(row), end(row), end(4L * n), end(4L * n));
        row(1, n, stride);
        run(code.functions().gelu(), end(4L * n), 0, end(4L * n), 0, 0);
        row(1, n, stride);
        run(code.functions().add(), end(4L * n), 0, end(4L * n), 0, 0);
    }

    private void row(int rows, int n, int stride) {
        arguments[RowCode.ROWS] = rows;
        arguments[RowCode.N] = n;
        arguments[RowCode.X_STRIDE] = 4L * stride;
        arguments[RowCode.Y_STRIDE] = 4L * stride;
        arguments[RowCode.RESIDUAL_STRIDE] = 4L * stride;
        arguments[RowCode.N_FLOAT] = Float.floatToRawIntBits(n);
        arguments[RowCode.N_DOUBLE] = Double.doubleToRawLongBits(n);
    }
}
