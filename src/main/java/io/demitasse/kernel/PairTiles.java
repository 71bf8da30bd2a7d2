package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;
import static io.demitasse.kernel.VectorAssembler.FLOAT;

/**
 * Tiles of bytes without VNNI: a row of the left matrix is whole numbers of two signed bytes, and the panel's bytes become
 * such on the way. Each int of a vector sums two of an output's four products; the range of numbers is one with which no
 * sum can overflow ({@link MachineWeight#rangeOfPairs}). At the end {@code y = (sum - what 0 is kept as * the sum of the
 * output's bytes) * scale of the row * scale of the output + bias}.
 *
 * <p>Sums of six rows fill the registers for one vector of outputs, so a panel's two are computed one after the other.
 */
final class PairTiles extends ProductCode {

    static final int HIGHEST = 6;
    private static final int UNROLLED = 4;
    /** What a step of a vector of outputs takes in: two registers of four outputs' bytes each, widened. */
    private static final int RIGHTS = 2 * HIGHEST;
    private static final int FACTOR = 14;
    private static final int PRODUCT = 15;

    private static final int[] BASES = {Assembler.R12, Assembler.R13};
    private static final int ROWS_A_BASE = 3;
    /** Bytes of the four numbers of a step. */
    private static final int LEFT_STEP = 8;
    private static final int RIGHT_NOW = Assembler.R8;
    private static final int RESULT_NOW = Assembler.R8;
    private static final int COUNT = Assembler.RAX;

    private final Avx2Assembler asm;

    PairTiles(Avx2Assembler asm, Assembler.Label gelu) {
        super(asm, HIGHEST, gelu);
        this.asm = asm;
    }

    private static int sum(int row, int quad) {
        return 2 * row + quad;
    }

    @Override
    boolean leftInArray() {
        return false;
    }

    /** A row is two strides long. */
    @Override
    void tile(int height) {
        for (int half = 0; half < 2; half++) {
            for (int sum = 0; sum < 2 * height; sum++) {
                asm.xor(sum, sum, sum);
            }
            asm.lea(RIGHT_NOW, at(RIGHT, half * asm.vector));
            asm.mov(BASES[0], LEFT);
            if (height > ROWS_A_BASE) {
                asm.imul(BASES[1], LEFT_STRIDE, 2 * ROWS_A_BASE);
                asm.add(BASES[1], LEFT);
            }
            steps(height, half == 0);
            finish(height, half);
        }
        asm.imul(Assembler.RAX, LEFT_STRIDE, 2 * height);
        asm.add(LEFT, Assembler.RAX);
        asm.imul(Assembler.RAX, RESULT_STRIDE, height);
        asm.add(RESULT, Assembler.RAX);
        asm.addImmediate(ROW_SCALE, height * WholeNumberCode.ROW_BYTES);
        asm.ret();
    }

    /** There are a multiple of 16 of them. */
    private void steps(int height, boolean fetching) {
        Assembler.Label loop = new Assembler.Label();
        asm.mov(COUNT, argument(STEPS));
        asm.shr(COUNT, 2);
        asm.align(32);
        asm.bind(loop);
        for (int step = 0; step < UNROLLED; step++) {
            asm.widenBytes(RIGHTS, at(RIGHT_NOW, step * asm.stepBytes()));
            asm.widenBytes(RIGHTS + 1, at(RIGHT_NOW, step * asm.stepBytes() + 16));
            if (fetching) {
                fetch();
            }
            for (int row = 0; row < height; row++) {
                int base = BASES[row / ROWS_A_BASE];
                int strides = row % ROWS_A_BASE;
                asm.broadcastFour(FACTOR, strides == 0 ? at(base, step * LEFT_STEP)
                        : at(base, LEFT_STRIDE, 2 * strides, step * LEFT_STEP));
                asm.pairsProduct(PRODUCT, FACTOR, RIGHTS);
                asm.addInts(sum(row, 0), sum(row, 0), PRODUCT);
                asm.pairsProduct(FACTOR, FACTOR, RIGHTS + 1);
                asm.addInts(sum(row, 1), sum(row, 1), FACTOR);
            }
        }
        asm.addImmediate(RIGHT_NOW, UNROLLED * asm.stepBytes());
        for (int base = 0; base * ROWS_A_BASE < height; base++) {
            asm.addImmediate(BASES[base], UNROLLED * LEFT_STEP);
        }
        asm.subImmediate(COUNT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, loop);
    }

    private void finish(int height, int half) {
        int scale = RIGHTS;
        int offset = sum(0, 1);
        int bytes = RIGHTS;
        int keptZero = FACTOR;
        int mask = half == 0 ? MASK : SECOND_MASK;
        for (int row = 0; row < height; row++) {
            asm.addNeighbours(sum(row, 0), sum(row, 0), sum(row, 1));
            asm.permutePairs(sum(row, 0), sum(row, 0), 0xD8);
        }
        asm.mov(Assembler.RAX, argument(SUMS_NOW));
        asm.load(bytes, at(Assembler.RAX, half * asm.vector));
        for (int row = 0; row < height; row++) {
            asm.multiplyInts(keptZero, bytes, at(ROW_SCALE, row * WholeNumberCode.ROW_BYTES + FLOAT));
            asm.addInts(sum(row, 0), sum(row, 0), keptZero);
            asm.toFloats(sum(row, 0), sum(row, 0));
        }
        asm.columnMasksAgain(MASK, SECOND_MASK, argument(COLUMNS_LEFT));
        asm.mov(Assembler.RAX, argument(SCALES_NOW));
        asm.load(scale, at(Assembler.RAX, half * asm.vector));
        asm.mov(Assembler.RAX, argument(BIAS_NOW));
        asm.loadOrZero(mask, offset, at(Assembler.RAX, half * asm.vector));
        asm.mov(RESULT_NOW, RESULT);
        for (int row = 0; row < height; row++) {
            asm.floatsByOne(MULTIPLY, sum(row, 0), sum(row, 0), at(ROW_SCALE, row * WholeNumberCode.ROW_BYTES));
            asm.fmaInto(sum(row, 0), scale, offset);
            asm.storeSome(mask, at(RESULT_NOW, half * asm.vector), sum(row, 0));
            asm.add(RESULT_NOW, RESULT_STRIDE);
        }
    }
}
