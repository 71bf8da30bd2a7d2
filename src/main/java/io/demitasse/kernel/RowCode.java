package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.ADD;
import static io.demitasse.kernel.VectorAssembler.FLOAT;

/** What functions of rows of floats share: their arguments, registers and loops. */
class RowCode {

    // The arguments: places in an array of longs. Offsets and strides are in bytes.
    static final int X = 0;
    static final int X_STRIDE = 1;
    static final int Y = 2;
    static final int Y_STRIDE = 3;
    static final int ROWS = 4;
    /** Floats of a row. */
    static final int N = 5;
    /** N as a float and as a double. */
    static final int N_FLOAT = 6;
    static final int N_DOUBLE = 7;
    /** A double. */
    static final int EPSILON = 8;
    /** Where the residual begins; negative for none. */
    static final int RESIDUAL = 9;
    static final int RESIDUAL_STRIDE = 10;
    static final int WEIGHT = 11;
    static final int OFFSET = 12;
    static final int SIZE = 13;

    /** The elements that count in a row's last vector, and those to be set to 0 or chosen. */
    static final int TAIL = 1;
    static final int CHOICE = 3;

    static final int FROM = Assembler.RDI;
    static final int TO = Assembler.RDX;
    static final int COUNT = Assembler.RAX;
    static final int POSITION = Assembler.R10;
    static final int ROWS_LEFT = Assembler.R11;

    final VectorAssembler asm;

    RowCode(VectorAssembler asm) {
        this.asm = asm;
    }

    /** Over the whole vectors of N floats, and the rest of them, for which {@link #TAIL} is set. Keeps FROM and TO. */
    final void vectors(Runnable whole, Runnable tail) {
        Assembler.Label loop = new Assembler.Label();
        Assembler.Label rest = new Assembler.Label();
        Assembler.Label done = new Assembler.Label();
        asm.movImmediate(POSITION, 0);
        asm.mov(COUNT, argument(N));
        asm.shr(COUNT, Integer.numberOfTrailingZeros(asm.lanes));
        asm.jumpIf(Assembler.EQUAL, rest);
        asm.bind(loop);
        whole.run();
        asm.addImmediate(POSITION, asm.vector);
        asm.subImmediate(COUNT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, loop);
        asm.bind(rest);
        asm.mov(COUNT, argument(N));
        asm.andImmediate(COUNT, asm.lanes - 1);
        asm.jumpIf(Assembler.EQUAL, done);
        tail.run();
        asm.bind(done);
    }

    /** Sets {@link #TAIL}; changes RAX and RCX. */
    final void tailMask() {
        asm.tailMask(TAIL, argument(N));
    }

    /** Adds the COUNT floats from POSITION on to a sum, one after the other, each made of it by {@code term}. */
    final void addOneByOne(int sum, int base, Runnable term) {
        Assembler.Label one = new Assembler.Label();
        asm.bind(one);
        asm.loadSingle(8, at(base, POSITION, 1, 0));
        term.run();
        asm.single(ADD, sum, sum, 8);
        asm.addImmediate(POSITION, FLOAT);
        asm.subImmediate(COUNT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, one);
    }

    /** The sum of a vector's elements as {@link VectorMath#sum(jdk.incubator.vector.FloatVector)} orders them. */
    final void sumOfElements(int sum, int other) {
        asm.shuffle(other, sum, sum, 0xB1);
        asm.floats(ADD, sum, sum, other);
        asm.shuffle(other, sum, sum, 0x4E);
        asm.floats(ADD, other, sum, other);
        asm.move(sum, other);
        for (int quarter = 1; quarter < asm.lanes / 4; quarter++) {
            asm.quarterToFront(9, other, quarter);
            asm.single(ADD, sum, sum, 9);
        }
    }

    final void rows(Runnable row) {
        Assembler.Label next = new Assembler.Label();
        asm.mov(ROWS_LEFT, argument(ROWS));
        asm.bind(next);
        row.run();
        asm.subImmediate(ROWS_LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, next);
        asm.vzeroupper();
        asm.ret();
    }

    /** Adds the floats of a row behind its whole vectors; POSITION stands there. */
    final void addTail(int sum, Runnable term) {
        Assembler.Label none = new Assembler.Label();
        asm.mov(COUNT, argument(N));
        asm.andImmediate(COUNT, asm.lanes - 1);
        asm.jumpIf(Assembler.EQUAL, none);
        addOneByOne(sum, FROM, term);
        asm.bind(none);
    }
}
