package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.Avx512Assembler.VECTOR;

/**
 * Tiles by AMX, whose tile registers hold 16 rows of 64 bytes: rows of the left matrix, steps of half of a panel, or sums of
 * 16 columns. Four tiles of sums are under way at once: two planes of 16 rows, or one plane of 32, times 32 columns. Sums
 * go through memory to the result, where subclasses say what becomes of them.
 *
 * <p>Steps are whole tiles, {@link #STEPS_A_TILE} each. The rows behind the last one that counts are computed, too, and not
 * stored: there is memory behind them.
 */
abstract class AmxTiles extends ProductCode {

    /** Rows of a tile register. */
    static final int TILE_ROWS = 16;
    /** Bytes of memory for the sums. */
    static final int SCRATCH_BYTES = 4 * TILE_ROWS * VECTOR;
    /** Steps of a panel that a tile takes in. */
    static final int STEPS_A_TILE = 16;

    /** Where a row's sums are, when subclasses finish it: {@code [planes][2 vectors]}. */
    static final int SUMS_OF_ROW = Assembler.R8;

    private static final int HEIGHT_NOW = Assembler.RCX;
    private static final int ROW_STRIDE = Assembler.R12;
    private static final int SECOND_LEFT = Assembler.R13;
    private static final int PANEL_STRIDE = Assembler.R14;
    private static final int RIGHT_NOW = Assembler.R8;
    private static final int COUNT = Assembler.RAX;

    final Avx512Assembler asm;
    final int planes;
    private final Assembler.Label configuration = new Assembler.Label();
    private final Assembler.Label oneTile = new Assembler.Label();
    private final Assembler.Label twoTiles = new Assembler.Label();

    AmxTiles(Avx512Assembler asm, int planes, Assembler.Label gelu) {
        super(asm, highest(planes), gelu);
        this.asm = asm;
        this.planes = planes;
    }

    /** Rows of the highest tile. */
    static int highest(int planes) {
        return planes == 2 ? TILE_ROWS : 2 * TILE_ROWS;
    }

    /** Adds the products of a tile of the left matrix and one of a panel to a tile of sums. */
    abstract void product(int sums, int left, int right);

    /** Called at every step, of which there are as many as without AMX. */
    abstract void step();

    /** Called before the rows of a tile are finished; may change RAX, and all vectors, which rows may then use. */
    abstract void beginRows();

    /** Writes a row of the result from {@link #SUMS_OF_ROW}. RAX is what {@link #beginRows} left there. */
    abstract void finishRow();

    @Override
    boolean leftInArray() {
        return false;
    }

    @Override
    void subroutines() {
        asm.align(64);
        asm.bind(configuration);
        // Palette 1; then, from byte 16 on, each tile's bytes a row, and from byte 48 on its rows.
        int[] bytes = new int[64];
        bytes[0] = 1;
        for (int tile = 0; tile < 8; tile++) {
            bytes[16 + 2 * tile] = VECTOR;
            bytes[48 + tile] = TILE_ROWS;
        }
        asm.bytes(bytes);
        if (planes == 1) {
            asm.bind(oneTile);
            body(1);
        }
        asm.bind(twoTiles);
        body(2);
    }

    @Override
    void begin() {
        asm.tileConfigure(at(configuration));
    }

    @Override
    void end() {
        asm.tileRelease();
    }

    @Override
    void tile(int height) {
        asm.movImmediate(HEIGHT_NOW, height);
        asm.jump(planes == 1 && height <= TILE_ROWS ? oneTile : twoTiles);
    }

    private void body(int lefts) {
        Assembler.Label loop = new Assembler.Label();
        Assembler.Label summed = new Assembler.Label();
        asm.mov(ROW_STRIDE, LEFT_STRIDE);
        if (planes == 2) {
            asm.add(ROW_STRIDE, LEFT_STRIDE);
            asm.lea(SECOND_LEFT, at(LEFT, LEFT_STRIDE, 1, 0));
        } else if (lefts == 2) {
            asm.imul(SECOND_LEFT, LEFT_STRIDE, TILE_ROWS);
            asm.add(SECOND_LEFT, LEFT);
        }
        asm.mov(RIGHT_NOW, RIGHT);
        asm.movImmediate(PANEL_STRIDE, asm.stepBytes());
        asm.push(LEFT);
        for (int sums = 0; sums < 2 * lefts; sums++) {
            asm.tileZero(sums);
        }
        asm.mov(COUNT, argument(STEPS));
        asm.shr(COUNT, Integer.numberOfTrailingZeros(STEPS_A_TILE));
        asm.jumpIf(Assembler.EQUAL, summed);
        asm.bind(loop);
        asm.tileLoad(6, at(RIGHT_NOW, PANEL_STRIDE, 1, 0));
        asm.tileLoad(4, at(LEFT, ROW_STRIDE, 1, 0));
        product(0, 4, 6);
        asm.tileLoad(7, at(RIGHT_NOW, PANEL_STRIDE, 1, VECTOR));
        product(1, 4, 7);
        if (lefts == 2) {
            asm.tileLoad(5, at(SECOND_LEFT, ROW_STRIDE, 1, 0));
            product(2, 5, 6);
            product(3, 5, 7);
        }
        for (int step = 0; step < STEPS_A_TILE; step++) {
            step();
        }
        asm.addImmediate(RIGHT_NOW, STEPS_A_TILE * asm.stepBytes());
        asm.addImmediate(LEFT, VECTOR);
        asm.addImmediate(SECOND_LEFT, VECTOR);
        asm.subImmediate(COUNT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, loop);
        asm.bind(summed);
        asm.pop(LEFT);
        rows(lefts);
        asm.ret();
    }

    /** From the tiles through memory to the result: {@code [rows][planes][2 vectors]} there. */
    private void rows(int lefts) {
        int rowBytes = planes * asm.stepBytes();
        asm.mov(SUMS_OF_ROW, argument(SCRATCH));
        asm.movImmediate(Assembler.RAX, rowBytes);
        for (int sums = 0; sums < 2 * lefts; sums++) {
            int offset = planes == 2 ? sums * VECTOR
                    : sums / 2 * TILE_ROWS * rowBytes + sums % 2 * VECTOR;
            asm.tileStore(at(SUMS_OF_ROW, Assembler.RAX, 1, offset), sums);
        }
        beginRows();
        Assembler.Label row = new Assembler.Label();
        asm.bind(row);
        finishRow();
        asm.add(RESULT, RESULT_STRIDE);
        asm.add(LEFT, ROW_STRIDE);
        asm.addImmediate(SUMS_OF_ROW, rowBytes);
        asm.addImmediate(ROW_SCALE, WholeNumberCode.ROW_BYTES);
        asm.subImmediate(HEIGHT_NOW, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, row);
    }
}
