package io.demitasse.kernel;

import java.lang.invoke.MethodHandle;
import java.nio.Buffer;
import java.util.function.Consumer;

/**
 * All machine code there is, in one piece of executable memory, and the one way to call it: with up to five arrays of
 * floats and an array of longs, whose places {@link ProductCode}, {@link RowCode} and {@link LayoutCode} name. Who
 * calls has checked every index before; the code checks none. AssemblerTest writes it to target/machine-code.bin, for
 * {@code objdump -D -b binary -m i386:x86-64 -M intel}.
 */
final class MachineCode {

    private static final float[] NONE = new float[1];

    /** What the processor and the system have, asked by machine code as well. */
    record Processor(boolean avx512, boolean vnni, boolean amx) {

        String obstacle() {
            return !avx512 ? "the processor or the system has no AVX-512 (F, BW, DQ, VL)"
                    : !vnni ? "the processor has no AVX-512 VNNI" : "";
        }
    }

    /** An offset into the code for each function. */
    record Layout(byte[] code, int multiply, int multiplyTransposed, int[] multiplyBytes,
                  int packTransposed, int packRows, int sums, int[] quantise, int gelu, int softmax, int layerNorm,
                  int add) {
    }

    /** In a class of its own, so that the handle is a constant for the compiler. */
    private static final class Calls {
        static final ForeignFunctions FOREIGN = ForeignFunctions.find();
        static final MethodHandle FLOATS = FOREIGN.code(float[].class, float[].class, float[].class, float[].class,
                float[].class, long[].class);
        static final MethodHandle BYTES = FOREIGN.code(byte[].class, float[].class, float[].class, float[].class,
                float[].class, long[].class);
        static final MethodHandle ADDRESS = FOREIGN.address();
        static final MethodHandle MADVISE = FOREIGN.function("madvise");
    }

    private final Layout layout;
    private final long address;
    private final Processor processor;

    private MachineCode(Layout layout, long address, Processor processor) {
        this.layout = layout;
        this.address = address;
        this.processor = processor;
    }

    /**
     * Asks the processor, and emits what it can run.
     *
     * @throws LinkageError if it is not fit for it, or the system gives no executable memory
     */
    static MachineCode emit(ExecutableMemory.Pages pages) {
        Processor processor = ask(pages);
        if (!processor.obstacle().isEmpty()) {
            throw new LinkageError(processor.obstacle());
        }
        return emit(pages, processor);
    }

    private static MachineCode emit(ExecutableMemory.Pages pages, Processor processor) {
        Layout layout = layout(processor.amx());
        return new MachineCode(layout, ExecutableMemory.of(layout.code(), pages), processor);
    }

    /** Code as on a processor without AMX, in memory of its own. */
    MachineCode withoutAmx() {
        return emit(linux(), new Processor(processor.avx512(), processor.vnni(), false));
    }

    static ExecutableMemory.Pages linux() {
        return ExecutableMemory.linux(Calls.FOREIGN);
    }

    /** Emits everything; what it is depends on nothing else than that. */
    static Layout layout(boolean amx) {
        VectorAssembler asm = new VectorAssembler();
        FunctionCode functions = new FunctionCode(asm);
        LayoutCode layouts = new LayoutCode(asm);
        Assembler.Label panelGelu = new Assembler.Label();
        functions.geluOfPanel(panelGelu);
        int multiply = product(new FloatTiles(asm, false, panelGelu));
        int transposed = product(new FloatTiles(asm, true, panelGelu));
        int[] bytes = amx
                ? new int[] {product(new AmxTiles(asm, 1, panelGelu)), product(new AmxTiles(asm, 2, panelGelu))}
                : new int[] {product(new ByteTiles(asm, 1, panelGelu)), product(new ByteTiles(asm, 2, panelGelu))};
        int packTransposed = entry(layouts::packTransposed);
        int packRows = entry(layouts::packRows);
        int sums = entry(layouts::sums);
        int[] quantise = {entry(label -> layouts.quantise(label, 1)), entry(label -> layouts.quantise(label, 2))};
        int gelu = entry(functions::geluOfRow);
        int softmax = entry(functions::softmax);
        int layerNorm = entry(new LayerNormCode(asm)::layerNorm);
        int add = entry(functions::add);
        return new Layout(asm.code(), multiply, transposed, bytes, packTransposed, packRows, sums, quantise,
                gelu, softmax, layerNorm, add);
    }

    private static int product(ProductCode product) {
        return entry(product::emit);
    }

    private static int entry(Consumer<Assembler.Label> emitter) {
        Assembler.Label label = new Assembler.Label();
        emitter.accept(label);
        return label.position();
    }

    // What of the processor is asked: cpuid's leaves 1 and 7, xgetbv, and Linux for AMX's registers.

    private static final int OSXSAVE = 1 << 27;
    /** SSE, AVX, and the three states of AVX-512. */
    private static final int AVX512_STATE = 0xE6;
    /** F, DQ, BW, VL of leaf 7's EBX. */
    private static final int AVX512 = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31;
    private static final int VNNI = 1 << 11;
    private static final int AMX_TILE_AND_INT8 = 1 << 24 | 1 << 25;
    private static final int AMX_STATE = 3 << 17;
    private static final int ARCH_PRCTL = 158;
    private static final int REQUEST_STATE = 0x1023;
    private static final int TILE_DATA = 18;

    private static Processor ask(ExecutableMemory.Pages pages) {
        VectorAssembler asm = new VectorAssembler();
        asm.push(Assembler.RBX);
        asm.mov(Assembler.RAX, ProductCode.argument(0));
        asm.mov(Assembler.RCX, ProductCode.argument(1));
        asm.cpuid();
        asm.mov(ProductCode.argument(0), Assembler.RAX);
        asm.mov(ProductCode.argument(1), Assembler.RBX);
        asm.mov(ProductCode.argument(2), Assembler.RCX);
        asm.mov(ProductCode.argument(3), Assembler.RDX);
        asm.pop(Assembler.RBX);
        asm.ret();
        int xgetbv = asm.size();
        asm.movImmediate(Assembler.RCX, 0);
        asm.xgetbv();
        asm.mov(ProductCode.argument(0), Assembler.RAX);
        asm.ret();
        int request = asm.size();
        asm.mov(Assembler.RAX, ProductCode.argument(0));
        asm.mov(Assembler.RDI, ProductCode.argument(1));
        asm.mov(Assembler.RSI, ProductCode.argument(2));
        asm.syscall();
        asm.mov(ProductCode.argument(0), Assembler.RAX);
        asm.ret();
        long code = ExecutableMemory.of(asm.code(), pages);
        long[] leaf = {0, 0, 0, 0};
        call(code, leaf);
        long leaves = leaf[0];
        long[] first = {1, 0, 0, 0};
        call(code, first);
        if (leaves < 7 || !has(first[2], OSXSAVE)) {
            return new Processor(false, false, false);
        }
        long[] saved = {0};
        call(code + xgetbv, saved);
        long[] features = {7, 0, 0, 0};
        call(code, features);
        boolean avx512 = has(saved[0], AVX512_STATE) && has(features[1], AVX512);
        boolean amx = has(saved[0], AMX_STATE) && has(features[3], AMX_TILE_AND_INT8);
        if (amx) {
            long[] answer = {ARCH_PRCTL, REQUEST_STATE, TILE_DATA};
            call(code + request, answer);
            amx = answer[0] == 0;
        }
        return new Processor(avx512, has(features[2], VNNI), amx);
    }

    private static boolean has(long bits, int all) {
        return ((int) bits & all) == all;
    }

    private static void call(long code, long[] arguments) {
        call(code, NONE, NONE, NONE, NONE, NONE, arguments);
    }

    Processor processor() {
        return processor;
    }

    /** Where the functions are. */
    Layout functions() {
        return layout;
    }

    /** The address of a buffer outside of the heap. */
    static long addressOf(Buffer buffer) {
        try {
            return (long) Calls.ADDRESS.invokeExact(buffer);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static final long MADV_HUGEPAGE = 14;
    private static final long MADV_COLLAPSE = 25;

    /** Asks for huge pages, now where the system can do that. If it cannot, nothing is lost but some speed. */
    static void adviseHugePages(MachineMemory.Piece piece) {
        try {
            long size = piece.buffer().capacity();
            long advised = (long) Calls.MADVISE.invokeExact(piece.address(), size, MADV_HUGEPAGE, 0L, 0L, 0L);
            long collapsed = (long) Calls.MADVISE.invokeExact(piece.address(), size, MADV_COLLAPSE, 0L, 0L, 0L);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** The address of the function at this offset. */
    long address(int function) {
        return address + function;
    }

    /** Calls the function at this offset. */
    void run(int function, float[] a, float[] b, float[] c, float[] d, float[] e, long[] arguments) {
        call(address + function, a, b, c, d, e, arguments);
    }

    void run(int function, float[] a, long[] arguments) {
        call(address + function, a, NONE, NONE, NONE, NONE, arguments);
    }

    void run(int function, byte[] a, long[] arguments) {
        try {
            Calls.BYTES.invokeExact(address + function, a, NONE, NONE, NONE, NONE, arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static void call(long code, float[] a, float[] b, float[] c, float[] d, float[] e, long[] arguments) {
        try {
            Calls.FLOATS.invokeExact(code, a, b, c, d, e, arguments);
        } catch (RuntimeException | Error f) {
            throw f;
        } catch (Throwable f) {
            throw new IllegalStateException(f);
        }
    }
}
