package io.demitasse.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory outside of the heap that begins with a cache line, for what machine code alone reads and writes: the garbage
 * collector moves it nowhere, so an address stays what it is. It is freed when nobody refers to it any more.
 */
final class MachineMemory {

    private static final int LINE = 64;
    private static final int SMALLEST = 1 << 18;
    private static final int LARGEST = 1 << 24;
    /** Pieces begin with one where they are as large, so that their pages can be huge ones. */
    private static final int HUGE_PAGE = 1 << 21;

    /**
     * @param buffer the memory; whoever uses the address must keep a reference to it meanwhile
     * @param address of the buffer's first byte
     */
    record Piece(ByteBuffer buffer, long address) {

        static final Piece NONE = new Piece(ByteBuffer.allocateDirect(0), 0);

        /** The address of {@code size} bytes from {@code offset} on, which there must be. */
        long at(long offset, long size) {
            if (offset < 0 || size < 0 || offset + size > buffer.capacity()) {
                throw new IndexOutOfBoundsException(size + " bytes at " + offset + " of " + buffer.capacity());
            }
            return address + offset;
        }
    }

    private int next = SMALLEST;
    private ByteBuffer rest = ByteBuffer.allocateDirect(0);

    /** A piece of its own. */
    static Piece allocate(long bytes) {
        return piece(allocate(bytes, LINE));
    }

    /** A piece of a larger one, which is freed when no piece of it is in use. Zeros. */
    synchronized Piece lend(long bytes) {
        int size = Math.toIntExact((bytes + LINE - 1) / LINE * LINE);
        if (rest.capacity() < size) {
            boolean huge = Math.max(next, size) >= HUGE_PAGE;
            rest = allocate(Math.max(next, size), huge ? HUGE_PAGE : LINE);
            if (huge) {
                MachineCode.adviseHugePages(piece(rest));
            }
            next = Math.min(LARGEST, 2 * next);
        }
        Piece piece = piece(rest.slice(0, size));
        rest = rest.slice(size, rest.capacity() - size);
        return piece;
    }

    private static ByteBuffer allocate(long bytes, int alignment) {
        int size = Math.toIntExact((bytes + alignment - 1) / alignment * alignment);
        return ByteBuffer.allocateDirect(Math.addExact(size, alignment)).alignedSlice(alignment).slice(0, size);
    }

    private static Piece piece(ByteBuffer buffer) {
        return new Piece(buffer.order(ByteOrder.nativeOrder()), MachineCode.addressOf(buffer));
    }
}
