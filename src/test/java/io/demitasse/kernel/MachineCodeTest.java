package io.demitasse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Machine code beside its plain twin, bit by bit, for thousands of random shapes, offsets and strides. */
class MachineCodeTest {

    private static final int SHAPES = 2500;

    private static List<MachineCode> codes;

    private final Random random = new Random(15);

    @BeforeEach
    void machineCodeWorks() {
        assumeThat(MachineSupport.obstacle()).as("machine code").isEmpty();
    }

    /** Kernels of every form that the processor can run. */
    static Stream<Arguments> kernels() {
        if (!MachineSupport.obstacle().isEmpty()) {
            return Stream.of(Arguments.of("none", null));
        }
        if (codes == null) {
            codes = MachineCode.all();
        }
        return codes.stream().map(code -> Arguments.of(code.form().name(), new MachineKernels(code, Int8Activations.EXACT)));
    }

    /** A matrix somewhere in an array that is larger on all sides. */
    private Matrix matrix(int rows, int columns) {
        int stride = columns + random.nextInt(20);
        int offset = random.nextInt(40);
        float[] data = new float[offset + rows * stride + random.nextInt(20)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return Matrix.reusable().reshape(data, offset, rows, columns, stride);
    }

    private float[] vector(int n) {
        return matrix(1, n).toArray();
    }

    /** Small mostly, and sometimes large enough for many tiles and panels. */
    private int size(int small, int large) {
        return 1 + random.nextInt(random.nextInt(20) == 0 ? large : small);
    }

    private static void assertSame(float[] actual, float[] expected, String what) {
        for (int i = 0; i < expected.length; i++) {
            if (Float.floatToIntBits(actual[i]) != Float.floatToIntBits(expected[i])) {
                assertThat(actual[i]).as("%s, number %d", what, i).isEqualTo(expected[i]);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kernels")
    void linearOfFloats(String form, MachineKernels kernels) {
        try (Parallel parallel = new Parallel(1)) {
            Workspace workspace = new Workspace(parallel);
            for (int i = 0; i < SHAPES; i++) {
                Matrix x = matrix(size(30, 90), size(50, 900));
                int out = size(70, 300);
                float[] w = vector(out * x.columns());
                float[] bias = vector(out + random.nextInt(3));
                Activation activation = random.nextInt(4) == 0 ? Activation.GELU : Activation.NONE;
                Matrix y = matrix(x.rows(), out);
                float[] expected = y.data().clone();
                for (int r = 0; r < x.rows(); r++) {
                    for (int o = 0; o < out; o++) {
                        float sum = MachineTwin.chain(bias[o], x.columns(), x.data(), x.row(r), 1, w, o * x.columns(), 1);
                        expected[y.row(r) + o] = activation == Activation.GELU ? MathFunctions.gelu(sum) : sum;
                    }
                }
                kernels.linear(x, kernels.weight(w, out, x.columns()), bias, activation, y, workspace);
                assertSame(y.data(), expected, x + " to " + out);
            }
        }
    }

    @Test
    void linearOfBytes() {
        List<MachineKernels> all = new ArrayList<>();
        for (MachineCode code : MachineCode.all()) {
            all.add(new MachineKernels(code, Int8Activations.EXACT));
            if (code.form().byteRows(1) > 0) {
                all.add(new MachineKernels(code, Int8Activations.FAST));
            }
        }
        try (Parallel parallel = new Parallel(1)) {
            Workspace[] workspaces = all.stream().map(kernels -> new Workspace(parallel)).toArray(Workspace[]::new);
            for (int i = 0; i < SHAPES; i++) {
                Matrix x = matrix(size(40, 90), size(80, 900));
                int out = size(70, 200);
                byte[] w = new byte[out * x.columns()];
                random.nextBytes(w);
                float[] scales = vector(out);
                float[] bias = vector(out);
                if (i % 50 == 0) {
                    for (int r = 0; r < x.rows(); r++) {
                        x.data()[x.row(r) + x.columns() / 2] = new float[] {0, Float.NaN, 1e30f, Float.NEGATIVE_INFINITY}[r % 4];
                    }
                }
                for (int k = 0; k < all.size(); k++) {
                    check(all.get(k), workspaces[k], x, w, out, scales, bias);
                }
            }
        }
    }

    private void check(MachineKernels kernels, Workspace workspace, Matrix x, byte[] w, int out, float[] scales,
                       float[] bias) {
        int in = x.columns();
        Matrix y = matrix(x.rows(), out);
        float[] expected = y.data().clone();
        boolean pairs = kernels.code().form().pairs();
        float largest = pairs ? MachineTwin.range(w, out, in)
                : kernels.planes() == 2 ? MachineProduct.LARGEST_OF_TWO : MachineProduct.LARGEST_OF_ONE;
        for (int r = 0; r < x.rows(); r++) {
            MachineTwin.Quantised row = MachineTwin.Quantised.of(x.data(), x.row(r), in, largest);
            for (int o = 0; o < out; o++) {
                expected[y.row(r) + o] = pairs
                        ? MachineTwin.pairs(row, w, o * in, scales[o], bias[o])
                        : MachineTwin.bytes(row, w, o * in, scales[o], bias[o], kernels.planes());
            }
        }
        kernels.linear(x, kernels.weight(w, scales, out, in), bias, Activation.NONE, y, workspace);
        assertSame(y.data(), expected, x + " to " + out + " in " + kernels.planes() + " bytes, "
                + kernels.code().form());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kernels")
    void products(String form, MachineKernels kernels) {
        try (Parallel parallel = new Parallel(1)) {
            Workspace workspace = new Workspace(parallel);
            for (int i = 0; i < SHAPES; i++) {
                int m = size(30, 200);
                int n = size(70, 200);
                int k = i % 100 == 0 ? 3000 + random.nextInt(200) : size(70, 400);
                boolean transposeA = random.nextBoolean();
                boolean transposeB = random.nextBoolean();
                Matrix a = transposeA ? matrix(k, m) : matrix(m, k);
                Matrix b = transposeB ? matrix(n, k) : matrix(k, n);
                Matrix c = matrix(m, n);
                boolean whole = random.nextBoolean();
                float alpha = whole || random.nextBoolean() ? 1 : 0.3f;
                float beta = new float[] {0, 1, -0.7f}[random.nextInt(3)];
                float[] expected = c.data().clone();
                for (int r = 0; r < m; r++) {
                    for (int o = 0; o < n; o++) {
                        float sum = alpha * MachineTwin.chain(0, k,
                                a.data(), transposeA ? a.offset() + r : a.row(r), transposeA ? a.stride() : 1,
                                b.data(), transposeB ? b.row(o) : b.offset() + o, transposeB ? 1 : b.stride());
                        int at = c.row(r) + o;
                        expected[at] = beta == 0 ? sum : sum + beta * expected[at];
                    }
                }
                if (whole) {
                    kernels.multiply(a, transposeA, b, transposeB, beta, c, workspace);
                } else {
                    kernels.gemm(transposeA, transposeB, m, n, k, alpha, a.data(), a.offset(), a.stride(), b.data(),
                            b.offset(), b.stride(), beta, c.data(), c.offset(), c.stride(), workspace, 0);
                }
                assertSame(c.data(), expected, m + " x " + n + " x " + k + " " + transposeA + " " + transposeB);
            }
        }
    }

    /** With numbers too small to be normal, infinite, or none, among the others. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("kernels")
    void productsOfBf16(String form, MachineKernels kernels) {
        assumeThat(kernels.code().hasBf16()).as("this form and processor have bfloat16").isTrue();
        Kernels rounding = kernels.bf16();
        float[] odd = {0, -0f, 1e-39f, -3e-38f, 3.39e38f, Float.POSITIVE_INFINITY, Float.NaN, Float.MIN_NORMAL, 1.00390625f};
        try (Parallel parallel = new Parallel(2)) {
            Workspace workspace = new Workspace(parallel);
            for (int i = 0; i < SHAPES; i++) {
                int m = i % 100 == 50 ? 256 + random.nextInt(400) : size(30, 200);
                int n = size(70, 200);
                int k = i % 100 == 0 ? 3000 + random.nextInt(200) : size(70, 400);
                boolean transposeA = random.nextBoolean();
                boolean transposeB = random.nextBoolean();
                Matrix a = transposeA ? matrix(k, m) : matrix(m, k);
                Matrix b = transposeB ? matrix(n, k) : matrix(k, n);
                Matrix c = matrix(m, n);
                if (i % 10 == 0) {
                    a.data()[a.row(a.rows() / 2) + a.columns() / 2] = odd[random.nextInt(odd.length)];
                    b.data()[b.row(b.rows() / 2) + b.columns() / 2] = odd[random.nextInt(odd.length)];
                }
                float beta = new float[] {0, 1, -0.7f}[random.nextInt(3)];
                float[] expected = c.data().clone();
                for (int r = 0; r < m; r++) {
                    for (int o = 0; o < n; o++) {
                        int from = transposeA ? a.offset() + r : a.row(r);
                        int step = transposeA ? a.stride() : 1;
                        int bFrom = transposeB ? b.row(o) : b.offset() + o;
                        int bStep = transposeB ? 1 : b.stride();
                        float sum = kernels.code().form() == MachineForm.AMX
                                ? MachineTwin.tilesOfBf16(k, a.data(), from, step, b.data(), bFrom, bStep)
                                : MachineTwin.pairsOfBf16(k, a.data(), from, step, b.data(), bFrom, bStep);
                        int at = c.row(r) + o;
                        expected[at] = beta == 0 ? sum : sum + beta * expected[at];
                    }
                }
                rounding.multiply(a, transposeA, b, transposeB, beta, c, workspace);
                assertSame(c.data(), expected, m + " x " + n + " x " + k + " " + transposeA + " " + transposeB);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kernels")
    void functions(String form, MachineKernels kernels) {
        int lanes = kernels.code().form().width() / 2;
        for (int i = 0; i < SHAPES; i++) {
            Matrix x = matrix(size(6, 20), size(60, 1100));
            int n = x.columns();
            float[] softmax = vector(x.rows() * n + 9);
            float[] expected = softmax.clone();
            for (int r = 0; r < x.rows(); r++) {
                MachineTwin.softmax(expected, 4 + r * n, n, lanes);
            }
            kernels.softmax(softmax, 4, x.rows(), n);
            assertSame(softmax, expected, "softmax of " + x);

            Matrix residual = matrix(x.rows(), n);
            Matrix y = i % 3 == 0 ? x : matrix(x.rows(), n);
            float[] weight = vector(n);
            float[] bias = vector(n);
            float[] sums = x.data().clone();
            expected = y == x ? sums : y.data().clone();
            for (int r = 0; r < x.rows(); r++) {
                for (int j = 0; j < n; j++) {
                    sums[x.row(r) + j] += residual.get(r, j);
                }
                MachineTwin.layerNorm(sums, x.row(r), n, weight, bias, 1e-5f, expected, y.row(r), lanes);
            }
            kernels.addLayerNorm(x, residual, 0, x.rows(), weight, bias, 1e-5f, y);
            assertSame(x.data(), sums, "sums of " + x);
            assertSame(y.data(), expected, "LayerNorm of " + x);

            float[] from = vector(n + 3);
            float[] to = vector(n + 5);
            expected = to.clone();
            for (int j = 0; j < n; j++) {
                expected[2 + j] = MathFunctions.gelu(from[1 + j]);
            }
            kernels.activate(Activation.GELU, from, 1, n, to, 2);
            assertSame(to, expected, "GELU of " + n);
            for (int j = 0; j < n; j++) {
                expected[2 + j] *= MathFunctions.geluDerivative(from[1 + j]);
            }
            kernels.activateBackward(Activation.GELU, from, 1, n, to, 2);
            assertSame(to, expected, "GELU' of " + n);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kernels")
    void geluOfAllKindsOfFloats(String form, MachineKernels kernels) {
        float[] x = new float[4096];
        float[] y = new float[x.length];
        float[] dy = new float[x.length];
        for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += 1499L * x.length) {
            for (int i = 0; i < x.length; i++) {
                x[i] = Float.intBitsToFloat((int) (bits + 1499L * i));
            }
            kernels.activate(Activation.GELU, x, 0, x.length, y, 0);
            Arrays.fill(dy, 1f);
            kernels.activateBackward(Activation.GELU, x, 0, x.length, dy, 0);
            for (int i = 0; i < x.length; i++) {
                if (Float.floatToIntBits(y[i]) != Float.floatToIntBits(MathFunctions.gelu(x[i]))
                        || Float.floatToIntBits(dy[i]) != Float.floatToIntBits(MathFunctions.geluDerivative(x[i]))) {
                    assertThat(y[i]).as("gelu(%s)", x[i]).isEqualTo(MathFunctions.gelu(x[i]));
                    assertThat(dy[i]).as("gelu'(%s)", x[i]).isEqualTo(MathFunctions.geluDerivative(x[i]));
                }
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kernels")
    void whatDoesNotFitIsRefusedBeforeAnyCall(String form, MachineKernels kernels) {
        float[] ten = new float[10];
        try (Parallel parallel = new Parallel(1)) {
            Workspace workspace = new Workspace(parallel);
            Weight weight = kernels.weight(new float[12], 3, 4);
            List<Runnable> calls = List.of(
                    () -> kernels.softmax(ten, 5, 6),
                    () -> kernels.softmax(ten, 0, 3, 4),
                    () -> kernels.activate(Activation.GELU, ten, 0, 11, ten, 0),
                    () -> kernels.activateBackward(Activation.GELU, ten, 0, 10, ten, 1),
                    () -> kernels.add(ten, 8, 3, ten, 0),
                    () -> kernels.layerNorm(ten, 0, 10, ten, new float[9], 1e-5f, ten, 0),
                    () -> kernels.gemm(false, false, 2, 2, 6, 1, ten, 0, 5, ten, 0, 2, 0, ten, 0, 2, workspace, 0),
                    () -> kernels.linear(Matrix.zeros(2, 5), weight, ten, Activation.NONE, Matrix.zeros(2, 3), workspace),
                    () -> kernels.linear(Matrix.zeros(2, 4), weight, ten, Activation.NONE, Matrix.zeros(2, 2), workspace),
                    () -> kernels.linear(Matrix.zeros(2, 4), weight, new float[2], Activation.NONE, Matrix.zeros(2, 3),
                            workspace));
            for (Runnable call : calls) {
                assertThatThrownBy(call::run)
                        .isInstanceOfAny(IndexOutOfBoundsException.class, IllegalArgumentException.class);
            }
        }
    }
}
