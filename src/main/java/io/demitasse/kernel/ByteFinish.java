package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;

/**
 * Emits what becomes of sums of bytes, of which a row has two vectors:
 * {@code y = (256 high + low) * scale of the row * scale of the output + bias}, or the same of one plane.
 */
final class ByteFinish {

    private final VectorAssembler asm;
    private final int planes;
    private final Assembler.Label highByte = new Assembler.Label();

    ByteFinish(VectorAssembler asm, int planes) {
        this.asm = asm;
        this.planes = planes;
        asm.align(4);
        asm.bind(highByte);
        asm.int32(Float.floatToRawIntBits(256f));
    }

    private static int mask(int half) {
        return half == 0 ? ProductCode.MASK : ProductCode.SECOND_MASK;
    }

    /** Where there are 32 registers, each half has its own behind the sums. */
    private int scale(int half) {
        return asm.registers == 32 ? 24 + half : 12;
    }

    /** Where there are 16, masks are two of them, and the bias has the place of the one that is not needed now. */
    private int bias(int half) {
        return asm.registers == 32 ? 26 + half : 14 - half;
    }

    /** Loads a half's scales and bias; changes RAX and RCX. */
    void begin(int half) {
        asm.columnMasksAgain(ProductCode.MASK, ProductCode.SECOND_MASK, argument(ProductCode.COLUMNS_LEFT));
        asm.mov(Assembler.RAX, argument(ProductCode.SCALES_NOW));
        asm.load(scale(half), at(Assembler.RAX, half * asm.vector));
        asm.mov(Assembler.RAX, argument(ProductCode.BIAS_NOW));
        asm.loadOrZero(mask(half), bias(half), at(Assembler.RAX, half * asm.vector));
    }

    /** Writes a vector of a row; what is in {@code low} is taken where there are two planes. */
    void vector(int high, int low, int half, Assembler.Memory rowScale, Assembler.Memory result) {
        asm.toFloats(high, high);
        if (planes == 2) {
            asm.toFloats(low, low);
            asm.multiplyAdd(high, at(highByte), low);
        }
        asm.floatsByOne(MULTIPLY, high, high, rowScale);
        asm.fmaInto(high, scale(half), bias(half));
        asm.storeSome(mask(half), result, high);
    }
}
