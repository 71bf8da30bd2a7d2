package io.demitasse.kernel;

/**
 * Instructions on vectors of 256 bits (AVX2, FMA and AVX-VNNI, VEX prefixes), 16 of them. Masks are vectors, too, whose elements'
 * highest bits count; they and {@link #SCRATCH} lie in the last four registers.
 */
final class Avx2Assembler extends VectorAssembler {

    private static final int LANES = 8;
    /** VEX.L of whole vectors, and VEX.W. */
    private static final int LONG = 1 << 2;
    private static final int WIDE = 1 << 7;
    /** Where one number in memory goes that is for all elements. */
    private static final int SCRATCH = 15;
    private static final int[] MASKS = {-1, 13, 14, 12};

    /** In each half of a vector, the places of the lowest bytes of its four ints, and of them again. */
    private final Label lowestBytes = new Label();

    /** Eight ints of ones and eight of zeros: a mask of the first n elements begins n ints before the zeros. */
    private final Label ones = new Label();

    Avx2Assembler() {
        super(LANES, 16);
        align(4);
        bind(ones);
        for (int i = 0; i < 2 * LANES; i++) {
            int32(i < LANES ? -1 : 0);
        }
        bind(lowestBytes);
        for (int i = 0; i < LANES; i++) {
            int32(0x0C080400);
        }
    }

    // Masks

    @Override
    void tailMask(int mask, Memory count) {
        mov(RCX, count);
        andImmediate(RCX, LANES - 1);
        lea(RAX, at(ones));
        firstElements(mask);
    }

    @Override
    void columnMasks(int first, int second, Memory columns) {
        mov(RCX, columns);
        movImmediate(RAX, LANES);
        cmp(RCX, RAX);
        cmov(GREATER, RCX, RAX);
        lea(RAX, at(ones));
        firstElements(first);
        mov(RCX, columns);
        subImmediate(RCX, LANES);
        movImmediate(RAX, LANES);
        cmp(RCX, RAX);
        cmov(GREATER, RCX, RAX);
        movImmediate(RAX, 0);
        cmp(RCX, RAX);
        cmov(LESS, RCX, RAX);
        lea(RAX, at(ones));
        firstElements(second);
    }

    /** A tile may have used their registers for its factors. */
    @Override
    void columnMasksAgain(int first, int second, Memory columns) {
        columnMasks(first, second, columns);
    }

    /** As many as RCX says; RAX is where the ones are. */
    private void firstElements(int mask) {
        shl(RCX, 2);
        sub(RAX, RCX);
        load(MASKS[mask], at(RAX, LANES * FLOAT));
    }

    @Override
    void loadOrZero(int mask, int to, Memory from) {
        encode(MAP_0F38, P66, 0, 0x2C, to, MASKS[mask], from, vector, 0);
    }

    @Override
    void loadOrKeep(int mask, int to, Memory from) {
        loadOrZero(mask, SCRATCH, from);
        moveWhere(mask, to, SCRATCH);
    }

    @Override
    void storeSome(int mask, Memory to, int from) {
        encode(MAP_0F38, P66, 0, 0x2E, from, MASKS[mask], to, vector, 0);
    }

    @Override
    void compare(int toMask, int a, Memory b, int predicate) {
        broadcast(SCRATCH, b);
        encode(MAP_0F, NP, 0, 0xC2, MASKS[toMask], a, SCRATCH);
        bytes(predicate);
    }

    @Override
    void zeroWhere(int mask, int to) {
        encode(MAP_0F, NP, 0, 0x55, to, MASKS[mask], to);
    }

    @Override
    void moveWhere(int mask, int to, int from) {
        encode(MAP_0F3A, P66, 0, 0x4A, to, to, from);
        bytes(MASKS[mask] << 4);
    }

    // Quarters of what would be 512 bits: there are two of them

    @Override
    void quarterMasks() {
    }

    @Override
    void loadQuarter(int quarter, int to, Memory from) {
        if (quarter == 0) {
            encode(MAP_0F38, P66, 0, 0x1A, to, 0, from, 16, 0);
        } else {
            encode(MAP_0F3A, P66, 0, 0x18, to, to, from, 16, 1);
            bytes(quarter);
        }
    }

    @Override
    void quarterToFront(int to, int from, int quarter) {
        encode(MAP_0F3A, P66, 0, 0x06, to, from, from);
        bytes(quarter);
    }

    @Override
    void acrossQuarters(Arithmetic operation, int found, int other) {
        quarterToFront(other, found, 1);
        floats(operation, found, found, other);
    }

    // Bytes, and numbers of two bytes

    @Override
    void storeBytes(Memory to, int from) {
        encode(MAP_0F38, P66, 0, 0x00, SCRATCH, from, at(lowestBytes), vector, 0);
        storeSingle(to, SCRATCH);
        quarterToFront(SCRATCH, SCRATCH, 1);
        storeSingle(to.plus(4), SCRATCH);
    }

    /** 16 signed bytes to as many numbers of two. */
    void widenBytes(int to, Memory from) {
        encode(MAP_0F38, P66, 0, 0x20, to, 0, from, 16, 0);
    }

    /** Four numbers of two bytes to each quarter of a vector. */
    void broadcastFour(int to, Memory from) {
        encode(MAP_0F38, P66, 0, 0x59, to, 0, from, 8, 0);
    }

    /** {@code to = the sum of two products of signed numbers of two bytes}, for each int. */
    void pairsProduct(int to, int a, int b) {
        encode(MAP_0F, P66, 0, 0xF5, to, a, b);
    }

    /** Of unsigned bytes a and signed bytes b: the sum of two products, for each number of two bytes. */
    void bytePairsProduct(int to, int a, int b) {
        encode(MAP_0F38, P66, 0, 0x04, to, a, b);
    }

    void absoluteBytes(int to, Memory from) {
        encode(MAP_0F38, P66, 0, 0x1C, to, 0, from, vector, 0);
    }

    /** Sums of neighbours, ints, half by half: two of a, two of b, and so again. */
    void addNeighbours(int to, int a, int b) {
        encode(MAP_0F38, P66, 0, 0x02, to, a, b);
    }

    /** Eight ints to numbers of two bytes, four in each half of a vector, twice. */
    void narrowInts(int to, int from) {
        encode(MAP_0F, P66, 0, 0x6B, to, from, from);
    }

    /** Changes the places of the four pairs of ints. */
    void permutePairs(int to, int from, int order) {
        vexPrefix(MAP_0F3A, P66, WIDE | LONG, to, 0, from);
        bytes(0x00, 0xC0 | (to & 7) << 3 | from & 7, order);
    }

    /** The first 16 bytes of a vector. */
    void storeHalf(Memory to, int from) {
        vexPrefix(MAP_0F, NP, 0, from, 0, to);
        bytes(0x11);
        operand(from, to, 1, 0);
    }

    // VEX: SDM 2.3

    @Override
    void encode(int map, int prefix, int wide, int opcode, int register, int second, int rm) {
        vexPrefix(map, prefix, length(prefix), register, second, rm);
        bytes(opcode, 0xC0 | (register & 7) << 3 | rm & 7);
    }

    @Override
    void encode(int map, int prefix, int wide, int opcode, int register, int second, Memory memory, int unit,
                int bytesAfter) {
        vexPrefix(map, prefix, length(prefix), register, second, memory);
        bytes(opcode);
        operand(register, memory, 1, bytesAfter);
    }

    /** Single floats and doubles have the prefixes F3 and F2. */
    private static int length(int prefix) {
        return prefix == PF3 || prefix == PF2 ? 0 : LONG;
    }

    @Override
    void encodeByOne(int map, int prefix, int opcode, int register, int second, Memory memory) {
        broadcast(SCRATCH, memory);
        encode(map, prefix, 0, opcode, register, second, SCRATCH);
    }
}
