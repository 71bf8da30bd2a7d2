package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.FLOAT;

/**
 * Whole numbers for {@link ByteTiles} and {@link AmxByteTiles}: planes of unsigned bytes, one or two. Numbers go from 0 to
 * {@link #LARGEST}.
 */
final class PlaneCode extends WholeNumberCode {

    private static final int ONES = 4;

    private final VectorAssembler asm;
    private final int planes;
    private final Assembler.Label ones = new Assembler.Label();

    PlaneCode(VectorAssembler asm, int planes) {
        super(asm);
        this.asm = asm;
        this.planes = planes;
        asm.align(4);
        asm.bind(ones);
        asm.int32(0x01010101);
    }

    @Override
    void beginSums() {
        asm.broadcast(ONES, at(ones));
    }

    @Override
    void addBytes(int sum, Assembler.Memory from) {
        asm.load(3, from);
        asm.bytesProduct(sum, ONES, 3);
    }

    @Override
    void keepZero(int row) {
        if (planes == 2) {
            asm.shiftRight(MAX, KEPT_ZERO, 8);
            asm.shiftLeft(MIN, KEPT_ZERO, 24);
            asm.shiftRight(MIN, MIN, 24);
            asm.subtractInts(MIN, ZERO, MIN);
            asm.storeSingle(at(row, 2 * FLOAT), MIN);
        } else {
            asm.move(MAX, KEPT_ZERO);
        }
        asm.subtractInts(MAX, ZERO, MAX);
        asm.storeSingle(at(row, FLOAT), MAX);
        asm.mov(NOW, argument(PLANE_BYTES));
        asm.add(NOW, RESULT);
    }

    @Override
    void write() {
        if (planes == 2) {
            asm.storeBytes(at(NOW, POSITION, 1, 0), NUMBERS);
            asm.shiftRight(NUMBERS, NUMBERS, 8);
        }
        asm.storeBytes(at(RESULT, POSITION, 1, 0), NUMBERS);
    }
}
