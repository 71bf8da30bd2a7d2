package io.demitasse.kernel;

/**
 * Instructions on vectors of 512 bits (AVX-512, EVEX prefixes), 32 of them, with masks in registers of their
 * own; bfloat16's; and those on AMX's tiles (VEX prefixes).
 */
final class Avx512Assembler extends VectorAssembler {

    /** The bytes of a vector. */
    static final int VECTOR = 64;
    private static final int LANES = VECTOR / FLOAT;

    private int mask;
    private boolean zeroing;

    Avx512Assembler() {
        super(LANES, 32);
    }

    // Masks: bits, in registers 1 to 7

    @Override
    void tailMask(int mask, Memory count) {
        mov(RCX, count);
        andImmediate(RCX, LANES - 1);
        lowestBits();
        maskFrom(mask, RAX);
    }

    @Override
    void columnMasks(int first, int second, Memory columns) {
        mov(RCX, columns);
        movImmediate(RAX, width());
        cmp(RCX, RAX);
        cmov(GREATER, RCX, RAX);
        lowestBits();
        maskFrom(first, RAX);
        shr(RAX, LANES);
        maskFrom(second, RAX);
    }

    /** As many as RCX says, in RAX. */
    private void lowestBits() {
        movImmediate(RAX, 1);
        shlByRcx(RAX);
        subImmediate(RAX, 1);
    }

    /** Nothing else uses these registers. */
    @Override
    void columnMasksAgain(int first, int second, Memory columns) {
    }

    void maskFrom(int toMask, int from) {
        vexPrefix(MAP_0F, NP, 0, toMask, 0, from);
        bytes(0x92, 0xC0 | toMask << 3 | from & 7);
    }

    @Override
    void loadOrZero(int mask, int to, Memory from) {
        zeroing = true;
        loadOrKeep(mask, to, from);
    }

    @Override
    void loadOrKeep(int mask, int to, Memory from) {
        this.mask = mask;
        load(to, from);
    }

    @Override
    void storeSome(int mask, Memory to, int from) {
        this.mask = mask;
        store(to, from);
    }

    @Override
    void compare(int toMask, int a, Memory b, int predicate) {
        prefix(MAP_0F, NP, 0, toMask, a, b, true);
        bytes(0xC2);
        operand(toMask, b, FLOAT, 1);
        bytes(predicate);
    }

    @Override
    void zeroWhere(int mask, int to) {
        this.mask = mask;
        xor(to, to, to);
    }

    @Override
    void moveWhere(int mask, int to, int from) {
        this.mask = mask;
        move(to, from);
    }

    /** By masks 5, 6 and 7, which must be set to the quarters behind the first. */
    @Override
    void loadQuarter(int quarter, int to, Memory from) {
        mask = quarter == 0 ? 0 : 4 + quarter;
        encode(MAP_0F38, P66, 0, 0x1A, to, 0, from, 16, 0);
    }

    /** Sets masks 5, 6 and 7 for {@link #loadQuarter}. Changes RAX. */
    @Override
    void quarterMasks() {
        for (int quarter = 1; quarter < 4; quarter++) {
            movImmediate(RAX, 0xF << 4 * quarter);
            maskFrom(4 + quarter, RAX);
        }
    }

    @Override
    void quarterToFront(int to, int from, int quarter) {
        shuffleQuarters(to, from, from, quarter);
    }

    @Override
    void acrossQuarters(Arithmetic operation, int found, int other) {
        shuffleQuarters(other, found, found, 0xB1);
        floats(operation, found, found, other);
        shuffleQuarters(other, found, found, 0x4E);
        floats(operation, found, found, other);
    }

    /** The first and third quarter of a, then of b. */
    void evenQuarters(int to, int a, int b) {
        shuffleQuarters(to, a, b, 0x88);
    }

    /** The second and fourth quarter of a, then of b. */
    void oddQuarters(int to, int a, int b) {
        shuffleQuarters(to, a, b, 0xDD);
    }

    private void shuffleQuarters(int to, int a, int b, int order) {
        encode(MAP_0F3A, P66, 0, 0x23, to, a, b);
        bytes(order);
    }

    // Bytes and ints

    @Override
    void storeBytes(Memory to, int from) {
        encode(MAP_0F38, PF3, 0, 0x31, from, 0, to, 16, 0);
    }

    // bfloat16 (AVX512_BF16)

    /**
     * {@code to += the product of the higher bfloat16 of a and of b, then that of the lower ones}, for each float, rounded
     * twice; what is too small to be normal is as 0.
     */
    void bf16Product(int to, int a, int b) {
        encode(MAP_0F38, PF3, 0, 0x52, to, a, b);
    }

    /** Floats as bfloat16: those of {@code low} in the first half of the vector, those of {@code high} in the second. */
    void toBf16(int to, int high, int low) {
        encode(MAP_0F38, PF2, 0, 0x72, to, high, low);
    }

    /** {@code to[i] = from[order[i]]}, numbers of two bytes. */
    void permuteWords(int to, int order, int from) {
        encode(MAP_0F38, P66, 1, 0x8D, to, order, from);
    }

    // AMX: tiles 0 to 7 of 16 rows of 64 bytes.

    void tileConfigure(Memory from) {
        vexPrefix(MAP_0F38, NP, 0, 0, 0, from);
        bytes(0x49);
        operand(0, from, 1, 0);
    }

    void tileRelease() {
        vexPrefix(MAP_0F38, NP, 0, 0, 0, 0);
        bytes(0x49, 0xC0);
    }

    /** The base is the first row's address, the index register the distance between rows. */
    void tileLoad(int tile, Memory from) {
        vexPrefix(MAP_0F38, PF2, 0, tile, 0, from);
        bytes(0x4B);
        operand(tile, from, 1, 0);
    }

    void tileStore(Memory to, int tile) {
        vexPrefix(MAP_0F38, PF3, 0, tile, 0, to);
        bytes(0x4B);
        operand(tile, to, 1, 0);
    }

    void tileZero(int tile) {
        vexPrefix(MAP_0F38, PF2, 0, tile, 0, 0);
        bytes(0x49, 0xC0 | tile << 3);
    }

    /** {@link #bytesProduct} of all rows of a and all columns of b. */
    void tileBytesProduct(int to, int a, int b) {
        vexPrefix(MAP_0F38, P66, 0, to, b, a);
        bytes(0x5E, 0xC0 | to << 3 | a);
    }

    /** The products of pairs of bfloat16 of a row of a and of a column of b, added up: {@link AmxBf16Tiles}. */
    void tileBf16Product(int to, int a, int b) {
        vexPrefix(MAP_0F38, PF3, 0, to, b, a);
        bytes(0x5C, 0xC0 | to << 3 | a);
    }

    // EVEX: SDM 2.7

    @Override
    void encode(int map, int prefix, int wide, int opcode, int register, int second, int rm) {
        prefix(map, prefix, wide, register, second, inverted(rm, 4), inverted(rm, 3), false);
        bytes(opcode, 0xC0 | (register & 7) << 3 | rm & 7);
    }

    @Override
    void encode(int map, int prefix, int wide, int opcode, int register, int second, Memory memory, int unit,
                int bytesAfter) {
        prefix(map, prefix, wide, register, second, memory, false);
        bytes(opcode);
        operand(register, memory, unit, bytesAfter);
    }

    @Override
    void encodeByOne(int map, int prefix, int opcode, int register, int second, Memory memory) {
        prefix(map, prefix, 0, register, second, memory, true);
        bytes(opcode);
        operand(register, memory, FLOAT, 0);
    }

    private void prefix(int map, int prefix, int wide, int register, int second, Memory memory, boolean broadcast) {
        prefix(map, prefix, wide, register, second, 1 - high(memory.index(), 3), 1 - high(memory.base(), 3), broadcast);
    }

    private void prefix(int map, int prefix, int wide, int register, int second, int x, int b, boolean broadcast) {
        bytes(0x62,
                inverted(register, 3) << 7 | x << 6 | b << 5 | inverted(register, 4) << 4 | map,
                wide << 7 | (~second & 15) << 3 | 1 << 2 | prefix,
                (zeroing ? 0x80 : 0) | 2 << 5 | (broadcast ? 0x10 : 0) | inverted(second, 4) << 3 | mask);
        mask = 0;
        zeroing = false;
    }
}
