package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;
import static io.demitasse.kernel.VectorAssembler.FLOAT;

/**
 * Whole numbers for {@link PairTiles}: two signed bytes each, from minus half of {@link #LARGEST} to half of it. How
 * large that may be, the amounts of an output's bytes say.
 */
final class PairCode extends WholeNumberCode {

    private static final int ONES = 4;
    private static final int ONES_OF_TWO_BYTES = 5;

    private final Avx2Assembler asm;
    private final Assembler.Label ones = new Assembler.Label();
    private final Assembler.Label onesOfTwoBytes = new Assembler.Label();
    private final Assembler.Label half = new Assembler.Label();

    PairCode(Avx2Assembler asm) {
        super(asm);
        this.asm = asm;
        asm.align(4);
        asm.bind(ones);
        asm.int32(0x01010101);
        asm.bind(onesOfTwoBytes);
        asm.int32(0x00010001);
        asm.bind(half);
        asm.int32(Float.floatToRawIntBits(0.5f));
    }

    @Override
    void beginSums() {
        asm.broadcast(ONES, at(ones));
        asm.broadcast(ONES_OF_TWO_BYTES, at(onesOfTwoBytes));
    }

    @Override
    void addBytes(int sum, Assembler.Memory from) {
        asm.load(3, from);
        asm.bytePairsProduct(3, ONES, 3);
        addPairs(sum);
    }

    /** {@link #sums} of the bytes' amounts. */
    void amounts(Assembler.Label entry) {
        sums(entry, (sum, from) -> {
            asm.absoluteBytes(3, from);
            asm.bytePairsProduct(3, 3, ONES);
            addPairs(sum);
        });
    }

    private void addPairs(int sum) {
        asm.pairsProduct(3, 3, ONES_OF_TWO_BYTES);
        asm.addInts(sum, sum, 3);
    }

    @Override
    void keepZero(int row) {
        asm.broadcast(MIN, argument(LARGEST));
        asm.floatsByOne(MULTIPLY, MIN, MIN, at(half));
        asm.toInts(MIN, MIN);
        asm.subtractInts(KEPT_ZERO, KEPT_ZERO, MIN);
        asm.subtractInts(MAX, ZERO, KEPT_ZERO);
        asm.storeSingle(at(row, FLOAT), MAX);
    }

    @Override
    void write() {
        asm.narrowInts(NUMBERS, NUMBERS);
        asm.permutePairs(NUMBERS, NUMBERS, 0x08);
        asm.storeHalf(at(RESULT, POSITION, 2, 0), NUMBERS);
    }
}
