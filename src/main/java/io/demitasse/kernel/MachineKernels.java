package io.demitasse.kernel;

import java.util.Objects;

/**
 * Machine code that {@link MachineCode} emits when it is first needed. On float weights the results are the bits of
 * {@link VectorKernels} with vectors as long. A left matrix for weights of bytes becomes whole numbers itself, of two
 * bytes or one. A row's result depends neither on the rows beside it nor on the number of threads.
 */
final class MachineKernels implements Kernels {

    /** Floats of a call: it is to end within 200 microseconds, as it holds off the garbage collector. */
    private static final int CALL_FLOATS = 1 << 16;

    private final MachineCode code;
    private final MachineMemory memory = new MachineMemory();
    private final int planes;
    private final boolean bf16;
    private final ThreadLocal<long[]> arguments = ThreadLocal.withInitial(() -> new long[RowCode.SIZE]);

    /** To be called only where {@link MachineSupport#obstacle()} finds none. */
    MachineKernels(Int8Activations activations) {
        this(MachineSupport.code(), activations);
    }

    MachineKernels(MachineCode code, Int8Activations activations) {
        this(code, activations == Int8Activations.EXACT ? 2 : 1, false);
    }

    private MachineKernels(MachineCode code, int planes, boolean bf16) {
        this.code = code;
        this.planes = planes;
        this.bf16 = bf16;
    }

    @Override
    public String name() {
        return "machine";
    }

    @Override
    public boolean startAtOnce() {
        return true;
    }

    @Override
    public Kernels bf16() {
        if (!code.hasBf16()) {
            throw new IllegalArgumentException("bf16 does not work here: the processor has no AVX512_BF16");
        }
        try {
            code.bf16();
        } catch (LinkageError e) {
            throw new IllegalArgumentException("bf16 does not work here: " + e.getMessage(), e);
        }
        return bf16 ? this : new MachineKernels(code, planes, true);
    }

    MachineCode code() {
        return code;
    }

    /** Bytes of a number of a left matrix that is multiplied with bytes. */
    int planes() {
        return planes;
    }

    /** The calling thread's arguments for machine code, where no workspace is at hand. */
    private long[] arguments() {
        return arguments.get();
    }

    @Override
    public Weight weight(float[] weight, int out, int in) {
        return MachineWeight.of(code, memory, weight, out, in);
    }

    @Override
    public Weight weight(byte[] quantized, float[] scales, int out, int in) {
        return MachineWeight.of(code, memory, quantized, scales, out, in);
    }

    @Override
    public void linear(Matrix x, Weight weight, float[] bias, Activation activation, Matrix y, Workspace workspace) {
        product(workspace).linear(x, (MachineWeight) weight, bias, activation, y, workspace);
    }

    @Override
    public void multiply(Matrix a, boolean transposeA, Matrix b, boolean transposeB, float beta, Matrix c,
                         Workspace workspace) {
        if (bf16) {
            workspace.kept(Bf16Product.class, code, Bf16Product::new)
                    .multiply(a, transposeA, b, transposeB, beta, c, workspace);
            return;
        }
        product(workspace).multiply(a, transposeA, b, transposeB, beta, c, workspace);
    }

    private MachineProduct product(Workspace workspace) {
        return workspace.kept(MachineProduct.class, this, MachineProduct::new);
    }

    @Override
    public void gemm(boolean transposeA, boolean transposeB, int m, int n, int k,
                     float alpha, float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb,
                     float beta, float[] c, int cOffset, int ldc, Workspace workspace, int worker) {
        MachineCalls.gemm(code, transposeA, transposeB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c,
                cOffset, ldc, MachineScratch.of(workspace, worker));
    }

    @Override
    public void softmax(float[] x, int offset, int n) {
        softmax(x, offset, 1, n);
    }

    @Override
    public void softmax(float[] x, int offset, int rows, int n) {
        Objects.checkFromIndexSize(offset, Math.multiplyExact(rows, n), x.length);
        if (rows == 0 || n == 0) {
            return;
        }
        long[] call = arguments();
        call[RowCode.N] = n;
        call[RowCode.X_STRIDE] = 4L * n;
        int most = rowsOfCall(n);
        for (int row = 0; row < rows; row += most) {
            call[RowCode.X] = 4L * (offset + row * n);
            call[RowCode.ROWS] = Math.min(most, rows - row);
            code.run(code.functions().softmax(), x, call);
        }
    }

    private static int rowsOfCall(int n) {
        return Math.max(1, CALL_FLOATS / n);
    }

    @Override
    public void activate(Activation activation, float[] x, int xOffset, int n, float[] y, int yOffset) {
        if (activation != Activation.GELU) {
            Kernels.super.activate(activation, x, xOffset, n, y, yOffset);
            return;
        }
        floats(code.functions().gelu(), x, xOffset, n, y, yOffset);
    }

    @Override
    public void add(float[] x, int xOffset, int n, float[] y, int yOffset) {
        floats(code.functions().add(), x, xOffset, n, y, yOffset);
    }

    /** Calls a function of {@code n} floats of x and as many of y. */
    private void floats(int function, float[] x, int xOffset, int n, float[] y, int yOffset) {
        Objects.checkFromIndexSize(xOffset, n, x.length);
        Objects.checkFromIndexSize(yOffset, n, y.length);
        long[] call = arguments();
        for (int i = 0; i < n; i += CALL_FLOATS) {
            call[RowCode.X] = 4L * (xOffset + i);
            call[RowCode.Y] = 4L * (yOffset + i);
            call[RowCode.N] = Math.min(CALL_FLOATS, n - i);
            code.run(function, x, x, y, x, x, call);
        }
    }

    @Override
    public void layerNorm(float[] x, int xOffset, int n, float[] weight, float[] bias, float epsilon,
                          float[] y, int yOffset) {
        Objects.checkFromIndexSize(xOffset, n, x.length);
        Objects.checkFromIndexSize(yOffset, n, y.length);
        long[] call = arguments();
        call[RowCode.X] = 4L * xOffset;
        call[RowCode.Y] = 4L * yOffset;
        call[RowCode.ROWS] = 1;
        call[RowCode.RESIDUAL] = -1;
        layerNorm(x, x, y, n, weight, bias, epsilon, call);
    }

    @Override
    public void addLayerNorm(Matrix x, Matrix residual, int row, int rows, float[] weight, float[] bias, float epsilon,
                             Matrix y) {
        Objects.checkFromIndexSize(row, rows, Math.min(x.rows(), Math.min(residual.rows(), y.rows())));
        int n = x.columns();
        if (residual.columns() != n || y.columns() != n) {
            throw new IllegalArgumentException(x + " plus " + residual + " is not " + y);
        }
        long[] call = arguments();
        call[RowCode.X_STRIDE] = 4L * x.stride();
        call[RowCode.RESIDUAL_STRIDE] = 4L * residual.stride();
        call[RowCode.Y_STRIDE] = 4L * y.stride();
        int most = rowsOfCall(n);
        for (int r = row; r < row + rows; r += most) {
            call[RowCode.X] = 4L * x.row(r);
            call[RowCode.RESIDUAL] = 4L * residual.row(r);
            call[RowCode.Y] = 4L * y.row(r);
            call[RowCode.ROWS] = Math.min(most, row + rows - r);
            layerNorm(x.data(), residual.data(), y.data(), n, weight, bias, epsilon, call);
        }
    }

    private void layerNorm(float[] x, float[] residual, float[] y, int n, float[] weight, float[] bias, float epsilon,
                           long[] call) {
        Objects.checkFromIndexSize(0, n, Math.min(weight.length, bias.length));
        call[RowCode.N] = n;
        call[RowCode.N_FLOAT] = Float.floatToRawIntBits(n);
        call[RowCode.N_DOUBLE] = Double.doubleToRawLongBits(n);
        call[RowCode.EPSILON] = Double.doubleToRawLongBits(epsilon);
        call[RowCode.WEIGHT] = 0;
        call[RowCode.OFFSET] = 0;
        code.run(code.functions().layerNorm(), x, residual, y, weight, bias, call);
    }

    /** What is not written in machine code: steps of training only. */
    private Kernels others() {
        return Others.KERNELS;
    }

    /** Made when first needed, since the vector kernels then begin to warm up. */
    private static final class Others {
        static final Kernels KERNELS = VectorSupport.obstacle().isEmpty() ? new VectorKernels() : new PlainKernels();
    }

    @Override
    public void softmaxBackward(float[] y, int yOffset, int n, float[] dy, int dyOffset) {
        others().softmaxBackward(y, yOffset, n, dy, dyOffset);
    }

    @Override
    public void activateBackward(Activation activation, float[] x, int xOffset, int n, float[] dy, int dyOffset) {
        if (activation == Activation.GELU) {
            floats(code.functions().geluBackward(), x, xOffset, n, dy, dyOffset);
        } else {
            others().activateBackward(activation, x, xOffset, n, dy, dyOffset);
        }
    }

    @Override
    public void layerNormBackward(float[] x, int xOffset, int n, float[] weight, float epsilon,
                                  float[] dy, int dyOffset, float[] dWeight, int dWeightOffset,
                                  float[] dBias, int dBiasOffset) {
        others().layerNormBackward(x, xOffset, n, weight, epsilon, dy, dyOffset, dWeight, dWeightOffset, dBias,
                dBiasOffset);
    }

    @Override
    public void dropout(long key, int position, float probability, float[] x, int offset, int n) {
        others().dropout(key, position, probability, x, offset, n);
    }
}
