package io.demitasse.kernel;

import java.lang.invoke.MethodHandle;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All machine code there is, in one piece of executable memory (and in another, when it is first asked for, what
 * {@link Bf16Code} emits), and the one way to call it: with up to five arrays of floats and an array of longs, whose
 * places {@link ProductCode}, {@link RowCode} and {@link WholeNumberCode} name. Who calls has checked every index before;
 * the code checks none. AssemblerTest writes it to files in target, for
 * {@code objdump -D -b binary -m i386:x86-64 -M intel}.
 */
final class MachineCode {

    private static final float[] NONE = new float[1];
    /** In place of the offset of a function that there is not. */
    private static final int NO_FUNCTION = -1;

    /** An offset into the code for each function. */
    record Layout(byte[] code, int multiply, int multiplyTransposed, int[] multiplyBytes,
                  int packTransposed, int packRows, int sums, int amounts, int[] quantise, int gelu, int geluBackward,
                  int softmax, int layerNorm, int add) {
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
        static final ExecutableMemory.Pages PAGES = ExecutableMemory.linux(FOREIGN);
    }

    private final MachineForm form;
    private final boolean hasBf16;
    private final ExecutableMemory.Pages pages;
    private final Layout layout;
    private final long address;
    private @Nullable Bf16Functions bf16;

    private MachineCode(MachineForm form, Processor processor, ExecutableMemory.Pages pages) {
        this.form = form;
        this.hasBf16 = processor.bf16() && form.width() == Bf16Code.FILLED_UP;
        this.pages = pages;
        this.layout = form.layout();
        this.address = ExecutableMemory.of(layout.code(), pages);
    }

    /**
     * Asks the processor, and emits what it can run.
     *
     * @throws LinkageError if it is not fit for it, or the system gives no executable memory
     */
    static MachineCode emit(ExecutableMemory.Pages pages) {
        Processor processor = processor(pages);
        if (processor.forms().isEmpty()) {
            throw new LinkageError("the processor or the system has no AVX2 with FMA");
        }
        return new MachineCode(processor.forms().get(processor.forms().size() - 1), processor, pages);
    }

    /** Code of each form that the processor can run, the fastest last, in memory of its own. */
    static List<MachineCode> all() {
        ExecutableMemory.Pages pages = linux();
        Processor processor = processor(pages);
        return processor.forms().stream().map(form -> new MachineCode(form, processor, pages)).toList();
    }

    static ExecutableMemory.Pages linux() {
        return Calls.PAGES;
    }

    /**
     * Emits everything.
     *
     * @param products of bytes with numbers of one and of two bytes, given the place of GELU; null if there are none
     * @param one what makes numbers of one byte; null if nothing does
     * @param two what makes numbers of two bytes, and sums of a weight's
     * @param amounts emits sums of the amounts of a weight's bytes; null if they are not needed
     */
    static Layout layout(VectorAssembler asm, Function<Assembler.Label, ? extends @Nullable ProductCode[]> products,
                         @Nullable WholeNumberCode one, WholeNumberCode two,
                         @Nullable Consumer<Assembler.Label> amounts) {
        FunctionCode functions = new FunctionCode(asm);
        Assembler.Label panelGelu = new Assembler.Label();
        functions.geluOfPanel(panelGelu);
        int multiply = product(FloatTiles.ofFloats(asm, false, panelGelu));
        int transposed = product(FloatTiles.ofFloats(asm, true, panelGelu));
        int[] bytes = Stream.of(products.apply(panelGelu)).mapToInt(MachineCode::product).toArray();
        int packTransposed = entry(two::packTransposed);
        int packRows = entry(two::packRows);
        int sums = entry(two::sums);
        int sumsOfAmounts = amounts == null ? NO_FUNCTION : entry(amounts);
        int[] quantise = {one == null ? NO_FUNCTION : entry(one::quantise), entry(two::quantise)};
        int gelu = entry(functions::geluOfRow);
        int geluBackward = entry(functions::geluBackward);
        int softmax = entry(functions::softmax);
        int layerNorm = entry(new LayerNormCode(asm)::layerNorm);
        int add = entry(functions::add);
        return new Layout(asm.code(), multiply, transposed, bytes, packTransposed, packRows, sums, sumsOfAmounts, quantise,
                gelu, geluBackward, softmax, layerNorm, add);
    }

    private static int product(@Nullable ProductCode product) {
        return product == null ? NO_FUNCTION : entry(product::emit);
    }

    /** Where what this emits begins. */
    static int entry(Consumer<Assembler.Label> emitter) {
        Assembler.Label label = new Assembler.Label();
        emitter.accept(label);
        return label.position();
    }

    // What of the processor is asked: cpuid's leaves 1 and 7, xgetbv, and Linux for AMX's registers.

    /** FMA, OSXSAVE and AVX of leaf 1's ECX. */
    private static final int OSXSAVE = 1 << 27;
    private static final int FMA_AND_AVX = 1 << 12 | 1 << 28;
    private static final int AVX_STATE = 0x6;
    /** Of leaf 7's EBX. */
    private static final int AVX2 = 1 << 5;
    /** SSE, AVX, and the three states of AVX-512. */
    private static final int AVX512_STATE = 0xE6;
    /** F, DQ, BW, VL of leaf 7's EBX. */
    private static final int AVX512 = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31;
    private static final int VNNI = 1 << 11;
    /** Of its second part's EAX. */
    private static final int AVX_VNNI = 1 << 4;
    private static final int BF16 = 1 << 5;
    /** BF16, TILE and INT8 of its first part's EDX, which come together. */
    private static final int AMX = 1 << 22 | 1 << 24 | 1 << 25;
    private static final int AMX_STATE = 3 << 17;
    private static final int ARCH_PRCTL = 158;
    private static final int REQUEST_STATE = 0x1023;
    private static final int TILE_DATA = 18;

    /**
     * What the processor and the system can run.
     *
     * @param forms the fastest last
     * @param bf16 whether it multiplies pairs of bfloat16
     */
    private record Processor(List<MachineForm> forms, boolean bf16) {
    }

    private static Processor processor(ExecutableMemory.Pages pages) {
        Assembler asm = new Assembler();
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
            return new Processor(List.of(), false);
        }
        long[] saved = {0};
        call(code + xgetbv, saved);
        long[] features = {7, 0, 0, 0};
        call(code, features);
        long[] moreFeatures = {0, 0, 0, 0};
        if (features[0] >= 1) {
            moreFeatures[0] = 7;
            moreFeatures[1] = 1;
            call(code, moreFeatures);
        }
        List<MachineForm> forms = new ArrayList<>();
        if (has(saved[0], AVX_STATE) && has(first[2], FMA_AND_AVX) && has(features[1], AVX2)) {
            forms.add(MachineForm.AVX2);
            if (has(moreFeatures[0], AVX_VNNI)) {
                forms.add(MachineForm.AVX_VNNI);
            }
        }
        if (has(saved[0], AVX512_STATE) && has(features[1], AVX512) && has(features[2], VNNI)) {
            forms.add(MachineForm.AVX512);
            if (has(saved[0], AMX_STATE) && has(features[3], AMX)) {
                long[] answer = {ARCH_PRCTL, REQUEST_STATE, TILE_DATA};
                call(code + request, answer);
                if (answer[0] == 0) {
                    forms.add(MachineForm.AMX);
                }
            }
        }
        return new Processor(forms, has(moreFeatures[0], BF16));
    }

    private static boolean has(long bits, int all) {
        return ((int) bits & all) == all;
    }

    private static void call(long code, long[] arguments) {
        call(code, NONE, NONE, NONE, NONE, NONE, arguments);
    }

    MachineForm form() {
        return form;
    }

    /** Whether there are products in bfloat16. */
    boolean hasBf16() {
        return hasBf16;
    }

    /**
     * Products in bfloat16, emitted when they are first asked for. Only where {@link #hasBf16}.
     *
     * @throws LinkageError if the system gives no more executable memory
     */
    synchronized Bf16Functions bf16() {
        if (bf16 == null) {
            Bf16Code.Layout code = Bf16Code.layout(form == MachineForm.AMX);
            bf16 = new Bf16Functions(code, ExecutableMemory.of(code.code(), pages));
        }
        return bf16;
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

    /**
     * Zeros, in huge pages where the system has some. They are asked for before anything is touched, so that nothing
     * has to be moved into them; given back when no buffer of it is in use any more.
     */
    static ByteBuffer hugePages(long size) {
        try {
            long address = Calls.PAGES.map(size);
            if (address == -1) {
                throw new OutOfMemoryError("the system gives no " + size + " bytes of memory");
            }
            long advised = (long) Calls.MADVISE.invokeExact(address, size, MADV_HUGEPAGE, 0L, 0L, 0L);
            return Calls.FOREIGN.memory(address, size, () -> unmap(address, size));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static void unmap(long address, long size) {
        try {
            Calls.PAGES.unmap(address, size);
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

    /** Calls the function at this address. */
    void runAt(long function, float[] a, float[] b, float[] c, float[] d, float[] e, long[] arguments) {
        call(function, a, b, c, d, e, arguments);
    }

    void runAt(long function, float[] a, long[] arguments) {
        call(function, a, NONE, NONE, NONE, NONE, arguments);
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
