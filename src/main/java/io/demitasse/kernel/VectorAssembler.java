package io.demitasse.kernel;

/**
 * The instructions on vectors of 512 bits (AVX-512 with EVEX prefixes), on single floats and doubles, and on AMX's
 * tiles (VEX prefixes). {@link #masked} puts a mask register on the next instruction.
 */
final class VectorAssembler extends Assembler {

    /** The bytes of a vector, and of a float. */
    static final int VECTOR = 64;
    static final int FLOAT = 4;

    // Opcode maps and the prefixes that belong to an opcode, as EVEX and VEX number them.
    private static final int MAP_0F = 1;
    private static final int MAP_0F38 = 2;
    private static final int MAP_0F3A = 3;
    private static final int NP = 0;
    private static final int P66 = 1;
    private static final int PF3 = 2;
    private static final int PF2 = 3;

    /** What a comparison asks: less than; nothing where one is not a number. */
    static final int LESS_THAN = 0x11;
    static final int GREATER_THAN = 0x1E;

    private int mask;
    private boolean zeroing;

    /** The next instruction changes only the elements whose bit is set in this mask register, from 1 to 7. */
    VectorAssembler masked(int register) {
        mask = register;
        return this;
    }

    /** The next instruction sets the elements to zero whose bit is not set. */
    VectorAssembler maskedToZero(int register) {
        mask = register;
        zeroing = true;
        return this;
    }

    void load(int to, Memory from) {
        evex(MAP_0F, NP, 0, 0x10, to, 0, from, VECTOR, false);
    }

    void store(Memory to, int from) {
        evex(MAP_0F, NP, 0, 0x11, from, 0, to, VECTOR, false);
    }

    void move(int to, int from) {
        evex(MAP_0F, NP, 0, 0x28, to, 0, from);
    }

    /** One float to all elements. */
    void broadcast(int to, Memory from) {
        evex(MAP_0F38, P66, 0, 0x18, to, 0, from, FLOAT, false);
    }

    void broadcast(int to, int from) {
        evex(MAP_0F38, P66, 0, 0x18, to, 0, from);
    }

    /** Four floats to each quarter. */
    void broadcastQuarter(int to, Memory from) {
        evex(MAP_0F38, P66, 0, 0x1A, to, 0, from, 16, false);
    }

    /** {@code to += a b}, rounded once; so the next three. */
    void fma(int to, int a, int b) {
        evex(MAP_0F38, P66, 0, 0xB8, to, a, b);
    }

    /** With one float in memory for all elements. */
    void fma(int to, int a, Memory b) {
        evex(MAP_0F38, P66, 0, 0xB8, to, a, b, FLOAT, true);
    }

    /** {@code to = to a + b}. */
    void fmaInto(int to, int a, Memory b) {
        evex(MAP_0F38, P66, 0, 0xA8, to, a, b, FLOAT, true);
    }

    void fmaInto(int to, int a, int b) {
        evex(MAP_0F38, P66, 0, 0xA8, to, a, b);
    }

    /** {@code to -= a b}. */
    void fmaNegative(int to, int a, Memory b) {
        evex(MAP_0F38, P66, 0, 0xBC, to, a, b, FLOAT, true);
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
        evex(MAP_0F, NP, 0, operation.opcode, to, a, b);
    }

    /** With whole vectors in memory. */
    void floats(Arithmetic operation, int to, int a, Memory b) {
        evex(MAP_0F, NP, 0, operation.opcode, to, a, b, VECTOR, false);
    }

    /** With one float in memory for all elements. */
    void floatsByOne(Arithmetic operation, int to, int a, Memory b) {
        evex(MAP_0F, NP, 0, operation.opcode, to, a, b, FLOAT, true);
    }

    /** On the first element alone; so the next three. */
    void single(Arithmetic operation, int to, int a, int b) {
        evex(MAP_0F, PF3, 0, operation.opcode, to, a, b);
    }

    void single(Arithmetic operation, int to, int a, Memory b) {
        evex(MAP_0F, PF3, 0, operation.opcode, to, a, b, FLOAT, false);
    }

    void doubles(Arithmetic operation, int to, int a, int b) {
        evex(MAP_0F, PF2, 1, operation.opcode, to, a, b);
    }

    void doubles(Arithmetic operation, int to, int a, Memory b) {
        evex(MAP_0F, PF2, 1, operation.opcode, to, a, b, 8, false);
    }

    void loadSingle(int to, Memory from) {
        evex(MAP_0F, PF3, 0, 0x10, to, 0, from, FLOAT, false);
    }

    void storeSingle(Memory to, int from) {
        evex(MAP_0F, PF3, 0, 0x11, from, 0, to, FLOAT, false);
    }

    void loadDouble(int to, Memory from) {
        evex(MAP_0F, PF2, 1, 0x10, to, 0, from, 8, false);
    }

    void toDouble(int to, int from) {
        evex(MAP_0F, PF3, 0, 0x5A, to, to, from);
    }

    void toSingle(int to, int from) {
        evex(MAP_0F, PF2, 1, 0x5A, to, to, from);
    }

    /** Floats to the nearest whole numbers, halves to even ones. */
    void toInts(int to, int from) {
        evex(MAP_0F, P66, 0, 0x5B, to, 0, from);
    }

    void toFloats(int to, int from) {
        evex(MAP_0F, NP, 0, 0x5B, to, 0, from);
    }

    void subtractInts(int to, int a, int b) {
        evex(MAP_0F, P66, 0, 0xFA, to, a, b);
    }

    /** By one int in memory for all elements. */
    void multiplyInts(int to, int a, Memory b) {
        evex(MAP_0F38, P66, 0, 0x40, to, a, b, FLOAT, true);
    }

    void addInts(int to, int a, int b) {
        evex(MAP_0F, P66, 0, 0xFE, to, a, b);
    }

    void addInts(int to, int a, Memory b) {
        evex(MAP_0F, P66, 0, 0xFE, to, a, b, VECTOR, false);
    }

    /** With one int in memory for all elements; so the next three. */
    void addOneInt(int to, int a, Memory b) {
        evex(MAP_0F, P66, 0, 0xFE, to, a, b, FLOAT, true);
    }

    void and(int to, int a, Memory b) {
        evex(MAP_0F, P66, 0, 0xDB, to, a, b, FLOAT, true);
    }

    void or(int to, int a, int b) {
        evex(MAP_0F, P66, 0, 0xEB, to, a, b);
    }

    void xor(int to, int a, int b) {
        evex(MAP_0F, P66, 0, 0xEF, to, a, b);
    }

    void xor(int to, int a, Memory b) {
        evex(MAP_0F, P66, 0, 0xEF, to, a, b, FLOAT, true);
    }

    void maximumUnsigned(int to, int a, int b) {
        evex(MAP_0F38, P66, 0, 0x3F, to, a, b);
    }

    void shiftLeft(int to, int from, int bits) {
        evex(MAP_0F, P66, 0, 0x72, 6, to, from);
        bytes(bits);
    }

    void shiftRight(int to, int from, int bits) {
        evex(MAP_0F, P66, 0, 0x72, 2, to, from);
        bytes(bits);
    }

    /** The lowest bytes of 16 ints. */
    void storeBytes(Memory to, int from) {
        evex(MAP_0F38, PF3, 0, 0x31, from, 0, to, 16, false);
    }

    /** One int to all elements. */
    void broadcastInt(int to, Memory from) {
        evex(MAP_0F38, P66, 0, 0x58, to, 0, from, FLOAT, false);
    }

    void broadcastGeneral(int to, int from) {
        evex(MAP_0F38, P66, 0, 0x7C, to, 0, from);
    }

    /** {@code to += the sum of four products of unsigned bytes a and signed bytes b}, for each int (VNNI). */
    void bytesProduct(int to, int a, int b) {
        evex(MAP_0F38, P66, 0, 0x50, to, a, b);
    }

    /** Compares floats; the result is a mask register. */
    void compare(int toMask, int a, Memory b, int predicate) {
        evex(MAP_0F, NP, 0, 0xC2, toMask, a, b, FLOAT, true, 1);
        bytes(predicate);
    }

    void shuffle(int to, int a, int b, int order) {
        evex(MAP_0F, NP, 0, 0xC6, to, a, b);
        bytes(order);
    }

    /** Whole quarters. */
    void shuffleQuarters(int to, int a, int b, int order) {
        evex(MAP_0F3A, P66, 0, 0x23, to, a, b);
        bytes(order);
    }

    /** Combines the 16 elements of a register by halving: afterwards each of them is the result. */
    void acrossElements(Arithmetic operation, int found, int other) {
        shuffle(other, found, found, 0xB1);
        floats(operation, found, found, other);
        shuffle(other, found, found, 0x4E);
        floats(operation, found, found, other);
        shuffleQuarters(other, found, found, 0xB1);
        floats(operation, found, found, other);
        shuffleQuarters(other, found, found, 0x4E);
        floats(operation, found, found, other);
    }

    void interleaveLow(int to, int a, int b) {
        evex(MAP_0F, NP, 0, 0x14, to, a, b);
    }

    void interleaveHigh(int to, int a, int b) {
        evex(MAP_0F, NP, 0, 0x15, to, a, b);
    }

    void interleavePairsLow(int to, int a, int b) {
        evex(MAP_0F, P66, 1, 0x14, to, a, b);
    }

    void interleavePairsHigh(int to, int a, int b) {
        evex(MAP_0F, P66, 1, 0x15, to, a, b);
    }

    void maskFrom(int toMask, int from) {
        vex(MAP_0F, NP, toMask, 0, from);
        bytes(0x92, 0xC0 | toMask << 3 | from & 7);
    }

    void vzeroupper() {
        bytes(0xC5, 0xF8, 0x77);
    }

    // AMX: tiles 0 to 7 of 16 rows of 64 bytes.

    void tileConfigure(Memory from) {
        vex(MAP_0F38, NP, 0, 0, from);
        bytes(0x49);
        operand(0, from, 1, 0);
    }

    void tileRelease() {
        vex(MAP_0F38, NP, 0, 0, 0);
        bytes(0x49, 0xC0);
    }

    /** The base is the first row's address, the index register the distance between rows. */
    void tileLoad(int tile, Memory from) {
        vex(MAP_0F38, PF2, tile, 0, from);
        bytes(0x4B);
        operand(tile, from, 1, 0);
    }

    void tileStore(Memory to, int tile) {
        vex(MAP_0F38, PF3, tile, 0, to);
        bytes(0x4B);
        operand(tile, to, 1, 0);
    }

    void tileZero(int tile) {
        vex(MAP_0F38, PF2, tile, 0, 0);
        bytes(0x49, 0xC0 | tile << 3);
    }

    /** {@link #bytesProduct} of all rows of a and all columns of b. */
    void tileBytesProduct(int to, int a, int b) {
        vex(MAP_0F38, P66, to, b, a);
        bytes(0x5E, 0xC0 | to << 3 | a);
    }

    // The forms of encoding: SDM 2.3 for VEX, 2.7 for EVEX.

    private void vex(int map, int prefix, int register, int second, int rm) {
        bytes(0xC4, inverted(register, 3) << 7 | 1 << 6 | inverted(rm, 3) << 5 | map, (~second & 15) << 3 | prefix);
    }

    private void vex(int map, int prefix, int register, int second, Memory memory) {
        bytes(0xC4, inverted(register, 3) << 7 | (1 - high(memory.index(), 3)) << 6 | (1 - high(memory.base(), 3)) << 5
                | map, (~second & 15) << 3 | prefix);
    }

    private void evex(int map, int prefix, int wide, int opcode, int register, int second, int rm) {
        evexPrefix(map, prefix, wide, register, second, inverted(rm, 4), inverted(rm, 3), false);
        bytes(opcode, 0xC0 | (register & 7) << 3 | rm & 7);
    }

    private void evex(int map, int prefix, int wide, int opcode, int register, int second, Memory memory, int unit,
                      boolean broadcast) {
        evex(map, prefix, wide, opcode, register, second, memory, unit, broadcast, 0);
    }

    private void evex(int map, int prefix, int wide, int opcode, int register, int second, Memory memory, int unit,
                      boolean broadcast, int bytesAfter) {
        evexPrefix(map, prefix, wide, register, second, 1 - high(memory.index(), 3), 1 - high(memory.base(), 3),
                broadcast);
        bytes(opcode);
        operand(register, memory, unit, bytesAfter);
    }

    private void evexPrefix(int map, int prefix, int wide, int register, int second, int x, int b, boolean broadcast) {
        bytes(0x62,
                inverted(register, 3) << 7 | x << 6 | b << 5 | inverted(register, 4) << 4 | map,
                wide << 7 | (~second & 15) << 3 | 1 << 2 | prefix,
                (zeroing ? 0x80 : 0) | 2 << 5 | (broadcast ? 0x10 : 0) | inverted(second, 4) << 3 | mask);
        mask = 0;
        zeroing = false;
    }

    private static int inverted(int register, int bit) {
        return ~register >> bit & 1;
    }

    /** A mask of the elements that are left when a count of floats is taken 16 at a time; changes RAX and RCX. */
    void tailMask(int toMask, Memory count) {
        mov(RCX, count);
        andImmediate(RCX, 15);
        movImmediate(RAX, 1);
        shlByRcx(RAX);
        subImmediate(RAX, 1);
        maskFrom(toMask, RAX);
    }
}
