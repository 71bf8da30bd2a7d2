package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.Avx512Assembler.VECTOR;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.ADD;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;

/**
 * Tiles of pairs of bfloat16 by AMX. Of the 32 products that a tile adds to an output, those of the pairs' first numbers are
 * one chain of fused multiply-adds and those of the second another; both chains' sum is added to what was there. What is too
 * small to be normal is as 0 (Intel SDM, TDPBF16PS).
 */
final class AmxBf16Tiles extends AmxTiles {

    private static final int ALPHA_NOW = 4;
    private static final int BETA_NOW = 5;

    AmxBf16Tiles(Avx512Assembler asm, Assembler.Label gelu) {
        super(asm, 1, gelu);
    }

    @Override
    void product(int sums, int left, int right) {
        asm.tileBf16Product(sums, left, right);
    }

    /** Panels have just been laid out, so there is nothing to fetch. */
    @Override
    void step() {
    }

    @Override
    void beginRows() {
        asm.broadcast(ALPHA_NOW, argument(ALPHA));
        asm.broadcast(BETA_NOW, argument(BETA));
        asm.mov(Assembler.RAX, argument(FINISH));
    }

    /** {@code y = sums}, {@code alpha sums} or {@code alpha sums + beta y}. */
    @Override
    void finishRow() {
        Assembler.Label store = new Assembler.Label();
        asm.load(0, at(SUMS_OF_ROW, 0));
        asm.load(1, at(SUMS_OF_ROW, VECTOR));
        asm.test(Assembler.RAX, Assembler.RAX);
        asm.jumpIf(Assembler.EQUAL, store);
        asm.floats(MULTIPLY, 0, 0, ALPHA_NOW);
        asm.floats(MULTIPLY, 1, 1, ALPHA_NOW);
        asm.cmpImmediate(Assembler.RAX, 1);
        asm.jumpIf(Assembler.EQUAL, store);
        for (int half = 0; half < 2; half++) {
            asm.loadOrZero(half == 0 ? MASK : SECOND_MASK, 2 + half, at(RESULT, half * VECTOR));
            asm.floats(MULTIPLY, 2 + half, 2 + half, BETA_NOW);
            asm.floats(ADD, half, half, 2 + half);
        }
        asm.bind(store);
        asm.storeSome(MASK, at(RESULT, 0), 0);
        asm.storeSome(SECOND_MASK, at(RESULT, VECTOR), 1);
    }
}
