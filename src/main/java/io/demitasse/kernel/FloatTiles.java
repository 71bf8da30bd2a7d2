package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.ADD;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;
import static io.demitasse.kernel.VectorAssembler.FLOAT;

/**
 * Tiles of floats: each output is the chain of fused multiply-adds over k in ascending order that {@link VectorTiles}
 * computes, so it has the same bits. Or of pairs of bfloat16, which lie in the place of floats and are two such steps.
 */
final class FloatTiles extends ProductCode {

    /** Rows of the highest tile there is: with two vectors a row, 24 of 32 registers hold sums, or 12 of 16. */
    static final int HIGHEST = 12;
    /** Steps that are written out. */
    private static final int UNROLLED = 4;

    private static final int[] BASES = {Assembler.R12, Assembler.R13, Assembler.R14, Assembler.R15};
    /** Rows that one register addresses: its own, and those one and two strides behind. */
    private static final int ROWS_A_BASE = 3;
    private static final int RIGHT_NOW = Assembler.R8;
    private static final int COUNT = Assembler.RAX;
    private static final int REST = Assembler.RCX;

    /** Adds the product of what lies in two vectors to a third. */
    private interface Step {
        void add(int sum, int left, int right);
    }

    private final boolean transposed;
    private final boolean leftInArray;
    private final Step product;
    /** The first register behind the sums: what a step of the panel is loaded into, in turns where there is room. */
    private final int rights;
    private final int turns;
    private final int factors;

    private FloatTiles(VectorAssembler asm, boolean transposed, boolean leftInArray, Step product, Assembler.Label gelu) {
        super(asm, highest(asm.width()), gelu);
        this.transposed = transposed;
        this.leftInArray = leftInArray;
        this.product = product;
        this.rights = 2 * highest(asm.width());
        this.turns = asm.registers == 32 ? 2 : 1;
        this.factors = rights + 2 * turns;
    }

    /** @param transposed whether the left matrix is {@code [k, rows]}; its stride is then that between steps of k */
    static FloatTiles ofFloats(VectorAssembler asm, boolean transposed, Assembler.Label gelu) {
        return new FloatTiles(asm, transposed, true, asm::fma, gelu);
    }

    /** {@link #ofFloats}, of pairs. */
    static FloatTiles ofBf16(Avx512Assembler asm, Assembler.Label gelu) {
        return new FloatTiles(asm, false, false, asm::bf16Product, gelu);
    }

    /** Rows of the highest tile where panels have so many columns: vectors half as long are half as many, too. */
    static int highest(int width) {
        return HIGHEST * width / 32;
    }

    private static int sum(int row, int half) {
        return 2 * row + half;
    }

    @Override
    boolean leftInArray() {
        return leftInArray;
    }

    @Override
    void tile(int height) {
        beginSums(height);
        asm.mov(RIGHT_NOW, RIGHT);
        asm.mov(BASES[0], LEFT);
        if (!transposed) {
            asm.lea(COUNT, at(LEFT_STRIDE, LEFT_STRIDE, 2, 0));
            for (int base = 1; base * ROWS_A_BASE < height; base++) {
                asm.lea(BASES[base], at(BASES[base - 1], COUNT, 1, 0));
            }
        }
        fetchResult(height);
        steps(height);
        finish(height);
        if (transposed) {
            asm.addImmediate(LEFT, height * FLOAT);
        } else {
            asm.imul(Assembler.RAX, LEFT_STRIDE, height);
            asm.add(LEFT, Assembler.RAX);
        }
        asm.imul(Assembler.RAX, RESULT_STRIDE, height);
        asm.add(RESULT, Assembler.RAX);
        asm.ret();
    }

    private void beginSums(int height) {
        Assembler.Label zero = new Assembler.Label();
        Assembler.Label begun = new Assembler.Label();
        asm.mov(Assembler.RAX, argument(BIAS_NOW));
        asm.test(Assembler.RAX, Assembler.RAX);
        asm.jumpIf(Assembler.EQUAL, zero);
        asm.loadOrZero(MASK, sum(0, 0), at(Assembler.RAX, 0));
        asm.loadOrZero(SECOND_MASK, sum(0, 1), at(Assembler.RAX, asm.vector));
        for (int row = 1; row < height; row++) {
            asm.move(sum(row, 0), sum(0, 0));
            asm.move(sum(row, 1), sum(0, 1));
        }
        asm.jump(begun);
        asm.bind(zero);
        for (int sum = 0; sum < 2 * height; sum++) {
            asm.xor(sum, sum, sum);
        }
        asm.bind(begun);
    }

    /** The tile's place in the result, which will be read or written when the steps are done. */
    private void fetchResult(int height) {
        asm.mov(Assembler.RAX, RESULT);
        for (int row = 0; row < height; row++) {
            for (int line = 0; line < asm.stepBytes(); line += 64) {
                asm.prefetchToWrite(at(Assembler.RAX, line));
            }
            asm.add(Assembler.RAX, RESULT_STRIDE);
        }
    }

    private void steps(int height) {
        Assembler.Label loop = new Assembler.Label();
        Assembler.Label rest = new Assembler.Label();
        Assembler.Label one = new Assembler.Label();
        Assembler.Label done = new Assembler.Label();
        asm.mov(REST, argument(STEPS));
        asm.mov(COUNT, REST);
        asm.shr(COUNT, 2);
        asm.jumpIf(Assembler.EQUAL, rest);
        asm.align(32);
        asm.bind(loop);
        for (int step = 0; step < UNROLLED; step++) {
            step(height, step);
        }
        advance(height, UNROLLED);
        asm.subImmediate(COUNT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, loop);
        asm.bind(rest);
        asm.andImmediate(REST, UNROLLED - 1);
        asm.jumpIf(Assembler.EQUAL, done);
        asm.bind(one);
        step(height, 0);
        advance(height, 1);
        asm.subImmediate(REST, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, one);
        asm.bind(done);
    }

    /** One step of k: a row of the panel, times one float, or pair, of each row. */
    private void step(int height, int step) {
        int w = rights + step % turns * 2;
        asm.load(w, at(RIGHT_NOW, step * asm.stepBytes()));
        asm.load(w + 1, at(RIGHT_NOW, step * asm.stepBytes() + asm.vector));
        fetch();
        for (int row = 0; row < height; row++) {
            int factor = factors + row % (asm.registers - factors);
            asm.broadcast(factor, left(row, step));
            product.add(sum(row, 0), factor, w);
            product.add(sum(row, 1), factor, w + 1);
        }
        if (transposed) {
            asm.add(BASES[0], LEFT_STRIDE);
        }
    }

    private Assembler.Memory left(int row, int step) {
        if (transposed) {
            return at(BASES[0], row * FLOAT);
        }
        int base = BASES[row / ROWS_A_BASE];
        int strides = row % ROWS_A_BASE;
        return strides == 0 ? at(base, step * FLOAT) : at(base, LEFT_STRIDE, strides, step * FLOAT);
    }

    private void advance(int height, int steps) {
        asm.addImmediate(RIGHT_NOW, steps * asm.stepBytes());
        for (int base = 0; !transposed && base * ROWS_A_BASE < height; base++) {
            asm.addImmediate(BASES[base], steps * FLOAT);
        }
    }

    /** {@code y = sums}, {@code alpha sums} or {@code alpha sums + beta y}. */
    private void finish(int height) {
        Assembler.Label store = new Assembler.Label();
        Assembler.Label scaled = new Assembler.Label();
        int finish = Assembler.RAX;
        int factor = rights;
        int before = asm.registers - 1;
        asm.columnMasksAgain(MASK, SECOND_MASK, argument(COLUMNS_LEFT));
        asm.mov(finish, argument(FINISH));
        asm.test(finish, finish);
        asm.jumpIf(Assembler.EQUAL, store);
        asm.broadcast(factor, argument(ALPHA));
        for (int sum = 0; sum < 2 * height; sum++) {
            asm.floats(MULTIPLY, sum, sum, factor);
        }
        asm.cmpImmediate(finish, 1);
        asm.jumpIf(Assembler.EQUAL, scaled);
        asm.broadcast(factor, argument(BETA));
        int row = Assembler.R8;
        asm.mov(row, RESULT);
        for (int i = 0; i < height; i++) {
            for (int half = 0; half < 2; half++) {
                asm.loadOrZero(half == 0 ? MASK : SECOND_MASK, before, at(row, half * asm.vector));
                asm.floats(MULTIPLY, before, before, factor);
                asm.floats(ADD, sum(i, half), sum(i, half), before);
            }
            asm.add(row, RESULT_STRIDE);
        }
        asm.bind(scaled);
        asm.bind(store);
        asm.mov(row, RESULT);
        for (int i = 0; i < height; i++) {
            asm.storeSome(MASK, at(row, 0), sum(i, 0));
            asm.storeSome(SECOND_MASK, at(row, asm.vector), sum(i, 1));
            asm.add(row, RESULT_STRIDE);
        }
    }
}
