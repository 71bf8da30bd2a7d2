package io.demitasse.kernel;

/**
 * The instructions on vectors, single floats and doubles that both forms of vectors have: {@link Avx512Assembler}'s of
 * 512 bits and {@link Avx2Assembler}'s of 256. A mask says which elements count; where it is kept, the form knows.
 */
abstract class VectorAssembler extends Assembler {

    /** The bytes of a float. */
    static final int FLOAT = 4;

    // Opcode maps and the prefixes that belong to an opcode, as EVEX and VEX number them.
    static final int MAP_0F = 1;
    static final int MAP_0F38 = 2;
    static final int MAP_0F3A = 3;
    static final int NP = 0;
    static final int P66 = 1;
    static final int PF3 = 2;
    static final int PF2 = 3;

    /** What a comparison asks: less than; nothing where one is not a number. */
    static final int LESS_THAN = 0x11;
    static final int GREATER_THAN = 0x1E;

    /** Floats of a vector. */
    final int lanes;
    /** Bytes of a vector. */
    final int vector;
    /** How many vectors the processor's registers hold. */
    final int registers;

    VectorAssembler(int lanes, int registers) {
        this.lanes = lanes;
        this.vector = lanes * FLOAT;
        this.registers = registers;
    }

    /** Columns of a panel: two vectors of floats or of ints. */
    final int width() {
        return 2 * lanes;
    }

    /** Bytes of a step of a panel: a row of floats, or four bytes for each column. */
    final int stepBytes() {
        return 2 * vector;
    }

    // How an instruction is encoded.

    abstract void encode(int map, int prefix, int wide, int opcode, int register, int second, int rm);

    /**
     * With an operand in memory.
     *
     * @param unit bytes that are read or written
     * @param bytesAfter of an immediate operand that follows
     */
    abstract void encode(int map, int prefix, int wide, int opcode, int register, int second, Memory memory, int unit,
                         int bytesAfter);

    /** With one float or int in memory for all elements. */
    abstract void encodeByOne(int map, int prefix, int opcode, int register, int second, Memory memory);

    private void encode(int map, int prefix, int wide, int opcode, int register, int second, Memory memory, int unit) {
        encode(map, prefix, wide, opcode, register, second, memory, unit, 0);
    }

    // Masks: numbered from 1 on.

    /** The first elements of a vector, as many as a count of floats leaves when whole vectors are taken. Changes RAX and RCX. */
    abstract void tailMask(int mask, Memory count);

    /** Two masks for the columns of a panel that count: {@code columns}, at most {@link #width}. Changes RAX and RCX. */
    abstract void columnMasks(int first, int second, Memory columns);

    /** {@link #columnMasks} again, where what a tile has computed since may have changed them. */
    abstract void columnMasksAgain(int first, int second, Memory columns);

    /** Elements that do not count become 0, and what they were is not read. */
    abstract void loadOrZero(int mask, int to, Memory from);

    /** Elements that do not count stay, and what they were is not read. */
    abstract void loadOrKeep(int mask, int to, Memory from);

    /** Elements that do not count are not written. */
    abstract void storeSome(int mask, Memory to, int from);

    /** Compares with one float in memory; the result is a mask. */
    abstract void compare(int toMask, int a, Memory b, int predicate);

    /** Sets the elements that count to 0. */
    abstract void zeroWhere(int mask, int to);

    abstract void moveWhere(int mask, int to, int from);

    // Loading, storing, moving

    void load(int to, Memory from) {
        encode(MAP_0F, NP, 0, 0x10, to, 0, from, vector);
    }

    void store(Memory to, int from) {
        encode(MAP_0F, NP, 0, 0x11, from, 0, to, vector);
    }

    void move(int to, int from) {
        encode(MAP_0F, NP, 0, 0x28, to, 0, from);
    }

    /** One float to all elements. */
    void broadcast(int to, Memory from) {
        encode(MAP_0F38, P66, 0, 0x18, to, 0, from, FLOAT);
    }

    void broadcast(int to, int from) {
        encode(MAP_0F38, P66, 0, 0x18, to, 0, from);
    }

    /** Makes {@link #loadQuarter} ready. Changes RAX. */
    abstract void quarterMasks();

    /** Four floats to one quarter of 128 bits; the first quarter is to be loaded first. */
    abstract void loadQuarter(int quarter, int to, Memory from);

    // Floats

    /** {@code to += a b}, rounded once; so the next two. */
    void fma(int to, int a, int b) {
        encode(MAP_0F38, P66, 0, 0xB8, to, a, b);
    }

    /** {@code to = to a + b}, with one float in memory for all elements. */
    void fmaInto(int to, int a, Memory b) {
        encodeByOne(MAP_0F38, P66, 0xA8, to, a, b);
    }

    void fmaInto(int to, int a, int b) {
        encode(MAP_0F38, P66, 0, 0xA8, to, a, b);
    }

    /** {@code to = to b + a}, with one float in memory for all elements. */
    void multiplyAdd(int to, Memory b, int a) {
        encodeByOne(MAP_0F38, P66, 0x98, to, a, b);
    }

    /** An operation of two vectors by the opcode of its float form. */
    enum Arithmetic {
        ADD(0x58), MULTIPLY(0x59), SUBTRACT(0x5C), MINIMUM(0x5D), DIVIDE(0x5E), MAXIMUM(0x5F), SQUARE_ROOT(0x51);

        private final int opcode;

        Arithmetic(int opcode) {
            this.opcode = opcode;
        }
    }

    void floats(Arithmetic operation, int to, int a, int b) {
        encode(MAP_0F, NP, 0, operation.opcode, to, a, b);
    }

    /** With whole vectors in memory. */
    void floats(Arithmetic operation, int to, int a, Memory b) {
        encode(MAP_0F, NP, 0, operation.opcode, to, a, b, vector);
    }

    /** With one float in memory for all elements. */
    void floatsByOne(Arithmetic operation, int to, int a, Memory b) {
        encodeByOne(MAP_0F, NP, operation.opcode, to, a, b);
    }

    /** On the first element alone; so the next three. */
    void single(Arithmetic operation, int to, int a, int b) {
        encode(MAP_0F, PF3, 0, operation.opcode, to, a, b);
    }

    void single(Arithmetic operation, int to, int a, Memory b) {
        encode(MAP_0F, PF3, 0, operation.opcode, to, a, b, FLOAT);
    }

    void doubles(Arithmetic operation, int to, int a, int b) {
        encode(MAP_0F, PF2, 1, operation.opcode, to, a, b);
    }

    void doubles(Arithmetic operation, int to, int a, Memory b) {
        encode(MAP_0F, PF2, 1, operation.opcode, to, a, b, 8);
    }

    void loadSingle(int to, Memory from) {
        encode(MAP_0F, PF3, 0, 0x10, to, 0, from, FLOAT);
    }

    void storeSingle(Memory to, int from) {
        encode(MAP_0F, PF3, 0, 0x11, from, 0, to, FLOAT);
    }

    void toDouble(int to, int from) {
        encode(MAP_0F, PF3, 0, 0x5A, to, to, from);
    }

    void toSingle(int to, int from) {
        encode(MAP_0F, PF2, 1, 0x5A, to, to, from);
    }

    /** Floats to the nearest whole numbers, halves to even ones. */
    void toInts(int to, int from) {
        encode(MAP_0F, P66, 0, 0x5B, to, 0, from);
    }

    void toFloats(int to, int from) {
        encode(MAP_0F, NP, 0, 0x5B, to, 0, from);
    }

    // Ints and bits

    void addInts(int to, int a, int b) {
        encode(MAP_0F, P66, 0, 0xFE, to, a, b);
    }

    void addInts(int to, int a, Memory b) {
        encode(MAP_0F, P66, 0, 0xFE, to, a, b, vector);
    }

    void subtractInts(int to, int a, int b) {
        encode(MAP_0F, P66, 0, 0xFA, to, a, b);
    }

    /** By one int in memory for all elements; so the next two. */
    void multiplyInts(int to, int a, Memory b) {
        encodeByOne(MAP_0F38, P66, 0x40, to, a, b);
    }

    void addOneInt(int to, int a, Memory b) {
        encodeByOne(MAP_0F, P66, 0xFE, to, a, b);
    }

    void and(int to, int a, Memory b) {
        encodeByOne(MAP_0F, P66, 0xDB, to, a, b);
    }

    void xor(int to, int a, int b) {
        encode(MAP_0F, P66, 0, 0xEF, to, a, b);
    }

    void shiftLeft(int to, int from, int bits) {
        encode(MAP_0F, P66, 0, 0x72, 6, to, from);
        bytes(bits);
    }

    void shiftRight(int to, int from, int bits) {
        encode(MAP_0F, P66, 0, 0x72, 2, to, from);
        bytes(bits);
    }

    /** One int to all elements. */
    void broadcastInt(int to, Memory from) {
        encode(MAP_0F38, P66, 0, 0x58, to, 0, from, FLOAT);
    }

    /** The lowest byte of each int. */
    abstract void storeBytes(Memory to, int from);

    /** {@code to += the sum of four products of unsigned bytes a and signed bytes b}, for each int (VNNI). */
    void bytesProduct(int to, int a, int b) {
        encode(MAP_0F38, P66, 0, 0x50, to, a, b);
    }

    // Elements among each other

    void shuffle(int to, int a, int b, int order) {
        encode(MAP_0F, NP, 0, 0xC6, to, a, b);
        bytes(order);
    }

    /** One quarter of 128 bits to the first place; what is in the others does not count. */
    abstract void quarterToFront(int to, int from, int quarter);

    /** Combines the elements of a register by halving: afterwards each of them is the result. */
    void acrossElements(Arithmetic operation, int found, int other) {
        shuffle(other, found, found, 0xB1);
        floats(operation, found, found, other);
        shuffle(other, found, found, 0x4E);
        floats(operation, found, found, other);
        acrossQuarters(operation, found, other);
    }

    abstract void acrossQuarters(Arithmetic operation, int found, int other);

    void interleaveLow(int to, int a, int b) {
        encode(MAP_0F, NP, 0, 0x14, to, a, b);
    }

    void interleaveHigh(int to, int a, int b) {
        encode(MAP_0F, NP, 0, 0x15, to, a, b);
    }

    void interleavePairsLow(int to, int a, int b) {
        encode(MAP_0F, P66, 1, 0x14, to, a, b);
    }

    void interleavePairsHigh(int to, int a, int b) {
        encode(MAP_0F, P66, 1, 0x15, to, a, b);
    }

    void vzeroupper() {
        bytes(0xC5, 0xF8, 0x77);
    }

    // The form of encoding of VEX prefixes: SDM 2.3. EVEX has its own, and the same bits, inverted, for registers.

    static int inverted(int register, int bit) {
        return ~register >> bit & 1;
    }

    /** @param wideAndLength VEX.W and VEX.L, in their places */
    final void vexPrefix(int map, int prefix, int wideAndLength, int register, int second, int rm) {
        bytes(0xC4, inverted(register, 3) << 7 | 1 << 6 | inverted(rm, 3) << 5 | map,
                wideAndLength | (~second & 15) << 3 | prefix);
    }

    final void vexPrefix(int map, int prefix, int wideAndLength, int register, int second, Memory memory) {
        bytes(0xC4, inverted(register, 3) << 7 | (1 - high(memory.index(), 3)) << 6 | (1 - high(memory.base(), 3)) << 5
                | map, wideAndLength | (~second & 15) << 3 | prefix);
    }
}
