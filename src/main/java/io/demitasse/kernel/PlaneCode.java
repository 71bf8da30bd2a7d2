package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.ADD;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.DIVIDE;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.SUBTRACT;
import static io.demitasse.kernel.VectorAssembler.FLOAT;

/**
 * Whole numbers for {@link ByteTiles} and {@link AmxTiles}: planes of unsigned bytes, one or two. The range from a row's
 * smallest to its largest number, and to 0, becomes that from 0 to {@link #LARGEST}; 0 itself is kept as a whole number.
 * Behind a row's scale stands what 0 is kept as, an int, negated, for each plane.
 */
final class PlaneCode extends LayoutCode {

    private static final int ONES = 4;
    /** What 0 is kept as. */
    private static final int KEPT_ZERO = 7;

    private final Avx512Assembler asm;
    private final int planes;
    private final Assembler.Label ones = new Assembler.Label();

    PlaneCode(Avx512Assembler asm, int planes) {
        super(asm);
        this.asm = asm;
        this.planes = planes;
        asm.align(4);
        asm.bind(ones);
        asm.int32(0x01010101);
    }

    @Override
    void beginSums() {
        asm.broadcast(ONES, at(ones));
    }

    /** The sum of the bytes. */
    @Override
    void addBytes(int sum, Assembler.Memory from) {
        asm.load(3, from);
        asm.bytesProduct(sum, ONES, 3);
    }

    /** {@code scale = (max - min) / largest}, {@code kept = round(-min * largest / (max - min))}. */
    @Override
    void scale(int row) {
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
        asm.mov(NOW, argument(PLANE_BYTES));
        asm.add(NOW, RESULT);
    }

    @Override
    void round() {
        asm.floats(MULTIPLY, NUMBERS, NUMBERS, FACTOR);
        asm.toInts(NUMBERS, NUMBERS);
        asm.addInts(NUMBERS, NUMBERS, KEPT_ZERO);
        if (planes == 2) {
            asm.storeBytes(at(NOW, POSITION, 1, 0), NUMBERS);
            asm.shiftRight(NUMBERS, NUMBERS, 8);
        }
        asm.storeBytes(at(RESULT, POSITION, 1, 0), NUMBERS);
    }
}
