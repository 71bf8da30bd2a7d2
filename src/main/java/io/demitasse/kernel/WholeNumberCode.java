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
 * Emits what makes whole numbers of the rows of a left matrix that is multiplied with bytes, and sums up the bytes. Which
 * numbers, subclasses say.
 */
abstract class WholeNumberCode extends PanelCode {

    // The arguments of PanelCode, for rows in place of columns and floats of a row in place of steps, and more.
    /** The address of what is said of each row, and the whole number that a row's range becomes, as a float. */
    static final int ROW_SCALES = 6;
    static final int LARGEST = 7;
    /** The bytes of a plane. */
    static final int PLANE_BYTES = 8;
    static final int SIZE = 9;

    /** Of a row: its scale, a float; then what 0 is kept as, an int, negated, for each plane; and nothing. */
    static final int ROW_BYTES = 16;

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

    WholeNumberCode(VectorAssembler asm) {
        super(asm);
    }

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
        goOn(row);
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
