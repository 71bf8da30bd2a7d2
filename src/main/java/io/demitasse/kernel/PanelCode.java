package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.FLOAT;

/**
 * Emits what lays right matrices out in panels, as {@link ProductCode} reads them: a step of a panel has four bytes for each
 * column. Here these are a float, or four bytes that may as well be one.
 */
class PanelCode {

    // The arguments: places in an array of longs. Offsets and strides are in bytes.
    static final int X = 0;
    static final int X_STRIDE = 1;
    /** Columns of the right matrix. */
    static final int COUNT = 2;
    /** Steps of a panel, or rows that become such. */
    static final int STEPS = 3;
    /** The address of the first panel, and the bytes of each. */
    static final int TO = 4;
    static final int TO_STRIDE = 5;

    static final int FROM = Assembler.RDI;
    static final int FROM_STRIDE = Assembler.RSI;
    static final int RESULT = Assembler.RDX;
    static final int LEFT = Assembler.R10;
    static final int POSITION = Assembler.R11;
    static final int NOW = Assembler.R8;
    static final int STEPS_LEFT = Assembler.RCX;

    final VectorAssembler asm;

    PanelCode(VectorAssembler asm) {
        this.asm = asm;
    }

    /**
     * Panels of a matrix whose columns lie as rows in a, {@code [columns, steps]}; the steps are a multiple of four.
     * Columns that are missing in the last panel repeat the last one that is there.
     */
    final void packTransposed(Assembler.Label entry) {
        Assembler.Label panel = new Assembler.Label();
        begin(entry);
        asm.quarterMasks();
        asm.subImmediate(Assembler.RSP, 16 * 8);
        asm.bind(panel);
        for (int half = 0; half < 2; half++) {
            transposeHalf(half);
        }
        asm.imul(Assembler.RAX, FROM_STRIDE, asm.width());
        asm.add(FROM, Assembler.RAX);
        asm.add(RESULT, argument(TO_STRIDE));
        asm.subImmediate(LEFT, asm.width());
        asm.jumpIf(Assembler.GREATER, panel);
        asm.addImmediate(Assembler.RSP, 16 * 8);
        asm.vzeroupper();
        asm.ret();
    }

    /** Loads registers with what {@link #loadColumns} and {@link #rows} need; may change RAX. */
    void loadConstants() {
    }

    final void begin(Assembler.Label entry) {
        asm.align(32);
        asm.bind(entry);
        asm.add(FROM, argument(X));
        asm.mov(FROM_STRIDE, argument(X_STRIDE));
        asm.mov(RESULT, argument(TO));
        asm.mov(LEFT, argument(COUNT));
        loadConstants();
    }

    /** Goes on with the next of COUNT rows, or ends the function. */
    final void goOn(Assembler.Label row) {
        asm.add(FROM, FROM_STRIDE);
        asm.add(RESULT, argument(TO_STRIDE));
        asm.subImmediate(LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, row);
        asm.vzeroupper();
        asm.ret();
    }

    /** A vector of columns of a panel, four steps at a time: 4 x 4 floats in each quarter of four vectors change places. */
    private void transposeHalf(int half) {
        addressesOfColumns(half);
        Assembler.Label loop = new Assembler.Label();
        asm.movImmediate(POSITION, 0);
        asm.lea(NOW, at(RESULT, half * asm.vector));
        asm.mov(STEPS_LEFT, argument(STEPS));
        asm.bind(loop);
        for (int column = 0; column < 4; column++) {
            loadColumns(column);
        }
        asm.interleaveLow(4, 0, 1);
        asm.interleaveHigh(5, 0, 1);
        asm.interleaveLow(6, 2, 3);
        asm.interleaveHigh(7, 2, 3);
        asm.interleavePairsLow(0, 4, 6);
        asm.interleavePairsHigh(1, 4, 6);
        asm.interleavePairsLow(2, 5, 7);
        asm.interleavePairsHigh(3, 5, 7);
        for (int step = 0; step < 4; step++) {
            asm.store(at(NOW, step * asm.stepBytes()), step);
        }
        asm.addImmediate(NOW, 4 * asm.stepBytes());
        asm.addImmediate(POSITION, 4 * bytesOfStep());
        asm.subImmediate(STEPS_LEFT, 4);
        asm.jumpIf(Assembler.GREATER, loop);
    }

    /** Bytes of a column that a step takes up. */
    int bytesOfStep() {
        return FLOAT;
    }

    /** To a vector, four steps of one column in every four, from column {@code first} on: a column to a quarter. */
    void loadColumns(int first) {
        loadColumns(first, first, 0);
    }

    /** Four floats of each, from so many bytes behind POSITION on. */
    final void loadColumns(int first, int to, int bytes) {
        for (int quarter = 0; quarter < asm.lanes / 4; quarter++) {
            asm.mov(Assembler.RAX, at(Assembler.RSP, 8 * (4 * quarter + first)));
            asm.loadQuarter(quarter, to, at(Assembler.RAX, POSITION, 1, bytes));
        }
    }

    /** Puts them on the stack; the last one that is there for those that are not. */
    private void addressesOfColumns(int half) {
        int column = Assembler.RAX;
        int last = Assembler.RCX;
        // The last column that is there, and none before the panel's first.
        asm.mov(NOW, LEFT);
        asm.subImmediate(NOW, 1);
        asm.movImmediate(last, asm.width() - 1);
        asm.cmp(NOW, last);
        asm.cmov(Assembler.GREATER, NOW, last);
        asm.mov(last, FROM);
        Assembler.Label found = new Assembler.Label();
        Assembler.Label next = new Assembler.Label();
        asm.test(NOW, NOW);
        asm.jumpIf(Assembler.EQUAL, found);
        asm.bind(next);
        asm.add(last, FROM_STRIDE);
        asm.subImmediate(NOW, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, next);
        asm.bind(found);
        asm.imul(column, FROM_STRIDE, asm.lanes * half);
        asm.add(column, FROM);
        for (int i = 0; i < asm.lanes; i++) {
            asm.cmp(column, last);
            asm.cmov(Assembler.ABOVE, column, last);
            asm.mov(at(Assembler.RSP, 8 * i), column);
            asm.add(column, FROM_STRIDE);
        }
    }

    /** Panels of a matrix as it lies in a, {@code [rows, columns]}. Columns that are missing are zeros. */
    final void packRows(Assembler.Label entry) {
        Assembler.Label panel = new Assembler.Label();
        begin(entry);
        asm.bind(panel);
        asm.mov(argument(COUNT), LEFT);
        asm.columnMasks(ProductCode.MASK, ProductCode.SECOND_MASK, argument(COUNT));
        asm.mov(POSITION, FROM);
        asm.mov(NOW, RESULT);
        asm.mov(STEPS_LEFT, argument(STEPS));
        rows();
        asm.addImmediate(FROM, asm.stepBytes());
        asm.add(RESULT, argument(TO_STRIDE));
        asm.subImmediate(LEFT, asm.width());
        asm.jumpIf(Assembler.GREATER, panel);
        asm.vzeroupper();
        asm.ret();
    }

    /** Writes the steps of a panel, of as many rows as STEPS_LEFT says. */
    void rows() {
        Assembler.Label row = new Assembler.Label();
        asm.bind(row);
        loadRow(0);
        store(0);
        asm.subImmediate(STEPS_LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, row);
    }

    /** The next row's columns of the panel, to two vectors. */
    final void loadRow(int to) {
        asm.loadOrZero(ProductCode.MASK, to, at(POSITION, 0));
        asm.loadOrZero(ProductCode.SECOND_MASK, to + 1, at(POSITION, asm.vector));
        asm.add(POSITION, FROM_STRIDE);
    }

    /** Two vectors as the panel's next step. */
    final void store(int from) {
        asm.store(at(NOW, 0), from);
        asm.store(at(NOW, asm.vector), from + 1);
        asm.addImmediate(NOW, asm.stepBytes());
    }
}
