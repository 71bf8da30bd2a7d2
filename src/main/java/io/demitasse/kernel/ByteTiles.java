package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;
import static io.demitasse.kernel.VectorAssembler.FLOAT;
import static io.demitasse.kernel.Avx512Assembler.VECTOR;

/**
 * Tiles of bytes (VNNI): a row of the left matrix is one plane of unsigned bytes, or two, the high and the low part of
 * its numbers, one behind the other. Sums are whole numbers, so any order gives the same. At the end
 * {@code y = (256 high + low) * scale of the row * scale of the output + bias}, or the same of one plane.
 *
 * <p>Since the bytes are unsigned, a row's numbers are kept plus what its 0 is kept as; so a sum begins with that much
 * times the sum of the output's bytes less.
 */
final class ByteTiles extends ProductCode {

    static final int HIGHEST = 12;
    private static final int UNROLLED = 4;
    private static final int[] BASES = {Assembler.R12, Assembler.R13, Assembler.R14, Assembler.RDX};
    private static final int ROWS_A_BASE = 3;
    private static final int RIGHT_NOW = Assembler.R8;
    private static final int COUNT = Assembler.RAX;

    private final Avx512Assembler asm;
    private final int planes;

    ByteTiles(Avx512Assembler asm, int planes, Assembler.Label gelu) {
        super(asm, HIGHEST / planes, gelu);
        this.asm = asm;
        this.planes = planes;
    }

    private static int sum(int plane, int half) {
        return 2 * plane + half;
    }

    @Override
    boolean leftInArray() {
        return false;
    }

    /** A stride is that of planes, so the tile works as one of {@code height * planes} rows. */
    @Override
    void tile(int height) {
        int all = height * planes;
        asm.push(Assembler.RDX);
        asm.mov(Assembler.RAX, argument(SUMS_NOW));
        asm.load(24, at(Assembler.RAX, 0));
        asm.load(25, at(Assembler.RAX, VECTOR));
        for (int plane = 0; plane < all; plane++) {
            for (int half = 0; half < 2; half++) {
                asm.multiplyInts(sum(plane, half), 24 + half, at(ROW_SCALE,
                        plane / planes * WholeNumberCode.ROW_BYTES + FLOAT * (1 + plane % planes)));
            }
        }
        asm.mov(RIGHT_NOW, RIGHT);
        asm.mov(BASES[0], LEFT);
        asm.lea(Assembler.RAX, at(LEFT_STRIDE, LEFT_STRIDE, 2, 0));
        for (int base = 1; base * ROWS_A_BASE < all; base++) {
            asm.lea(BASES[base], at(BASES[base - 1], Assembler.RAX, 1, 0));
        }
        steps(all);
        asm.pop(Assembler.RDX);
        Finish finish = new Finish(asm, planes);
        finish.begin();
        for (int row = 0; row < height; row++) {
            for (int half = 0; half < 2; half++) {
                finish.vector(sum(planes * row, half), sum(planes * row + 1, half), half,
                        at(ROW_SCALE, row * WholeNumberCode.ROW_BYTES), at(RESULT, half * VECTOR));
            }
            asm.add(RESULT, RESULT_STRIDE);
        }
        asm.addImmediate(ROW_SCALE, height * WholeNumberCode.ROW_BYTES);
        asm.imul(Assembler.RAX, LEFT_STRIDE, all);
        asm.add(LEFT, Assembler.RAX);
        asm.ret();
    }

    /** There are a multiple of 16 of them. */
    private void steps(int all) {
        Assembler.Label loop = new Assembler.Label();
        asm.mov(COUNT, argument(STEPS));
        asm.shr(COUNT, 2);
        asm.align(32);
        asm.bind(loop);
        for (int step = 0; step < UNROLLED; step++) {
            int w = 24 + step % 2 * 2;
            asm.load(w, at(RIGHT_NOW, step * asm.stepBytes()));
            asm.load(w + 1, at(RIGHT_NOW, step * asm.stepBytes() + VECTOR));
            fetch();
            for (int plane = 0; plane < all; plane++) {
                int base = BASES[plane / ROWS_A_BASE];
                int strides = plane % ROWS_A_BASE;
                int factor = 28 + plane % 4;
                asm.broadcastInt(factor, strides == 0 ? at(base, step * 4) : at(base, LEFT_STRIDE, strides, step * 4));
                asm.bytesProduct(sum(plane, 0), factor, w);
                asm.bytesProduct(sum(plane, 1), factor, w + 1);
            }
        }
        asm.addImmediate(RIGHT_NOW, UNROLLED * asm.stepBytes());
        for (int base = 0; base * ROWS_A_BASE < all; base++) {
            asm.addImmediate(BASES[base], UNROLLED * 4);
        }
        asm.subImmediate(COUNT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, loop);
    }

    /** What becomes of sums of bytes, two vectors of outputs a row. {@link AmxTiles} uses it, too. */
    static final class Finish {
        private static final int SCALE = 24;
        private static final int OFFSET = 26;
        private static final int HIGH_BYTE = 28;

        private final Avx512Assembler asm;
        private final int planes;

        Finish(Avx512Assembler asm, int planes) {
            this.asm = asm;
            this.planes = planes;
        }

        /** Loads scales and bias; changes RAX. */
        void begin() {
            asm.mov(Assembler.RAX, argument(SCALES_NOW));
            asm.load(SCALE, at(Assembler.RAX, 0));
            asm.load(SCALE + 1, at(Assembler.RAX, VECTOR));
            asm.mov(Assembler.RAX, argument(BIAS_NOW));
            asm.loadOrZero(MASK, OFFSET, at(Assembler.RAX, 0));
            asm.loadOrZero(SECOND_MASK, OFFSET + 1, at(Assembler.RAX, VECTOR));
            if (planes == 2) {
                asm.movImmediate(Assembler.RAX, Float.floatToRawIntBits(256f));
                asm.broadcastGeneral(HIGH_BYTE, Assembler.RAX);
            }
        }

        /** {@code result = (256 high + low) * rowScale * scale + bias}. */
        void vector(int high, int low, int half, Assembler.Memory rowScale, Assembler.Memory result) {
            asm.toFloats(high, high);
            if (planes == 2) {
                asm.toFloats(low, low);
                asm.fmaInto(high, HIGH_BYTE, low);
            }
            asm.floatsByOne(MULTIPLY, high, high, rowScale);
            asm.fmaInto(high, SCALE + half, OFFSET + half);
            asm.storeSome(half == 0 ? MASK : SECOND_MASK, result, high);
        }
    }
}
