package io.demitasse.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Memory outside of the heap that begins with a cache line, for what machine code alone reads and writes: the garbage
 * collector moves it nowhere, so an address stays what it is. It is freed when nobody refers to it any more.
 */
final class MachineMemory {

    /** Bytes of a line of the cache. */
    static final int LINE = 64;
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

        /** This, or a new piece if it has fewer bytes than these; with any contents. */
        Piece orLarger(long bytes) {
            return buffer.capacity() < bytes ? allocate(bytes) : this;
        }
    }

    private int next = SMALLEST;
    private ByteBuffer rest = ByteBuffer.allocateDirect(0);

    /** A piece of its own. */
    static Piece allocate(long bytes) {
        return piece(lines(bytes));
    }

    /** A piece of a larger one, which is freed when no piece of it is in use. Zeros. */
    synchronized Piece lend(long bytes) {
        int size = upTo(LINE, bytes);
        if (rest.capacity() < size) {
            int most = Math.max(next, size);
            rest = most >= HUGE_PAGE ? hugePages(most) : lines(most);
            next = Math.min(LARGEST, 2 * next);
        }
        Piece piece = piece(rest.slice(0, size));
        rest = rest.slice(size, rest.capacity() - size);
        return piece;
    }

    private static ByteBuffer lines(long bytes) {
        int size = upTo(LINE, bytes);
        return aligned(ByteBuffer.allocateDirect(Math.addExact(size, LINE)), LINE, size);
    }

    private static ByteBuffer hugePages(long bytes) {
        int size = upTo(HUGE_PAGE, bytes);
        return aligned(MachineCode.hugePages(Math.addExact(size, HUGE_PAGE)), HUGE_PAGE, size);
    }

    private static int upTo(int multiple, long bytes) {
        return Math.toIntExact((bytes + multiple - 1) / multiple * multiple);
    }

    private static ByteBuffer aligned(ByteBuffer buffer, int alignment, int size) {
        return buffer.alignedSlice(alignment).slice(0, size);
    }

    private static Piece piece(ByteBuffer buffer) {
        return new Piece(buffer.order(ByteOrder.nativeOrder()), MachineCode.addressOf(buffer));
    }
}
