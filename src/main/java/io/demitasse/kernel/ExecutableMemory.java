package io.demitasse.kernel;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;

/**
 * Memory for machine code: mapped writable, filled, then made executable and never writable again. It is never freed:
 * there is one such piece for all models, and a thread may be running in it at any time.
 */
final class ExecutableMemory {

    /** What maps and protects memory; the C library's functions, except where a test has them fail. */
    interface Pages {
        /** The address of new pages that can be read and written, as {@code mmap} gives it: -1 if it fails. */
        long map(long size) throws Throwable;

        void fill(long address, byte[] code) throws Throwable;

        /** Makes them readable and executable, as {@code mprotect} does: not 0 if it fails. */
        int protect(long address, long size) throws Throwable;

        void unmap(long address, long size) throws Throwable;
    }

    private static final int PAGE = 4096;

    private ExecutableMemory() {
    }

    /**
     * Puts the code there.
     *
     * @return its address
     * @throws LinkageError if the system does not allow it
     */
    static long of(byte[] code, Pages pages) {
        long size = (code.length + PAGE - 1L) / PAGE * PAGE;
        try {
            long address = pages.map(size);
            if (address == -1) {
                throw new LinkageError("the system gives no memory for machine code (mmap fails)");
            }
            pages.fill(address, code);
            if (pages.protect(address, size) != 0) {
                pages.unmap(address, size);
                throw new LinkageError("the system does not let memory be made executable (mprotect fails)");
            }
            return address;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new LinkageError("memory for machine code: " + e, e);
        }
    }

    /** Linux's, by the C library. */
    static Pages linux(ForeignFunctions foreign) {
        MethodHandle mmap = foreign.function("mmap", MethodType.methodType(long.class, long.class, long.class,
                int.class, int.class, int.class, long.class));
        MethodHandle mprotect = foreign.function("mprotect",
                MethodType.methodType(int.class, long.class, long.class, int.class));
        MethodHandle munmap = foreign.function("munmap", MethodType.methodType(int.class, long.class, long.class));
        MethodHandle memcpy = foreign.copy();
        return new Pages() {
            private static final int READ = 1;
            private static final int WRITE = 2;
            private static final int EXECUTE = 4;
            private static final int PRIVATE_ANONYMOUS = 0x22;

            @Override
            public long map(long size) throws Throwable {
                return (long) mmap.invokeExact(0L, size, READ | WRITE, PRIVATE_ANONYMOUS, -1, 0L);
            }

            @Override
            public void fill(long address, byte[] code) throws Throwable {
                memcpy.invokeExact(address, code, (long) code.length);
            }

            @Override
            public int protect(long address, long size) throws Throwable {
                return (int) mprotect.invokeExact(address, size, READ | EXECUTE);
            }

            @Override
            public void unmap(long address, long size) throws Throwable {
                int ignored = (int) munmap.invokeExact(address, size);
            }
        };
    }
}
