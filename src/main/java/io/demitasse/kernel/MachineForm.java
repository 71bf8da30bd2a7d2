package io.demitasse.kernel;

/** A form of machine code: what it needs of the processor, and the shapes that follow from its registers. */
enum MachineForm {

    /** Vectors of 256 bits; bytes are multiplied as numbers of two bytes ({@link PairTiles}). */
    AVX2(16, 0, PairTiles.HIGHEST),
    /** Vectors of 512 bits; bytes are multiplied by VNNI ({@link ByteTiles}). */
    AVX512(32, ByteTiles.HIGHEST, ByteTiles.HIGHEST / 2),
    /** The same, but bytes are multiplied by AMX ({@link AmxTiles}). */
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

    /** Whether numbers for products with bytes are two signed bytes together, or planes of unsigned bytes. */
    boolean pairs() {
        return this == AVX2;
    }

    /** Rows behind the last one of whole numbers that a tile may read. */
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
        Avx512Assembler asm = new Avx512Assembler();
        return MachineCode.layout(asm, gelu -> this == AMX
                        ? new ProductCode[] {new AmxTiles(asm, 1, gelu), new AmxTiles(asm, 2, gelu)}
                        : new ProductCode[] {new ByteTiles(asm, 1, gelu), new ByteTiles(asm, 2, gelu)},
                new PlaneCode(asm, 1), new PlaneCode(asm, 2), null);
    }
}
