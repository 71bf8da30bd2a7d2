package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.VectorAssembler.FLOAT;

/**
 * Tiles of bytes (VNNI): a row of the left matrix is one plane of unsigned bytes, or two, the high and the low part of
 * its numbers, one behind the other. Sums are whole numbers, so any order gives the same; {@link ByteFinish} says what
 * becomes of them.
 *
 * <p>Since the bytes are unsigned, a row's numbers are kept plus what its 0 is kept as; so a sum begins with that much
 * times the sum of the output's bytes less.
 */
final class ByteTiles extends ProductCode {

    private static final int UNROLLED = 4;
    private static final int[] BASES = {Assembler.R12, Assembler.R13, Assembler.R14, Assembler.RDX};
    private static final int ROWS_A_BASE = 3;
    private static final int RIGHT_NOW = Assembler.R8;
    private static final int COUNT = Assembler.RAX;

    private final int planes;
    private final ByteFinish finish;
    /** The first register behind the sums: what a step of the panel is loaded into, in turns where there is room. */
    private final int rights;
    private final int turns;
    private final int factors;

    ByteTiles(VectorAssembler asm, int planes, Assembler.Label gelu) {
        super(asm, highest(asm.width(), planes), gelu);
        this.planes = planes;
        this.finish = new ByteFinish(asm, planes);
        this.rights = 2 * FloatTiles.highest(asm.width());
        this.turns = asm.registers == 32 ? 2 : 1;
        this.factors = rights + 2 * turns;
    }

    /** Rows of the highest tile where panels have so many columns. */
    static int highest(int width, int planes) {
        return FloatTiles.highest(width) / planes;
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
        asm.load(rights, at(Assembler.RAX, 0));
        asm.load(rights + 1, at(Assembler.RAX, asm.vector));
        for (int plane = 0; plane < all; plane++) {
            for (int half = 0; half < 2; half++) {
                asm.multiplyInts(sum(plane, half), rights + half, at(ROW_SCALE,
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
        for (int half = 0; half < 2; half++) {
            finish.begin(half);
            asm.mov(RIGHT_NOW, RESULT);
            for (int row = 0; row < height; row++) {
                finish.vector(sum(planes * row, half), sum(planes * row + 1, half), half,
                        at(ROW_SCALE, row * WholeNumberCode.ROW_BYTES), at(RIGHT_NOW, half * asm.vector));
                asm.add(RIGHT_NOW, RESULT_STRIDE);
            }
        }
        asm.mov(RESULT, RIGHT_NOW);
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
            int w = rights + step % turns * 2;
            asm.load(w, at(RIGHT_NOW, step * asm.stepBytes()));
            asm.load(w + 1, at(RIGHT_NOW, step * asm.stepBytes() + asm.vector));
            fetch();
            for (int plane = 0; plane < all; plane++) {
                int base = BASES[plane / ROWS_A_BASE];
                int strides = plane % ROWS_A_BASE;
                int factor = factors + plane % (asm.registers - factors);
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
}
