package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.STEP_BYTES;
import static io.demitasse.kernel.ProductCode.WIDTH;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.ADD;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.DIVIDE;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MAXIMUM;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MINIMUM;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.SUBTRACT;
import static io.demitasse.kernel.VectorAssembler.FLOAT;
import static io.demitasse.kernel.VectorAssembler.VECTOR;

/** Emits what lays matrices out for {@link ProductCode}: right ones as panels, left ones as bytes. */
final class LayoutCode {

    // The arguments: places in an array of longs. Offsets and strides are in bytes.
    static final int X = 0;
    static final int X_STRIDE = 1;
    /** Columns of the right matrix, or rows of the left one. */
    static final int COUNT = 2;
    /** Steps of a panel, or floats of a row. */
    static final int STEPS = 3;
    /** The address of the first panel or row, and the bytes of each. */
    static final int TO = 4;
    static final int TO_STRIDE = 5;
    /** The address of what is said of each row, and the whole number to which a row's range is scaled, as a float. */
    static final int ROW_SCALES = 6;
    static final int LARGEST = 7;
    /** The bytes of a plane. */
    static final int PLANE_BYTES = 8;
    static final int SIZE = 9;

    /** Of a row: its scale, a float; then of each plane what 0 is kept as, an int, negated; and nothing. */
    static final int ROW_BYTES = 16;

    private static final int FROM = Assembler.RDI;
    private static final int FROM_STRIDE = Assembler.RSI;
    private static final int RESULT = Assembler.RDX;
    private static final int LEFT = Assembler.R10;
    private static final int POSITION = Assembler.R11;
    private static final int NOW = Assembler.R8;
    private static final int STEPS_LEFT = Assembler.RCX;

    private final VectorAssembler asm;
    private final Assembler.Label ones = new Assembler.Label();

    LayoutCode(VectorAssembler asm) {
        this.asm = asm;
        asm.align(4);
        asm.bind(ones);
        asm.int32(0x01010101);
    }

    /**
     * Panels of a matrix whose columns lie as rows in a, {@code [columns, steps]} of floats, or of four bytes as which
     * a float is as good as any; the steps are a multiple of four. Columns that are missing in the last panel repeat the
     * last one that is there.
     */
    void packTransposed(Assembler.Label entry) {
        Assembler.Label panel = new Assembler.Label();
        begin(entry);
        quarterMasks();
        asm.subImmediate(Assembler.RSP, 16 * 8);
        asm.bind(panel);
        for (int half = 0; half < 2; half++) {
            transposeHalf(half);
        }
        asm.imul(Assembler.RAX, FROM_STRIDE, WIDTH);
        asm.add(FROM, Assembler.RAX);
        asm.add(RESULT, argument(TO_STRIDE));
        asm.subImmediate(LEFT, WIDTH);
        asm.jumpIf(Assembler.GREATER, panel);
        asm.addImmediate(Assembler.RSP, 16 * 8);
        asm.vzeroupper();
        asm.ret();
    }

    private void begin(Assembler.Label entry) {
        asm.align(32);
        asm.bind(entry);
        asm.add(FROM, argument(X));
        asm.mov(FROM_STRIDE, argument(X_STRIDE));
        asm.mov(RESULT, argument(TO));
        asm.mov(LEFT, argument(COUNT));
    }

    /** Masks 5, 6 and 7 for the second, third and fourth quarter of a vector. */
    private void quarterMasks() {
        for (int quarter = 1; quarter < 4; quarter++) {
            asm.movImmediate(Assembler.RAX, 0xF << 4 * quarter);
            asm.maskFrom(4 + quarter, Assembler.RAX);
        }
    }

    /** 16 columns of a panel, four steps at a time: 4 x 4 floats in each quarter of four vectors change places. */
    private void transposeHalf(int half) {
        addressesOfColumns(half);
        Assembler.Label loop = new Assembler.Label();
        asm.movImmediate(POSITION, 0);
        asm.lea(NOW, at(RESULT, half * VECTOR));
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.bind(loop);
        for (int column = 0; column < 4; column++) {
            for (int quarter = 0; quarter < 4; quarter++) {
                asm.mov(Assembler.RAX, at(Assembler.RSP, 8 * (4 * quarter + column)));
                asm.masked(quarter == 0 ? 0 : 4 + quarter)
                        .broadcastQuarter(column, at(Assembler.RAX, POSITION, 1, 0));
            }
        }
        asm.interleaveLow(4, 0, 1);
        asm.interleaveHigh(5, 0, 1);
        asm.interleaveLow(6, 2, 3);
        asm.interleaveHigh(7, 2, 3);
        asm.interleavePairsLow(0, 4, 6);
        asm.interleavePairsHigh(1, 4, 6);
        asm.interleavePairsLow(2, 5, 7);
        asm.interleavePairsHigh(3, 5, 7);
        for (int step = 0; step < 4; step++) {
            asm.store(at(NOW, step * STEP_BYTES), step);
        }
        asm.addImmediate(NOW, 4 * STEP_BYTES);
        asm.addImmediate(POSITION, 4 * FLOAT);
        asm.subImmediate(STEPS_LEFT, 4);
        asm.jumpIf(Assembler.GREATER, loop);
    }

    /** Puts them on the stack; the last one that is there for those that are not. */
    private void addressesOfColumns(int half) {
        int column = Assembler.RAX;
        int last = Assembler.RCX;
        // The last column of these 16 that is there, and none before the panel's first.
        asm.mov(NOW, LEFT);
        asm.subImmediate(NOW, 1);
        asm.movImmediate(last, WIDTH - 1);
        asm.cmp(NOW, last);
        asm.cmov(Assembler.GREATER, NOW, last);
        asm.mov(last, FROM);
        Assembler.Label found = new Assembler.Label();
        Assembler.Label next = new Assembler.Label();
        asm.test(NOW, NOW);
        asm.jumpIf(Assembler.EQUAL, found);
        asm.bind(next);
        asm.add(last, FROM_STRIDE);
        asm.subImmediate(NOW, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, next);
        asm.bind(found);
        asm.imul(column, FROM_STRIDE, 16 * half);
        asm.add(column, FROM);
        for (int i = 0; i < 16; i++) {
            asm.cmp(column, last);
            asm.cmov(Assembler.ABOVE, column, last);
            asm.mov(at(Assembler.RSP, 8 * i), column);
            asm.add(column, FROM_STRIDE);
        }
    }

    /** Panels of a matrix as it lies in a, {@code [steps, columns]}. Columns that are missing are zeros. */
    void packRows(Assembler.Label entry) {
        Assembler.Label panel = new Assembler.Label();
        Assembler.Label step = new Assembler.Label();
        begin(entry);
        asm.bind(panel);
        asm.mov(argument(COUNT), LEFT);
        ProductCode.columnMasks(asm, argument(COUNT));
        asm.mov(POSITION, FROM);
        asm.mov(NOW, RESULT);
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.bind(step);
        asm.maskedToZero(ProductCode.MASK).load(0, at(POSITION, 0));
        asm.maskedToZero(ProductCode.SECOND_MASK).load(1, at(POSITION, VECTOR));
        asm.store(at(NOW, 0), 0);
        asm.store(at(NOW, VECTOR), 1);
        asm.add(POSITION, FROM_STRIDE);
        asm.addImmediate(NOW, STEP_BYTES);
        asm.subImmediate(STEPS_LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, step);
        asm.addImmediate(FROM, STEP_BYTES);
        asm.add(RESULT, argument(TO_STRIDE));
        asm.subImmediate(LEFT, WIDTH);
        asm.jumpIf(Assembler.GREATER, panel);
        asm.vzeroupper();
        asm.ret();
    }

    /** The sum of each output's bytes in panels at TO, as ints to the address ROW_SCALES. */
    void sums(Assembler.Label entry) {
        Assembler.Label panel = new Assembler.Label();
        Assembler.Label step = new Assembler.Label();
        begin(entry);
        asm.mov(POSITION, argument(ROW_SCALES));
        asm.broadcast(2, at(ones));
        asm.bind(panel);
        asm.mov(NOW, RESULT);
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.xor(0, 0, 0);
        asm.xor(1, 1, 1);
        asm.bind(step);
        asm.load(3, at(NOW, 0));
        asm.load(4, at(NOW, VECTOR));
        asm.bytesProduct(0, 2, 3);
        asm.bytesProduct(1, 2, 4);
        asm.addImmediate(NOW, STEP_BYTES);
        asm.subImmediate(STEPS_LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, step);
        asm.store(at(POSITION, 0), 0);
        asm.store(at(POSITION, VECTOR), 1);
        asm.addImmediate(POSITION, STEP_BYTES);
        asm.add(RESULT, argument(TO_STRIDE));
        asm.subImmediate(LEFT, WIDTH);
        asm.jumpIf(Assembler.GREATER, panel);
        asm.vzeroupper();
        asm.ret();
    }

    /**
     * Rows of floats in a as planes of unsigned bytes. The range from the smallest to the largest number of a row, and to
     * 0, becomes that from 0 to {@link #LARGEST}; 0 itself is kept as a whole number. What is not a number, or infinite,
     * makes the row's scale not a number.
     */
    void quantise(Assembler.Label entry, int planes) {
        Assembler.Label row = new Assembler.Label();
        begin(entry);
        asm.tailMask(1, argument(STEPS));
        asm.xor(ZERO, ZERO, ZERO);
        asm.bind(row);
        for (int found : new int[] {MAX, MIN, POISON}) {
            asm.xor(found, found, found);
        }
        vectors(() -> {
            asm.load(NUMBERS, at(FROM, POSITION, 4, 0));
            range();
        }, () -> {
            asm.maskedToZero(1).load(NUMBERS, at(FROM, POSITION, 4, 0));
            range();
        });
        asm.acrossElements(MAXIMUM, MAX, 8);
        asm.acrossElements(MINIMUM, MIN, 8);
        asm.acrossElements(ADD, POISON, 8);
        scale(planes);
        asm.mov(NOW, argument(PLANE_BYTES));
        asm.add(NOW, RESULT);
        vectors(() -> {
            asm.load(NUMBERS, at(FROM, POSITION, 4, 0));
            round(planes);
        }, () -> {
            asm.maskedToZero(1).load(NUMBERS, at(FROM, POSITION, 4, 0));
            round(planes);
        });
        asm.add(FROM, FROM_STRIDE);
        asm.add(RESULT, argument(TO_STRIDE));
        asm.subImmediate(LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, row);
        asm.vzeroupper();
        asm.ret();
    }

    private static final int NUMBERS = 1;
    private static final int MAX = 2;
    private static final int MIN = 3;
    /** 0, unless something is not a number, or infinite. */
    private static final int POISON = 4;
    private static final int ZERO = 5;
    /** What numbers are multiplied by, and what 0 is kept as. */
    private static final int FACTOR = 6;
    private static final int KEPT_ZERO = 7;

    /** Of two operands of which one is not a number, the processor gives the second. */
    private void range() {
        asm.floats(MAXIMUM, MAX, NUMBERS, MAX);
        asm.floats(MINIMUM, MIN, NUMBERS, MIN);
        asm.fma(POISON, NUMBERS, ZERO);
    }

    /** {@code scale = (max - min) / largest}, {@code kept = round(-min * largest / (max - min))}. */
    private void scale(int planes) {
        int range = 8;
        int row = Assembler.RAX;
        asm.floats(SUBTRACT, range, MAX, MIN);
        asm.broadcast(FACTOR, argument(LARGEST));
        asm.floats(DIVIDE, MAX, range, FACTOR);
        asm.floats(ADD, MAX, MAX, POISON);
        asm.floats(DIVIDE, FACTOR, FACTOR, range);
        asm.floats(SUBTRACT, KEPT_ZERO, ZERO, MIN);
        asm.floats(MULTIPLY, KEPT_ZERO, KEPT_ZERO, FACTOR);
        asm.toInts(KEPT_ZERO, KEPT_ZERO);
        asm.mov(row, argument(ROW_SCALES));
        asm.storeSingle(at(row, 0), MAX);
        if (planes == 2) {
            asm.shiftRight(MAX, KEPT_ZERO, 8);
            asm.shiftLeft(MIN, KEPT_ZERO, 24);
            asm.shiftRight(MIN, MIN, 24);
            asm.subtractInts(MIN, ZERO, MIN);
            asm.storeSingle(at(row, 2 * FLOAT), MIN);
        } else {
            asm.move(MAX, KEPT_ZERO);
        }
        asm.subtractInts(MAX, ZERO, MAX);
        asm.storeSingle(at(row, FLOAT), MAX);
        asm.addImmediate(row, ROW_BYTES);
        asm.mov(argument(ROW_SCALES), row);
    }

    private void round(int planes) {
        asm.floats(MULTIPLY, NUMBERS, NUMBERS, FACTOR);
        asm.toInts(NUMBERS, NUMBERS);
        asm.addInts(NUMBERS, NUMBERS, KEPT_ZERO);
        if (planes == 2) {
            asm.storeBytes(at(NOW, POSITION, 1, 0), NUMBERS);
            asm.shiftRight(NUMBERS, NUMBERS, 8);
        }
        asm.storeBytes(at(RESULT, POSITION, 1, 0), NUMBERS);
    }

    /** Over the vectors of a row; POSITION counts floats. What a row's last vector has too many is as 0. */
    private void vectors(Runnable whole, Runnable tail) {
        Assembler.Label loop = new Assembler.Label();
        Assembler.Label rest = new Assembler.Label();
        Assembler.Label done = new Assembler.Label();
        asm.movImmediate(POSITION, 0);
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.shr(STEPS_LEFT, 4);
        asm.jumpIf(Assembler.EQUAL, rest);
        asm.bind(loop);
        whole.run();
        asm.addImmediate(POSITION, 16);
        asm.subImmediate(STEPS_LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, loop);
        asm.bind(rest);
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.andImmediate(STEPS_LEFT, 15);
        asm.jumpIf(Assembler.EQUAL, done);
        tail.run();
        asm.bind(done);
    }
}
