package io.demitasse.kernel;

import java.util.function.Function;

/** A form of machine code: what it needs of the processor, and the shapes that follow from its registers. */
enum MachineForm {

    /** Vectors of 256 bits; bytes are multiplied as numbers of two bytes ({@link PairTiles}). */
    AVX2(16, 0, PairTiles.HIGHEST),
    /** The same, but bytes are multiplied by VNNI ({@link ByteTiles}). */
    AVX_VNNI(16, ByteTiles.highest(16, 1), ByteTiles.highest(16, 2)),
    /** Vectors of 512 bits; bytes are multiplied by VNNI ({@link ByteTiles}). */
    AVX512(32, ByteTiles.highest(32, 1), ByteTiles.highest(32, 2)),
    /** The same, but bytes and bfloat16 are multiplied by AMX ({@link AmxTiles}). */
    AMX(32, AmxTiles.highest(1), AmxTiles.highest(2));

    private final int width;
    private final int rowsOfOneByte;
    private final int rowsOfTwoBytes;

    MachineForm(int width, int rowsOfOneByte, int rowsOfTwoBytes) {
        this.width = width;
        this.rowsOfOneByte = rowsOfOneByte;
        this.rowsOfTwoBytes = rowsOfTwoBytes;
    }

    /** Columns of a panel: {@link VectorAssembler#width}. */
    int width() {
        return width;
    }

    /** Bytes of a step of a panel: {@link VectorAssembler#stepBytes}. */
    int stepBytes() {
        return 4 * width;
    }

    int panels(int columns) {
        return (columns + width - 1) / width;
    }

    /** Rows of the highest tile of floats. */
    int floatRows() {
        return FloatTiles.highest(width);
    }

    /** Rows of the highest tile of numbers of one or two bytes; 0 if there is none. */
    int byteRows(int planes) {
        return planes == 2 ? rowsOfTwoBytes : rowsOfOneByte;
    }

    /** Rows of the highest tile of pairs of bfloat16. */
    int bf16Rows() {
        return this == AMX ? AmxTiles.highest(1) : floatRows();
    }

    /** Multiplications of bfloat16 of a call: {@link MachineCalls#FLOATS}. */
    long bf16OfCall() {
        return this == AMX ? MachineCalls.BYTES : MachineCalls.FLOATS;
    }

    /** Whether numbers for products with bytes are two signed bytes together, or planes of unsigned bytes. */
    boolean pairs() {
        return this == AVX2;
    }

    /** Rows behind the last one of whole numbers, or of bfloat16, that a tile may read. */
    int rowsBehind() {
        return this == AMX ? 2 * AmxTiles.TILE_ROWS : 0;
    }

    /** Emits all functions; what they are depends on nothing else. */
    MachineCode.Layout layout() {
        if (this == AVX2) {
            Avx2Assembler asm = new Avx2Assembler();
            PairCode pairs = new PairCode(asm);
            return MachineCode.layout(asm, gelu -> new ProductCode[] {null, new PairTiles(asm, gelu)},
                    null, pairs, pairs::amounts);
        }
        if (this == AMX) {
            Avx512Assembler asm = new Avx512Assembler();
            return planes(asm, gelu -> new ProductCode[] {
                new AmxByteTiles(asm, 1, gelu), new AmxByteTiles(asm, 2, gelu)});
        }
        VectorAssembler asm = this == AVX512 ? new Avx512Assembler() : new Avx2Assembler();
        return planes(asm, gelu -> new ProductCode[] {new ByteTiles(asm, 1, gelu), new ByteTiles(asm, 2, gelu)});
    }

    private static MachineCode.Layout planes(VectorAssembler asm, Function<Assembler.Label, ProductCode[]> products) {
        return MachineCode.layout(asm, products, new PlaneCode(asm, 1), new PlaneCode(asm, 2), null);
    }
}
