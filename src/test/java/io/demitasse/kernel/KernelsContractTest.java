package io.demitasse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What all kernels promise, for those that work on this machine. */
class KernelsContractTest {

    private static final int[][] SHAPES = {   // out, in
        {1, 1}, {2, 7}, {3, 16}, {15, 33}, {16, 16}, {17, 64}, {31, 255}, {33, 257}, {64, 300}, {128, 64}, {130, 520},
        {384, 100}, {385, 64}, {200, 768},
    };

    static List<Kernels> kernels() {
        return KernelChoice.attempts().stream().filter(KernelChoice.Attempt::works)
                .map(KernelChoice.Attempt::kernels).toList();
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void linearAgreesWithDoubles(Kernels kernels) {
        try (Parallel parallel = new Parallel(2)) {
            Workspace workspace = new Workspace(parallel);
            for (int[] shape : SHAPES) {
                for (int rows = 1; rows <= 40; rows += rows < 12 ? 1 : 7) {
                    checkLinear(kernels, workspace, rows, shape[0], shape[1], Activation.NONE);
                }
            }
            checkLinear(kernels, workspace, 131, 50, 40, Activation.NONE);
            checkLinear(kernels, workspace, 250, 20, 30, Activation.RELU);
            checkLinear(kernels, workspace, 9, 37, 50, Activation.GELU);
            checkLinear(kernels, workspace, 9, 37, 50, Activation.TANH);
        }
    }

    private static void checkLinear(Kernels kernels, Workspace workspace, int rows, int out, int in,
                                    Activation activation) {
        Random random = new Random(31L * rows + 7L * out + in);
        float[] weight = floats(random, out * in);
        float[] bias = floats(random, out);
        // Views of wider matrices, so that strides and offsets are not those of the shape.
        Matrix x = view(floats(random, (rows + 1) * (in + 3)), rows, in, 3);
        Matrix y = view(floats(random, (rows + 1) * (out + 5)), rows, out, 5);
        float[] before = y.data().clone();
        kernels.linear(x, kernels.weight(weight.clone(), out, in), bias, activation, y, workspace);
        for (int r = 0; r < rows; r++) {
            for (int o = 0; o < out; o++) {
                double sum = bias[o];
                double size = Math.abs(bias[o]);
                for (int i = 0; i < in; i++) {
                    double product = (double) x.get(r, i) * weight[o * in + i];
                    sum += product;
                    size += Math.abs(product);
                }
                assertThat((double) y.get(r, o)).as("%s [%d, %d, %d] at %d, %d", activation, rows, out, in, r, o)
                        .isCloseTo(activate(activation, sum), within(1e-6 * size + 1e-6));
            }
        }
        assertOnlyTheViewChanged(before, y);
    }

    private static double activate(Activation activation, double x) {
        return GradientKernelsTest.value(activation, x);
    }

    private static void assertOnlyTheViewChanged(float[] before, Matrix y) {
        boolean[] inside = new boolean[before.length];
        for (int r = 0; r < y.rows(); r++) {
            Arrays.fill(inside, y.row(r), y.row(r) + y.columns(), true);
        }
        for (int i = 0; i < before.length; i++) {
            if (!inside[i] && before[i] != y.data()[i]) {
                assertThat(y.data()[i]).as("outside of the view, at %d", i).isEqualTo(before[i]);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void byteWeightsAgreeWithDoubles(Kernels kernels) {
        try (Parallel parallel = new Parallel(2)) {
            Workspace workspace = new Workspace(parallel);
            for (int[] shape : SHAPES) {
                for (int rows : new int[] {1, 2, 5, 6, 7, 13, 40}) {
                    checkBytes(kernels, workspace, rows, shape[0], shape[1]);
                }
            }
        }
    }

    private static void checkBytes(Kernels kernels, Workspace workspace, int rows, int out, int in) {
        Random random = new Random(rows + 3L * out + in);
        byte[] weight = new byte[out * in];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (byte) (random.nextInt(255) - 127);
        }
        float[] scales = floats(random, out);
        float[] bias = floats(random, out);
        Matrix x = view(floats(random, (rows + 1) * (in + 3)), rows, in, 3);
        Matrix y = Matrix.zeros(rows, out);
        kernels.linear(x, kernels.weight(weight.clone(), scales.clone(), out, in), bias, Activation.NONE, y, workspace);
        for (int r = 0; r < rows; r++) {
            for (int o = 0; o < out; o++) {
                double sum = bias[o];
                double size = Math.abs(bias[o]);
                double largest = 0;
                double weights = 0;
                for (int i = 0; i < in; i++) {
                    double product = (double) x.get(r, i) * weight[o * in + i] * scales[o];
                    sum += product;
                    size += Math.abs(product);
                    largest = Math.max(largest, Math.abs(x.get(r, i)));
                    weights += Math.abs(weight[o * in + i] * scales[o]);
                }
                // These round x, too: by half of the 32767th part of a row's largest number at most.
                double rounding = kernels.name().equals("machine") ? 0.5 * largest / Short.MAX_VALUE * weights : 0;
                assertThat((double) y.get(r, o)).isCloseTo(sum, within(1e-6 * size + 1e-6 + rounding));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void gemmAgreesWithDoubles(Kernels kernels) {
        try (Parallel parallel = new Parallel(1)) {
            Workspace workspace = new Workspace(parallel);
            int[][] sizes = {{1, 1, 1}, {2, 3, 4}, {5, 16, 64}, {6, 17, 33}, {7, 8, 9}, {8, 8, 64}, {13, 31, 70},
                {64, 64, 128}, {33, 64, 300}, {128, 128, 64}, {20, 100, 513}, {3, 5, 1}};
            for (int[] s : sizes) {
                for (int transposes = 0; transposes < 4; transposes++) {
                    checkGemm(kernels, workspace, (transposes & 1) != 0, (transposes & 2) != 0, s[0], s[1], s[2], 1, 0);
                    checkGemm(kernels, workspace, (transposes & 1) != 0, (transposes & 2) != 0, s[0], s[1], s[2],
                            0.3f, 1);
                    checkGemm(kernels, workspace, (transposes & 1) != 0, (transposes & 2) != 0, s[0], s[1], s[2],
                            -2, 0.5f);
                }
            }
        }
    }

    private static void checkGemm(Kernels kernels, Workspace workspace, boolean transposeA, boolean transposeB,
                                  int m, int n, int k, float alpha, float beta) {
        Random random = new Random(m + 3L * n + 5L * k);
        int lda = (transposeA ? m : k) + 3;
        int ldb = (transposeB ? k : n) + 5;
        int ldc = n + 2;
        float[] a = floats(random, (transposeA ? k : m) * lda + 1);
        float[] b = floats(random, (transposeB ? n : k) * ldb + 2);
        float[] c = floats(random, m * ldc + 3);
        if (beta == 0) {
            Arrays.fill(c, Float.NaN);
        }
        float[] before = c.clone();
        kernels.gemm(transposeA, transposeB, m, n, k, alpha, a, 1, lda, b, 2, ldb, beta, c, 3, ldc, workspace, 0);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                double size = 0;
                for (int p = 0; p < k; p++) {
                    double product = (double) a[1 + (transposeA ? p * lda + i : i * lda + p)]
                            * b[2 + (transposeB ? j * ldb + p : p * ldb + j)];
                    sum += product;
                    size += Math.abs(product);
                }
                int at = 3 + i * ldc + j;
                double expected = alpha * sum + (beta == 0 ? 0 : beta * before[at]);
                assertThat((double) c[at]).as("%s %s [%d, %d, %d]", transposeA, transposeB, m, n, k)
                        .isCloseTo(expected, within(1e-6 * (Math.abs(alpha) * size + 1)));
            }
            for (int at = 3 + i * ldc + n; at < 3 + (i + 1) * ldc && at < c.length; at++) {
                assertThat((Float) c[at]).as("outside of c").isEqualTo(Float.valueOf(before[at]));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void softmaxAgreesWithDoubles(Kernels kernels) {
        for (int n = 1; n <= 130; n++) {
            float[] x = floats(new Random(n), n + 2);
            for (int i = 0; i < x.length; i++) {
                x[i] *= 20;
            }
            float[] y = x.clone();
            kernels.softmax(y, 1, n);
            double max = Double.NEGATIVE_INFINITY;
            for (int i = 1; i <= n; i++) {
                max = Math.max(max, x[i]);
            }
            double sum = 0;
            for (int i = 1; i <= n; i++) {
                sum += Math.exp(x[i] - max);
            }
            for (int i = 1; i <= n; i++) {
                assertThat((double) y[i]).isCloseTo(Math.exp(x[i] - max) / sum, within(5e-7));
            }
            assertThat(y[0]).isEqualTo(x[0]);
            assertThat(y[n + 1]).isEqualTo(x[n + 1]);
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void layerNormAgreesWithDoubles(Kernels kernels) {
        for (int n : new int[] {1, 3, 8, 15, 16, 17, 64, 100, 384, 768, 1025}) {
            Random random = new Random(n);
            float[] x = floats(random, n + 1);
            float[] weight = floats(random, n);
            float[] bias = floats(random, n);
            float[] y = new float[n + 2];
            kernels.layerNorm(x, 1, n, weight, bias, 1e-5f, y, 2);
            double mean = 0;
            for (int i = 0; i < n; i++) {
                mean += x[1 + i];
            }
            mean /= n;
            double variance = 0;
            for (int i = 0; i < n; i++) {
                variance += (x[1 + i] - mean) * (x[1 + i] - mean);
            }
            variance /= n;
            for (int i = 0; i < n; i++) {
                double expected = (x[1 + i] - mean) / Math.sqrt(variance + 1e-5) * weight[i] + bias[i];
                assertThat((double) y[2 + i]).isCloseTo(expected, within(2e-6));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void addAndActivateTouchNothingElse(Kernels kernels) {
        for (int n : new int[] {1, 7, 8, 15, 16, 33, 100}) {
            float[] x = floats(new Random(n), n + 3);
            float[] y = floats(new Random(n + 1L), n + 4);
            float[] sum = y.clone();
            kernels.add(x, 1, n, sum, 2);
            for (Activation activation : Activation.values()) {
                float[] z = y.clone();
                kernels.activate(activation, sum, 2, n, z, 2);
                for (int i = 0; i < z.length; i++) {
                    boolean inside = i >= 2 && i < n + 2;
                    double expected = inside ? activate(activation, y[i] + x[i - 1]) : y[i];
                    assertThat((double) z[i]).isCloseTo(expected,
                            within(Math.max(1e-7, 3e-7 * Math.abs(expected))));
                }
            }
        }
    }

    @Test
    void aRowsBitsDependNeitherOnOtherRowsNorOnThreads() {
        for (Kernels kernels : kernels()) {
            // jblas promises the second alone.
            boolean alone = !kernels.name().equals("jblas");
            for (int[] shape : new int[][] {{2, 768}, {100, 300}, {384, 520}, {40, 1700}}) {
                checkBits(kernels, shape[0], shape[1], false, alone);
                checkBits(kernels, shape[0], shape[1], true, alone);
            }
        }
    }

    private static void checkBits(Kernels kernels, int out, int in, boolean bytes, boolean alone) {
        int most = 261;
        Random random = new Random(out + in);
        byte[] quantized = new byte[out * in];
        random.nextBytes(quantized);
        Weight weight = bytes ? kernels.weight(quantized, floats(random, out), out, in)
                : kernels.weight(floats(random, out * in), out, in);
        float[] bias = floats(random, out);
        float[] x = floats(random, most * in);
        float[] expected = null;
        for (int threads = 1; threads <= 4; threads++) {
            try (Parallel parallel = new Parallel(threads)) {
                Workspace workspace = new Workspace(parallel);
                float[] together = linear(kernels, x, 0, most, in, weight, bias, workspace);
                if (expected == null) {
                    expected = together;
                }
                assertThat(together).isEqualTo(expected);
            }
        }
        if (alone) {
            try (Parallel parallel = new Parallel(1)) {
                Workspace workspace = new Workspace(parallel);
                for (int rows = 1; rows <= 24; rows++) {
                    int first = 3 * rows;
                    assertThat(linear(kernels, x, first, rows, in, weight, bias, workspace))
                            .isEqualTo(Arrays.copyOfRange(expected, first * out, (first + rows) * out));
                }
            }
        }
    }

    private static float[] linear(Kernels kernels, float[] x, int first, int rows, int in, Weight weight, float[] bias,
                                  Workspace workspace) {
        Matrix y = Matrix.zeros(rows, weight.out());
        Matrix some = new Matrix(Arrays.copyOfRange(x, first * in, (first + rows) * in), rows, in);
        kernels.linear(some, weight, bias, Activation.GELU, y, workspace);
        return y.data();
    }

    @Test
    void vectorResultsStayTheSameWhileTheCompilerWorks() {
        assumeThat(VectorSupport.obstacle()).isEmpty();
        Kernels kernels = KernelChoice.choose("vector");
        Random random = new Random(5);
        Weight weight = kernels.weight(floats(random, 40 * 60), 40, 60);
        float[] bias = floats(random, 40);
        float[] x = floats(random, 7 * 60);
        float[] scores = floats(random, 7 * 7);
        try (Parallel parallel = new Parallel(1)) {
            Workspace workspace = new Workspace(parallel);
            float[] first = null;
            for (int i = 0; i < 20_000; i++) {
                Matrix y = Matrix.zeros(7, 40);
                kernels.linear(new Matrix(x, 7, 60), weight, bias, Activation.GELU, y, workspace);
                float[] all = Arrays.copyOf(y.data(), 7 * 40 + 49 + 40);
                kernels.gemm(false, true, 7, 7, 60, 0.25f, x, 0, 60, x, 0, 60, 0f, all, 280, 7, workspace, 0);
                kernels.softmax(all, 280, 49);
                kernels.layerNorm(bias, 0, 40, bias, bias, 1e-12f, all, 329);
                kernels.add(scores, 0, 49, all, 280);
                if (first == null) {
                    first = all;
                }
                if (!Arrays.equals(all, first)) {
                    assertThat(all).as("call %d", i).isEqualTo(first);
                }
            }
        }
    }

    private static Matrix view(float[] data, int rows, int columns, int offset) {
        return Matrix.reusable().reshape(data, offset, rows, columns, columns + offset);
    }

    private static float[] floats(Random random, int n) {
        float[] floats = new float[n];
        for (int i = 0; i < n; i++) {
            floats[i] = (float) random.nextGaussian();
        }
        return floats;
    }
}
