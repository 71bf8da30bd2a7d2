package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.FLOAT;

/**
 * Emits products of bfloat16: floats are rounded to the nearest one with a significand of 8 bits, halves to even ones, and
 * each step of a panel has two of them for each column. Their products are exact and are added up as floats.
 *
 * <p>A left matrix becomes rows of bfloat16, a transposed one as well; a right one becomes panels.
 */
final class Bf16Code extends PanelCode {

    /** An offset into the code for each function. */
    record Layout(byte[] code, int multiply, int rows, int columns, int packRows, int packTransposed) {
    }

    /** Floats that become a vector of bfloat16: a row is filled up to as many with zeros. */
    static final int FILLED_UP = 32;
    static final int BYTES = 2;
    /** Rows of a matrix that are packed, as columns lying as rows, have a multiple of so many floats. */
    static final int UNIT = 8;
    /** How many floats of a row are left over from whole vectors of bfloat16. */
    private static final int REST = 6;

    /** Where numbers of two bytes go that a conversion left in two halves. */
    private static final int ORDER = 31;

    private final Avx512Assembler asm;
    private final Assembler.Label oneByOne = new Assembler.Label();
    private final Assembler.Label fourByFour = new Assembler.Label();
    private Assembler.Label order = oneByOne;

    private Bf16Code(Avx512Assembler asm) {
        super(asm);
        this.asm = asm;
        interleaved(oneByOne, 1);
        interleaved(fourByFour, 4);
    }

    /** So many numbers of the first half, as many of the second, and so on. */
    private void interleaved(Assembler.Label label, int together) {
        asm.align(4);
        asm.bind(label);
        for (int i = 0; i < FILLED_UP; i += 2) {
            asm.int32(source(i, together) | source(i + 1, together) << 16);
        }
    }

    private static int source(int i, int together) {
        return i / together % 2 * (FILLED_UP / 2) + i / (2 * together) * together + i % together;
    }

    /** @param amx whether AMX multiplies, or AVX512_BF16, which is needed in any case */
    static Layout layout(boolean amx) {
        Avx512Assembler asm = new Avx512Assembler();
        Assembler.Label gelu = new Assembler.Label();
        new FunctionCode(asm).geluOfPanel(gelu);
        ProductCode product = amx ? new AmxBf16Tiles(asm, gelu) : FloatTiles.ofBf16(asm, gelu);
        int multiply = MachineCode.entry(product::emit);
        Bf16Code code = new Bf16Code(asm);
        int rows = MachineCode.entry(code::convertRows);
        int columns = MachineCode.entry(code::convertColumns);
        int packRows = MachineCode.entry(code::packRows);
        code.order = code.fourByFour;
        int packTransposed = MachineCode.entry(code::packTransposed);
        return new Layout(asm.code(), multiply, rows, columns, packRows, packTransposed);
    }

    @Override
    void loadConstants() {
        asm.load(ORDER, at(order));
    }

    // Panels: of columns that lie as rows

    @Override
    int bytesOfStep() {
        return 2 * FLOAT;
    }

    @Override
    void loadColumns(int first) {
        loadColumns(first, 8, 0);
        loadColumns(first, 9, 4 * FLOAT);
        asm.toBf16(first, 9, 8);
        asm.permuteWords(first, ORDER, first);
    }

    // Panels: of rows, two of which are a step

    @Override
    void rows() {
        Assembler.Label pair = new Assembler.Label();
        Assembler.Label rest = new Assembler.Label();
        Assembler.Label done = new Assembler.Label();
        asm.shr(STEPS_LEFT, 1);
        asm.jumpIf(Assembler.EQUAL, rest);
        asm.bind(pair);
        loadRow(0);
        loadRow(2);
        storePair();
        asm.subImmediate(STEPS_LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, pair);
        asm.bind(rest);
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.andImmediate(STEPS_LEFT, 1);
        asm.jumpIf(Assembler.EQUAL, done);
        loadRow(0);
        asm.xor(2, 2, 2);
        asm.xor(3, 3, 3);
        storePair();
        asm.bind(done);
    }

    private void storePair() {
        for (int half = 0; half < 2; half++) {
            asm.toBf16(half, 2 + half, half);
            asm.permuteWords(half, ORDER, half);
        }
        store(0);
    }

    // Rows

    /** Rows of floats in a, each as bfloat16, filled up to a multiple of {@link #FILLED_UP} with zeros. */
    private void convertRows(Assembler.Label entry) {
        Assembler.Label row = new Assembler.Label();
        Assembler.Label loop = new Assembler.Label();
        Assembler.Label rest = new Assembler.Label();
        Assembler.Label done = new Assembler.Label();
        begin(entry);
        asm.mov(Assembler.RAX, argument(STEPS));
        asm.andImmediate(Assembler.RAX, FILLED_UP - 1);
        asm.mov(argument(REST), Assembler.RAX);
        asm.columnMasks(ProductCode.MASK, ProductCode.SECOND_MASK, argument(REST));
        asm.bind(row);
        asm.mov(POSITION, FROM);
        asm.mov(NOW, RESULT);
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.shr(STEPS_LEFT, Integer.numberOfTrailingZeros(FILLED_UP));
        asm.jumpIf(Assembler.EQUAL, rest);
        asm.bind(loop);
        asm.load(0, at(POSITION, 0));
        asm.load(1, at(POSITION, asm.vector));
        storeRow();
        asm.addImmediate(POSITION, 2 * asm.vector);
        asm.subImmediate(STEPS_LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, loop);
        asm.bind(rest);
        asm.mov(STEPS_LEFT, argument(REST));
        asm.test(STEPS_LEFT, STEPS_LEFT);
        asm.jumpIf(Assembler.EQUAL, done);
        asm.loadOrZero(ProductCode.MASK, 0, at(POSITION, 0));
        asm.loadOrZero(ProductCode.SECOND_MASK, 1, at(POSITION, asm.vector));
        storeRow();
        asm.bind(done);
        goOn(row);
    }

    private void storeRow() {
        asm.toBf16(0, 1, 0);
        asm.store(at(NOW, 0), 0);
        asm.addImmediate(NOW, asm.vector);
    }

    // Columns

    private static final int COLUMNS = 16;
    private static final int ZEROS = Assembler.RCX;

    /**
     * Columns of a in a matrix of STEPS rows, at most as many as a panel has, as rows of bfloat16, filled up as those of
     * {@link #convertRows} are. Columns that are missing are zeros.
     */
    private void convertColumns(Assembler.Label entry) {
        Assembler.Label zeros = new Assembler.Label();
        Assembler.Label loop = new Assembler.Label();
        asm.align(4);
        asm.bind(zeros);
        asm.bytes(new int[asm.stepBytes()]);
        begin(entry);
        asm.columnMasks(ProductCode.MASK, ProductCode.SECOND_MASK, argument(COUNT));
        asm.lea(ZEROS, at(zeros));
        asm.mov(LEFT, argument(STEPS));
        asm.bind(loop);
        asm.mov(NOW, RESULT);
        for (int half = 0; half < 2; half++) {
            asm.mov(POSITION, FROM);
            int[] pairs = loadPairs(half);
            transpose(pairs);
            for (int pair : pairs) {
                asm.store(at(NOW, 0), pair);
                asm.add(NOW, argument(TO_STRIDE));
            }
        }
        asm.mov(FROM, POSITION);
        asm.addImmediate(RESULT, asm.vector);
        asm.subImmediate(LEFT, FILLED_UP);
        asm.jumpIf(Assembler.GREATER, loop);
        asm.vzeroupper();
        asm.ret();
    }

    /** Half of the columns of the next rows, zeros behind the last one, two rows to a register. */
    private int[] loadPairs(int half) {
        int[] pairs = new int[COLUMNS];
        for (int i = 0; i < FILLED_UP; i++) {
            asm.mov(Assembler.RAX, POSITION);
            asm.cmpImmediate(LEFT, i);
            asm.cmov(Assembler.LESS_EQUAL, Assembler.RAX, ZEROS);
            int to = i % 2 == 0 ? i / 2 : COLUMNS;
            asm.loadOrZero(half == 0 ? ProductCode.MASK : ProductCode.SECOND_MASK, to,
                    at(Assembler.RAX, half * asm.vector));
            asm.add(POSITION, FROM_STRIDE);
            if (i % 2 == 1) {
                asm.toBf16(i / 2, COLUMNS, i / 2);
                asm.permuteWords(i / 2, ORDER, i / 2);
                pairs[i / 2] = i / 2;
            }
        }
        return pairs;
    }

    /** An instruction on two vectors. */
    private interface Exchange {
        void emit(int to, int a, int b);
    }

    /**
     * {@code [16, 16]} numbers of four bytes, a row to a register, change places with those on the other side of the
     * diagonal: first within quarters of registers, then quarters. It leaves in {@code rows} where they are.
     */
    private void transpose(int[] rows) {
        int free = COLUMNS;
        for (int i = 0; i < COLUMNS; i += 2) {
            free = exchange(rows, i, i + 1, asm::interleaveLow, asm::interleaveHigh, free);
        }
        for (int i = 0; i < COLUMNS; i += 4) {
            free = exchange(rows, i, i + 2, asm::interleavePairsLow, asm::interleavePairsHigh, free);
            free = exchange(rows, i + 1, i + 3, asm::interleavePairsLow, asm::interleavePairsHigh, free);
            int second = rows[i + 1];
            rows[i + 1] = rows[i + 2];
            rows[i + 2] = second;
        }
        for (int i = 0; i < COLUMNS; i++) {
            if ((i & 4) == 0) {
                free = exchange(rows, i, i + 4, asm::evenQuarters, asm::oddQuarters, free);
            }
        }
        for (int i = 0; i < COLUMNS / 2; i++) {
            free = exchange(rows, i, i + 8, asm::evenQuarters, asm::oddQuarters, free);
        }
    }

    /** Makes one vector and another of two, which are not needed any more; returns the register that is free then. */
    private static int exchange(int[] rows, int a, int b, Exchange first, Exchange second, int free) {
        int old = rows[a];
        first.emit(free, old, rows[b]);
        second.emit(rows[b], old, rows[b]);
        rows[a] = free;
        return old;
    }
}
