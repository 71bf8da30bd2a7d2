package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.ADD;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.DIVIDE;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MAXIMUM;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.SUBTRACT;

/**
 * Whole numbers for {@link PairTiles}: two signed bytes each, the largest amount of a row becoming {@link #LARGEST}. Sums
 * are those of the amounts of an output's bytes, which say how large that may be.
 */
final class PairCode extends LayoutCode {

    private static final int ONES = 4;
    private static final int ONES_OF_TWO_BYTES = 5;

    private final Avx2Assembler asm;
    private final Assembler.Label ones = new Assembler.Label();
    private final Assembler.Label onesOfTwoBytes = new Assembler.Label();

    PairCode(Avx2Assembler asm) {
        super(asm);
        this.asm = asm;
        asm.align(4);
        asm.bind(ones);
        asm.int32(0x01010101);
        asm.bind(onesOfTwoBytes);
        asm.int32(0x00010001);
    }

    @Override
    void beginSums() {
        asm.broadcast(ONES, at(ones));
        asm.broadcast(ONES_OF_TWO_BYTES, at(onesOfTwoBytes));
    }

    /** The sum of the bytes' amounts. */
    @Override
    void addBytes(int sum, Assembler.Memory from) {
        asm.absoluteBytes(3, from);
        asm.bytePairsProduct(3, 3, ONES);
        asm.pairsProduct(3, 3, ONES_OF_TWO_BYTES);
        asm.addInts(sum, sum, 3);
    }

    /** {@code scale = largest amount / LARGEST}. */
    @Override
    void scale(int row) {
        asm.floats(SUBTRACT, MIN, ZERO, MIN);
        asm.floats(MAXIMUM, MAX, MAX, MIN);
        asm.broadcast(FACTOR, argument(LARGEST));
        asm.floats(DIVIDE, MIN, MAX, FACTOR);
        asm.floats(ADD, MIN, MIN, POISON);
        asm.storeSingle(at(row, 0), MIN);
        asm.floats(DIVIDE, FACTOR, FACTOR, MAX);
    }

    @Override
    void round() {
        asm.floats(MULTIPLY, NUMBERS, NUMBERS, FACTOR);
        asm.toInts(NUMBERS, NUMBERS);
        asm.narrowInts(NUMBERS, NUMBERS);
        asm.permutePairs(NUMBERS, NUMBERS, 0x08);
        asm.storeHalf(at(RESULT, POSITION, 2, 0), NUMBERS);
    }
}
