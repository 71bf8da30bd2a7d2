package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;

/**
 * Emits a product of a left matrix, read where it lies, and a right one in panels of {@link VectorAssembler#width}
 * columns: for every panel, for every tile of rows, the tile. What a tile is, subclasses say; its height is a parameter of
 * what they emit.
 *
 * <p>The rows of a call are cut into tiles that differ by at most one in height: first some of {@link #HEIGHT} rows, then
 * some of one less. A tile is a subroutine that finds its place in the registers named here and moves on by its height.
 */
abstract class ProductCode {

    // The arguments: places in an array of longs. Offsets, strides and sizes are in bytes.
    /** Where the left matrix begins: in the array, or the address of bytes. */
    static final int X = 0;
    static final int X_STRIDE = 1;
    /** How many steps of a panel there are. */
    static final int STEPS = 2;
    /** The address of the first panel, and the bytes of each. */
    static final int W = 3;
    static final int PANEL = 4;
    static final int COLUMNS = 5;
    static final int Y = 6;
    static final int Y_STRIDE = 7;
    /** Where the bias begins; negative for none. */
    static final int BIAS = 8;
    static final int HEIGHT = 9;
    static final int HIGH_TILES = 10;
    static final int LOW_TILES = 11;
    static final int ROWS = 12;
    /** 1 for GELU. */
    static final int ACTIVATION = 13;
    /** 0: store sums as they are; 1: {@code alpha sums}; 2: {@code alpha sums + beta y}. */
    static final int FINISH = 14;
    static final int ALPHA = 15;
    static final int BETA = 16;
    /** Addresses of what {@link WholeNumberCode#quantise} says of each row, and of each output's scale and sum of bytes. */
    static final int ROW_SCALES = 17;
    static final int SCALES = 18;
    static final int SUMS = 19;
    /** The address of memory for the sums of a tile of AMX. */
    static final int SCRATCH = 20;
    /** The panel that is to be fetched while the last one is read, and how many bytes of a panel for each step. */
    static final int NEXT = 21;
    static final int FETCH_BYTES = 22;
    // What the code itself remembers.
    static final int HIGH_CODE = 23;
    static final int LOW_CODE = 24;
    static final int COLUMNS_LEFT = 25;
    static final int BIAS_NOW = 26;
    static final int SCALES_NOW = 27;
    static final int SUMS_NOW = 28;
    static final int LEFT_START = 29;
    static final int SIZE = 30;

    static final int ARGUMENTS = Assembler.R9;
    // What a tile is given. It may use all other registers.
    static final int LEFT = Assembler.R10;
    static final int LEFT_STRIDE = Assembler.RBP;
    static final int RIGHT = Assembler.RBX;
    static final int RESULT = Assembler.R11;
    static final int RESULT_STRIDE = Assembler.RSI;
    static final int ROW_SCALE = Assembler.R15;
    /**
     * Where the next panel is fetched from memory, a little at every step: all tiles of a panel have so fetched the next
     * one by the time it is read.
     */
    static final int FETCH = Assembler.RDI;
    /** The columns of the panel's first and second vector that count. */
    static final int MASK = 1;
    static final int SECOND_MASK = 2;

    private static final int[] SAVED = {Assembler.RBX, Assembler.RBP, Assembler.R12, Assembler.R13, Assembler.R14,
        Assembler.R15};
    private static final int RESULT_START = Assembler.RDX;
    private static final int TILES = Assembler.R13;

    final VectorAssembler asm;
    private final int highest;
    private final Assembler.Label gelu;

    /**
     * @param highest rows of the highest tile
     * @param gelu the subroutine of {@link FunctionCode#geluOfPanel}
     */
    ProductCode(VectorAssembler asm, int highest, Assembler.Label gelu) {
        this.asm = asm;
        this.highest = highest;
        this.gelu = gelu;
    }

    static Assembler.Memory argument(int place) {
        return at(ARGUMENTS, 8 * place);
    }

    /** Whether the left matrix lies in the array; else X is an address. */
    abstract boolean leftInArray();

    /** Emits what tiles share, before them. */
    void subroutines() {
    }

    /** Called once, before and after all tiles of a call. */
    void begin() {
    }

    void end() {
    }

    /** Emits a tile of this many rows, as a subroutine. */
    abstract void tile(int height);

    /** Emits the function: x in a, y in c, bias in d. */
    final void emit(Assembler.Label entry) {
        Assembler.Label[] tiles = new Assembler.Label[highest + 1];
        Assembler.Label table = new Assembler.Label();
        subroutines();
        for (int height = 1; height <= highest; height++) {
            tiles[height] = new Assembler.Label();
            asm.align(32);
            asm.bind(tiles[height]);
            tile(height);
        }
        asm.align(4);
        asm.bind(table);
        for (int height = 0; height <= highest; height++) {
            asm.int32(tiles[Math.max(1, height)].position() - table.position());
        }
        asm.align(32);
        asm.bind(entry);
        for (int register : SAVED) {
            asm.push(register);
        }
        begin();
        findTiles(table);
        asm.mov(LEFT, argument(X));
        if (leftInArray()) {
            asm.add(LEFT, Assembler.RDI);
        }
        asm.mov(argument(LEFT_START), LEFT);
        asm.add(RESULT_START, argument(Y));
        asm.mov(RIGHT, argument(W));
        asm.mov(LEFT_STRIDE, argument(X_STRIDE));
        asm.mov(RESULT_STRIDE, argument(Y_STRIDE));
        findBias();
        copyArgument(SCALES, SCALES_NOW);
        copyArgument(SUMS, SUMS_NOW);
        copyArgument(COLUMNS, COLUMNS_LEFT);
        panels();
        end();
        asm.vzeroupper();
        for (int i = SAVED.length - 1; i >= 0; i--) {
            asm.pop(SAVED[i]);
        }
        asm.ret();
    }

    private void findTiles(Assembler.Label table) {
        asm.lea(Assembler.RAX, at(table));
        asm.mov(Assembler.R10, argument(HEIGHT));
        asm.movsxd(Assembler.R11, at(Assembler.RAX, Assembler.R10, 4, 0));
        asm.add(Assembler.R11, Assembler.RAX);
        asm.mov(argument(HIGH_CODE), Assembler.R11);
        asm.movsxd(Assembler.R11, at(Assembler.RAX, Assembler.R10, 4, -4));
        asm.add(Assembler.R11, Assembler.RAX);
        asm.mov(argument(LOW_CODE), Assembler.R11);
    }

    /** The bias's address, or 0. */
    private void findBias() {
        Assembler.Label none = new Assembler.Label();
        asm.movImmediate(Assembler.RAX, 0);
        asm.mov(Assembler.R10, argument(BIAS));
        asm.test(Assembler.R10, Assembler.R10);
        asm.jumpIf(Assembler.LESS, none);
        asm.lea(Assembler.RAX, at(Assembler.RCX, Assembler.R10, 1, 0));
        asm.bind(none);
        asm.mov(argument(BIAS_NOW), Assembler.RAX);
    }

    private void copyArgument(int from, int to) {
        asm.mov(Assembler.RAX, argument(from));
        asm.mov(argument(to), Assembler.RAX);
    }

    private void panels() {
        Assembler.Label panel = new Assembler.Label();
        Assembler.Label plain = new Assembler.Label();
        Assembler.Label unbiased = new Assembler.Label();
        asm.bind(panel);
        asm.columnMasks(MASK, SECOND_MASK, argument(COLUMNS_LEFT));
        nextPanel();
        asm.mov(LEFT, argument(LEFT_START));
        asm.mov(RESULT, RESULT_START);
        asm.mov(ROW_SCALE, argument(ROW_SCALES));
        tiles(HIGH_TILES, HIGH_CODE);
        tiles(LOW_TILES, LOW_CODE);
        asm.mov(Assembler.RAX, argument(ACTIVATION));
        asm.test(Assembler.RAX, Assembler.RAX);
        asm.jumpIf(Assembler.EQUAL, plain);
        asm.mov(RESULT, RESULT_START);
        asm.mov(Assembler.RAX, argument(ROWS));
        asm.call(gelu);
        asm.bind(plain);
        asm.add(RIGHT, argument(PANEL));
        asm.addImmediate(RESULT_START, asm.stepBytes());
        advance(SCALES_NOW);
        advance(SUMS_NOW);
        asm.mov(Assembler.RAX, argument(BIAS_NOW));
        asm.test(Assembler.RAX, Assembler.RAX);
        asm.jumpIf(Assembler.EQUAL, unbiased);
        advance(BIAS_NOW);
        asm.bind(unbiased);
        asm.mov(Assembler.RAX, argument(COLUMNS_LEFT));
        asm.subImmediate(Assembler.RAX, asm.width());
        asm.mov(argument(COLUMNS_LEFT), Assembler.RAX);
        asm.test(Assembler.RAX, Assembler.RAX);
        asm.jumpIf(Assembler.GREATER, panel);
    }

    private void nextPanel() {
        Assembler.Label found = new Assembler.Label();
        asm.mov(FETCH, argument(NEXT));
        asm.mov(Assembler.RAX, argument(COLUMNS_LEFT));
        asm.cmpImmediate(Assembler.RAX, asm.width());
        asm.jumpIf(Assembler.LESS_EQUAL, found);
        asm.mov(FETCH, RIGHT);
        asm.add(FETCH, argument(PANEL));
        asm.bind(found);
    }

    /** Fetches what a step of a panel is entitled to, as many cache lines as it has at most, and moves on. */
    final void fetch() {
        for (int line = 0; line < asm.stepBytes(); line += 64) {
            asm.prefetch(at(FETCH, line));
        }
        asm.add(FETCH, argument(FETCH_BYTES));
    }

    private void advance(int place) {
        asm.mov(Assembler.RAX, argument(place));
        asm.addImmediate(Assembler.RAX, asm.stepBytes());
        asm.mov(argument(place), Assembler.RAX);
    }

    /** Calls the tile as often as an argument says. The count is kept on the stack, as a tile uses all registers. */
    private void tiles(int count, int code) {
        Assembler.Label next = new Assembler.Label();
        Assembler.Label done = new Assembler.Label();
        asm.mov(TILES, argument(count));
        asm.test(TILES, TILES);
        asm.jumpIf(Assembler.EQUAL, done);
        asm.bind(next);
        asm.push(TILES);
        asm.call(argument(code));
        asm.pop(TILES);
        asm.subImmediate(TILES, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, next);
        asm.bind(done);
    }
}
