package io.demitasse.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes x86-64 instructions: this class the general ones and the forms of encoding, {@link VectorAssembler} those on
 * vectors and tiles. The encodings are those of Intel's Software Developer's Manual, volume 2 (chapter 2 for prefixes
 * and operands, chapters 3 to 6 for each instruction); a test compares them with what objdump reads.
 *
 * <p>Operands stand in Intel's order, the destination first. General registers are numbered as the processor numbers
 * them, vector registers 0 to 31.
 */
class Assembler {

    static final int RAX = 0;
    static final int RCX = 1;
    static final int RDX = 2;
    static final int RBX = 3;
    static final int RSP = 4;
    static final int RBP = 5;
    static final int RSI = 6;
    static final int RDI = 7;
    static final int R8 = 8;
    static final int R9 = 9;
    static final int R10 = 10;
    static final int R11 = 11;
    static final int R12 = 12;
    static final int R13 = 13;
    static final int R14 = 14;
    static final int R15 = 15;

    /** Conditions of jumps and moves, as they stand in the last four bits of the instruction. */
    static final int BELOW = 2;
    static final int EQUAL = 4;
    static final int NOT_EQUAL = 5;
    static final int ABOVE = 7;
    static final int LESS = 12;
    static final int GREATER_EQUAL = 13;
    static final int LESS_EQUAL = 14;
    static final int GREATER = 15;

    private static final int NONE = -1;

    /** A place in the code, which jumps may name before it is known. */
    static final class Label {
        private int position = -1;
        private final List<Integer> uses = new ArrayList<>();

        /** Its distance from the code's start. */
        int position() {
            return position;
        }
    }

    /** {@code [base + index * scale + displacement]}, or a place in the code itself. */
    record Memory(int base, int index, int scale, int displacement, Label label) {

        Memory plus(int bytes) {
            return new Memory(base, index, scale, displacement + bytes, label);
        }
    }

    static Memory at(int base, int displacement) {
        return new Memory(base, NONE, 1, displacement, null);
    }

    static Memory at(int base, int index, int scale, int displacement) {
        return new Memory(base, index, scale, displacement, null);
    }

    static Memory at(Label label) {
        return new Memory(NONE, NONE, 1, 0, label);
    }

    private byte[] code = new byte[1 << 16];
    private int size;

    /** What has been written. */
    byte[] code() {
        return Arrays.copyOf(code, size);
    }

    int size() {
        return size;
    }

    void bytes(int... values) {
        for (int value : values) {
            if (size == code.length) {
                code = Arrays.copyOf(code, 2 * size);
            }
            code[size++] = (byte) value;
        }
    }

    void int32(int value) {
        bytes(value, value >> 8, value >> 16, value >> 24);
    }

    /** Fills up to a multiple of {@code bytes} with instructions that do nothing. */
    void align(int bytes) {
        while (size % bytes != 0) {
            bytes(0x90);
        }
    }

    void bind(Label label) {
        label.position = size;
        for (int use : label.uses) {
            patch(use, size - use - 4);
        }
    }

    /** The label's distance from the end of these four bytes. */
    private void distance(Label label, int bytesAfter) {
        if (label.position >= 0) {
            int32(label.position - size - 4 - bytesAfter);
        } else if (bytesAfter > 0) {
            throw new IllegalStateException("a constant must stand before an instruction with an immediate operand");
        } else {
            label.uses.add(size);
            int32(0);
        }
    }

    private void patch(int at, int value) {
        for (int i = 0; i < 4; i++) {
            code[at + i] = (byte) (value >> 8 * i);
        }
    }

    // The general instructions, on 64 bits.

    void mov(int to, int from) {
        rexW(to, from);
        bytes(0x8B, 0xC0 | (to & 7) << 3 | from & 7);
    }

    void mov(int to, Memory from) {
        general(0x8B, to, from);
    }

    void mov(Memory to, int from) {
        general(0x89, from, to);
    }

    void movImmediate(int to, int value) {
        rexW(0, to);
        bytes(0xC7, 0xC0 | to & 7);
        int32(value);
    }

    /** Of a 32-bit number with its sign. */
    void movsxd(int to, Memory from) {
        general(0x63, to, from);
    }

    void lea(int to, Memory address) {
        general(0x8D, to, address);
    }

    void add(int to, int from) {
        rexW(to, from);
        bytes(0x03, 0xC0 | (to & 7) << 3 | from & 7);
    }

    void add(int to, Memory from) {
        general(0x03, to, from);
    }

    void sub(int to, int from) {
        rexW(to, from);
        bytes(0x2B, 0xC0 | (to & 7) << 3 | from & 7);
    }

    void cmp(int a, int b) {
        rexW(a, b);
        bytes(0x3B, 0xC0 | (a & 7) << 3 | b & 7);
    }

    void test(int a, int b) {
        rexW(b, a);
        bytes(0x85, 0xC0 | (b & 7) << 3 | a & 7);
    }

    void imul(int to, int from, int factor) {
        rexW(to, from);
        bytes(0x69, 0xC0 | (to & 7) << 3 | from & 7);
        int32(factor);
    }

    void addImmediate(int to, int value) {
        immediate(0, to, value);
    }

    void andImmediate(int to, int value) {
        immediate(4, to, value);
    }

    void subImmediate(int to, int value) {
        immediate(5, to, value);
    }

    void cmpImmediate(int a, int value) {
        immediate(7, a, value);
    }

    private void immediate(int operation, int to, int value) {
        rexW(0, to);
        boolean small = value == (byte) value;
        bytes(small ? 0x83 : 0x81, 0xC0 | operation << 3 | to & 7);
        if (small) {
            bytes(value);
        } else {
            int32(value);
        }
    }

    void shr(int to, int bits) {
        rexW(0, to);
        bytes(0xC1, 0xE8 | to & 7, bits);
    }

    void shl(int to, int bits) {
        rexW(0, to);
        bytes(0xC1, 0xE0 | to & 7, bits);
    }

    /** Shifts left by what the lowest byte of RCX says. */
    void shlByRcx(int to) {
        rexW(0, to);
        bytes(0xD3, 0xE0 | to & 7);
    }

    void cmov(int condition, int to, int from) {
        rexW(to, from);
        bytes(0x0F, 0x40 | condition, 0xC0 | (to & 7) << 3 | from & 7);
    }

    void push(int register) {
        if (register >= 8) {
            bytes(0x41);
        }
        bytes(0x50 | register & 7);
    }

    void pop(int register) {
        if (register >= 8) {
            bytes(0x41);
        }
        bytes(0x58 | register & 7);
    }

    void jump(Label to) {
        bytes(0xE9);
        distance(to, 0);
    }

    void jumpIf(int condition, Label to) {
        bytes(0x0F, 0x80 | condition);
        distance(to, 0);
    }

    void call(Label to) {
        bytes(0xE8);
        distance(to, 0);
    }

    void call(Memory address) {
        rex(false, 0, address);
        bytes(0xFF);
        operand(2, address, 1, 0);
    }

    void ret() {
        bytes(0xC3);
    }

    void cpuid() {
        bytes(0x0F, 0xA2);
    }

    void xgetbv() {
        bytes(0x0F, 0x01, 0xD0);
    }

    void syscall() {
        bytes(0x0F, 0x05);
    }

    /** For writing; a processor that does not know it does nothing. */
    void prefetchToWrite(Memory address) {
        rex(false, 0, address);
        bytes(0x0F, 0x0D);
        operand(1, address, 1, 0);
    }

    /** To the second-level cache. */
    void prefetch(Memory address) {
        rex(false, 0, address);
        bytes(0x0F, 0x18);
        operand(2, address, 1, 0);
    }

    // The forms of encoding.

    private void general(int opcode, int register, Memory memory) {
        rex(true, register, memory);
        bytes(opcode);
        operand(register, memory, 1, 0);
    }

    private void rexW(int register, int rm) {
        bytes(0x48 | (register >> 3 & 1) << 2 | rm >> 3 & 1);
    }

    private void rex(boolean wide, int register, Memory memory) {
        int prefix = (wide ? 0x48 : 0x40) | (register >> 3 & 1) << 2 | high(memory.index, 3) << 1 | high(memory.base, 3);
        if (prefix != 0x40) {
            bytes(prefix);
        }
    }

    /** A bit of a register's number, 0 where there is no register. */
    static int high(int register, int bit) {
        return register == NONE ? 0 : register >> bit & 1;
    }

    /**
     * ModR/M, SIB and displacement of an operand in memory.
     *
     * @param unit what a displacement of one byte counts: 1, or for EVEX the size of what is read
     * @param bytesAfter of an immediate operand that follows
     */
    void operand(int register, Memory memory, int unit, int bytesAfter) {
        int reg = (register & 7) << 3;
        if (memory.label != null) {
            bytes(reg | 5);
            distance(memory.label, bytesAfter);
            return;
        }
        boolean sib = memory.index != NONE || (memory.base & 7) == RSP;
        int displacement = memory.displacement;
        boolean small = displacement % unit == 0 && displacement / unit == (byte) (displacement / unit);
        int mode = displacement == 0 && (memory.base & 7) != RBP ? 0x00 : small ? 0x40 : 0x80;
        bytes(mode | reg | (sib ? RSP : memory.base & 7));
        if (sib) {
            int scale = Integer.numberOfTrailingZeros(memory.scale);
            bytes(scale << 6 | (memory.index == NONE ? RSP : memory.index & 7) << 3 | memory.base & 7);
        }
        if (mode == 0x40) {
            bytes(displacement / unit);
        } else if (mode == 0x80) {
            int32(displacement);
        }
    }
}
