package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.ADD;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.DIVIDE;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MAXIMUM;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MINIMUM;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.SUBTRACT;
import static io.demitasse.kernel.VectorAssembler.FLOAT;

import java.util.function.BiConsumer;

/**
 * Emits what lays matrices out for {@link ProductCode}: right ones as panels, left ones, where they are multiplied with
 * bytes, as whole numbers. Which numbers, subclasses say.
 */
abstract class LayoutCode {

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
    /** The address of what is said of each row, and the whole number that a row's range becomes, as a float. */
    static final int ROW_SCALES = 6;
    static final int LARGEST = 7;
    /** The bytes of a plane. */
    static final int PLANE_BYTES = 8;
    static final int SIZE = 9;

    /** Of a row: its scale, a float; then what 0 is kept as, an int, negated, for each plane; and nothing. */
    static final int ROW_BYTES = 16;

    private static final int FROM = Assembler.RDI;
    private static final int FROM_STRIDE = Assembler.RSI;
    static final int RESULT = Assembler.RDX;
    private static final int LEFT = Assembler.R10;
    static final int POSITION = Assembler.R11;
    static final int NOW = Assembler.R8;
    private static final int STEPS_LEFT = Assembler.RCX;

    // Registers of a row that becomes whole numbers.
    static final int NUMBERS = 1;
    static final int MAX = 2;
    static final int MIN = 3;
    /** 0, unless something is not a number, or infinite. */
    static final int POISON = 4;
    static final int ZERO = 5;
    /** What numbers are multiplied by, and what 0 is kept as. */
    static final int FACTOR = 6;
    static final int KEPT_ZERO = 7;

    private final VectorAssembler asm;

    LayoutCode(VectorAssembler asm) {
        this.asm = asm;
    }

    // Panels

    /**
     * Panels of a matrix whose columns lie as rows in a, {@code [columns, steps]} of floats, or of four bytes as which
     * a float is as good as any; the steps are a multiple of four. Columns that are missing in the last panel repeat the
     * last one that is there.
     */
    final void packTransposed(Assembler.Label entry) {
        Assembler.Label panel = new Assembler.Label();
        begin(entry);
        asm.quarterMasks();
        asm.subImmediate(Assembler.RSP, 16 * 8);
        asm.bind(panel);
        for (int half = 0; half < 2; half++) {
            transposeHalf(half);
        }
        asm.imul(Assembler.RAX, FROM_STRIDE, asm.width());
        asm.add(FROM, Assembler.RAX);
        asm.add(RESULT, argument(TO_STRIDE));
        asm.subImmediate(LEFT, asm.width());
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

    /** A vector of columns of a panel, four steps at a time: 4 x 4 floats in each quarter of four vectors change places. */
    private void transposeHalf(int half) {
        addressesOfColumns(half);
        Assembler.Label loop = new Assembler.Label();
        asm.movImmediate(POSITION, 0);
        asm.lea(NOW, at(RESULT, half * asm.vector));
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.bind(loop);
        for (int column = 0; column < 4; column++) {
            for (int quarter = 0; quarter < asm.lanes / 4; quarter++) {
                asm.mov(Assembler.RAX, at(Assembler.RSP, 8 * (4 * quarter + column)));
                asm.loadQuarter(quarter, column, at(Assembler.RAX, POSITION, 1, 0));
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
            asm.store(at(NOW, step * asm.stepBytes()), step);
        }
        asm.addImmediate(NOW, 4 * asm.stepBytes());
        asm.addImmediate(POSITION, 4 * FLOAT);
        asm.subImmediate(STEPS_LEFT, 4);
        asm.jumpIf(Assembler.GREATER, loop);
    }

    /** Puts them on the stack; the last one that is there for those that are not. */
    private void addressesOfColumns(int half) {
        int column = Assembler.RAX;
        int last = Assembler.RCX;
        // The last column that is there, and none before the panel's first.
        asm.mov(NOW, LEFT);
        asm.subImmediate(NOW, 1);
        asm.movImmediate(last, asm.width() - 1);
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
        asm.imul(column, FROM_STRIDE, asm.lanes * half);
        asm.add(column, FROM);
        for (int i = 0; i < asm.lanes; i++) {
            asm.cmp(column, last);
            asm.cmov(Assembler.ABOVE, column, last);
            asm.mov(at(Assembler.RSP, 8 * i), column);
            asm.add(column, FROM_STRIDE);
        }
    }

    /** Panels of a matrix as it lies in a, {@code [steps, columns]}. Columns that are missing are zeros. */
    final void packRows(Assembler.Label entry) {
        Assembler.Label panel = new Assembler.Label();
        Assembler.Label step = new Assembler.Label();
        begin(entry);
        asm.bind(panel);
        asm.mov(argument(COUNT), LEFT);
        asm.columnMasks(ProductCode.MASK, ProductCode.SECOND_MASK, argument(COUNT));
        asm.mov(POSITION, FROM);
        asm.mov(NOW, RESULT);
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.bind(step);
        asm.loadOrZero(ProductCode.MASK, 0, at(POSITION, 0));
        asm.loadOrZero(ProductCode.SECOND_MASK, 1, at(POSITION, asm.vector));
        asm.store(at(NOW, 0), 0);
        asm.store(at(NOW, asm.vector), 1);
        asm.add(POSITION, FROM_STRIDE);
        asm.addImmediate(NOW, asm.stepBytes());
        asm.subImmediate(STEPS_LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, step);
        asm.addImmediate(FROM, asm.stepBytes());
        asm.add(RESULT, argument(TO_STRIDE));
        asm.subImmediate(LEFT, asm.width());
        asm.jumpIf(Assembler.GREATER, panel);
        asm.vzeroupper();
        asm.ret();
    }

    // Whole numbers

    /** The sum of each output's bytes in panels at TO, as ints to the address ROW_SCALES. */
    final void sums(Assembler.Label entry) {
        sums(entry, this::addBytes);
    }

    /** Of what becomes of the four bytes in the place of an int, which {@code add} adds to a vector. */
    final void sums(Assembler.Label entry, BiConsumer<Integer, Assembler.Memory> add) {
        Assembler.Label panel = new Assembler.Label();
        Assembler.Label step = new Assembler.Label();
        begin(entry);
        asm.mov(POSITION, argument(ROW_SCALES));
        beginSums();
        asm.bind(panel);
        asm.mov(NOW, RESULT);
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.xor(0, 0, 0);
        asm.xor(1, 1, 1);
        asm.bind(step);
        add.accept(0, at(NOW, 0));
        add.accept(1, at(NOW, asm.vector));
        asm.addImmediate(NOW, asm.stepBytes());
        asm.subImmediate(STEPS_LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, step);
        asm.store(at(POSITION, 0), 0);
        asm.store(at(POSITION, asm.vector), 1);
        asm.addImmediate(POSITION, asm.stepBytes());
        asm.add(RESULT, argument(TO_STRIDE));
        asm.subImmediate(LEFT, asm.width());
        asm.jumpIf(Assembler.GREATER, panel);
        asm.vzeroupper();
        asm.ret();
    }

    /** Loads what {@link #addBytes} needs into vectors from 4 on. */
    abstract void beginSums();

    /** Adds to each int of vector {@code sum} the four bytes in its place. */
    abstract void addBytes(int sum, Assembler.Memory from);

    /**
     * Rows of floats in a as whole numbers. The range from the smallest to the largest number of a row, and to 0, becomes
     * one of {@link #LARGEST}; 0 itself is kept as a whole number. What is not a number, or infinite, makes the row's
     * scale not a number.
     */
    final void quantise(Assembler.Label entry) {
        Assembler.Label row = new Assembler.Label();
        begin(entry);
        asm.tailMask(1, argument(STEPS));
        asm.xor(ZERO, ZERO, ZERO);
        asm.bind(row);
        for (int found : new int[] {MAX, MIN, POISON}) {
            asm.xor(found, found, found);
        }
        vectors(this::range);
        asm.acrossElements(MAXIMUM, MAX, 8);
        asm.acrossElements(MINIMUM, MIN, 8);
        asm.acrossElements(ADD, POISON, 8);
        asm.mov(Assembler.RAX, argument(ROW_SCALES));
        scale(Assembler.RAX);
        asm.addImmediate(Assembler.RAX, ROW_BYTES);
        asm.mov(argument(ROW_SCALES), Assembler.RAX);
        vectors(() -> {
            asm.floats(MULTIPLY, NUMBERS, NUMBERS, FACTOR);
            asm.toInts(NUMBERS, NUMBERS);
            asm.addInts(NUMBERS, NUMBERS, KEPT_ZERO);
            write();
        });
        asm.add(FROM, FROM_STRIDE);
        asm.add(RESULT, argument(TO_STRIDE));
        asm.subImmediate(LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, row);
        asm.vzeroupper();
        asm.ret();
    }

    /** Of two operands of which one is not a number, the processor gives the second. */
    private void range() {
        asm.floats(MAXIMUM, MAX, NUMBERS, MAX);
        asm.floats(MINIMUM, MIN, NUMBERS, MIN);
        asm.fma(POISON, NUMBERS, ZERO);
    }

    /** {@code scale = (max - min) / LARGEST}, {@code kept = round(-min * LARGEST / (max - min))}; written to {@code row}. */
    private void scale(int row) {
        int range = 8;
        asm.floats(SUBTRACT, range, MAX, MIN);
        asm.broadcast(FACTOR, argument(LARGEST));
        asm.floats(DIVIDE, MAX, range, FACTOR);
        asm.floats(ADD, MAX, MAX, POISON);
        asm.floats(DIVIDE, FACTOR, FACTOR, range);
        asm.floats(SUBTRACT, KEPT_ZERO, ZERO, MIN);
        asm.floats(MULTIPLY, KEPT_ZERO, KEPT_ZERO, FACTOR);
        asm.toInts(KEPT_ZERO, KEPT_ZERO);
        asm.storeSingle(at(row, 0), MAX);
        keepZero(row);
    }

    /** Writes what 0 is kept as; may change MAX and MIN. */
    abstract void keepZero(int row);

    /** Writes the ints {@link #NUMBERS} to its place: POSITION is the number of the first. */
    abstract void write();

    /** Over the vectors of a row; POSITION counts floats. What a row's last vector has too many is as 0. */
    private void vectors(Runnable body) {
        Assembler.Label loop = new Assembler.Label();
        Assembler.Label rest = new Assembler.Label();
        Assembler.Label done = new Assembler.Label();
        asm.movImmediate(POSITION, 0);
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.shr(STEPS_LEFT, Integer.numberOfTrailingZeros(asm.lanes));
        asm.jumpIf(Assembler.EQUAL, rest);
        asm.bind(loop);
        asm.load(NUMBERS, at(FROM, POSITION, 4, 0));
        body.run();
        asm.addImmediate(POSITION, asm.lanes);
        asm.subImmediate(STEPS_LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, loop);
        asm.bind(rest);
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.andImmediate(STEPS_LEFT, asm.lanes - 1);
        asm.jumpIf(Assembler.EQUAL, done);
        asm.loadOrZero(1, NUMBERS, at(FROM, POSITION, 4, 0));
        body.run();
        asm.bind(done);
    }
}
