package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.Avx512Assembler.VECTOR;
import static io.demitasse.kernel.VectorAssembler.FLOAT;

/** {@link ByteTiles} by AMX: the same sums of the same bytes in the same places. */
final class AmxByteTiles extends AmxTiles {

    private final ByteFinish finish;

    AmxByteTiles(Avx512Assembler asm, int planes, Assembler.Label gelu) {
        super(asm, planes, gelu);
        this.finish = new ByteFinish(asm, planes);
    }

    @Override
    void product(int sums, int left, int right) {
        asm.tileBytesProduct(sums, left, right);
    }

    @Override
    void step() {
        fetch();
    }

    @Override
    void beginRows() {
        finish.begin(0);
        finish.begin(1);
        asm.mov(Assembler.RAX, argument(SUMS_NOW));
        asm.load(16, at(Assembler.RAX, 0));
        asm.load(17, at(Assembler.RAX, VECTOR));
    }

    @Override
    void finishRow() {
        for (int half = 0; half < 2; half++) {
            for (int plane = 0; plane < planes; plane++) {
                int sum = 2 * plane + half;
                asm.multiplyInts(sum, 16 + half, at(ROW_SCALE, FLOAT * (1 + plane)));
                asm.addInts(sum, sum, at(SUMS_OF_ROW, plane * asm.stepBytes() + half * VECTOR));
            }
            finish.vector(half, 2 + half, half, at(ROW_SCALE, 0), at(RESULT, half * VECTOR));
        }
    }
}
