package io.demitasse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What all kernels promise of the arithmetic that training adds, for those that work on this machine. */
class GradientKernelsTest {

    private static final int[] LENGTHS = {1, 3, 8, 15, 16, 17, 36, 64, 100, 768};

    static List<Kernels> kernels() {
        return KernelsContractTest.kernels();
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void productsAgreeWithDoubles(Kernels kernels) {
        int[][] sizes = {{1, 1, 1}, {2, 3, 4}, {5, 16, 64}, {13, 31, 70}, {64, 64, 128}, {33, 65, 300}, {130, 140, 20},
            {20, 100, 513}, {700, 35, 9}, {1, 200, 40}};
        try (Parallel parallel = new Parallel(2)) {
            Workspace workspace = new Workspace(parallel);
            for (int[] s : sizes) {
                for (int transposes = 0; transposes < 4; transposes++) {
                    for (int beta = 0; beta < 2; beta++) {
                        checkProduct(kernels, workspace, (transposes & 1) != 0, (transposes & 2) != 0,
                                s[0], s[1], s[2], beta);
                    }
                }
            }
        }
    }

    private static void checkProduct(Kernels kernels, Workspace workspace, boolean transposeA, boolean transposeB,
                                     int m, int n, int k, int beta) {
        Random random = new Random(m + 3L * n + 5L * k);
        Matrix a = transposeA ? view(random, k, m, 3) : view(random, m, k, 3);
        Matrix b = transposeB ? view(random, n, k, 5) : view(random, k, n, 5);
        Matrix c = view(random, m, n, 2);
        float[] before = c.data().clone();
        if (beta == 0) {
            for (int i = 0; i < m; i++) {
                Arrays.fill(c.data(), c.row(i), c.row(i) + n, Float.NaN);
            }
        }
        kernels.multiply(a, transposeA, b, transposeB, beta, c, workspace);
        boolean[] inside = new boolean[before.length];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                double size = 0;
                for (int p = 0; p < k; p++) {
                    double product = (double) (transposeA ? a.get(p, i) : a.get(i, p))
                            * (transposeB ? b.get(j, p) : b.get(p, j));
                    sum += product;
                    size += Math.abs(product);
                }
                int at = c.row(i) + j;
                inside[at] = true;
                if (Math.abs(c.data()[at] - sum - beta * before[at]) > 1e-6 * (size + 1)) {
                    assertThat((double) c.data()[at]).as("%s %s [%d, %d, %d]", transposeA, transposeB, m, n, k)
                            .isEqualTo(sum + beta * before[at]);
                }
            }
        }
        for (int i = 0; i < before.length; i++) {
            assertThat(inside[i] || before[i] == c.data()[i]).as("outside of the view, at %d", i).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void threadsDoNotChangeAProductsBits(Kernels kernels) {
        Random random = new Random(1);
        Matrix a = view(random, 300, 700, 0);
        Matrix b = view(random, 300, 150, 0);
        float[] expected = null;
        for (int threads = 1; threads <= 3; threads++) {
            try (Parallel parallel = new Parallel(threads)) {
                Matrix c = Matrix.zeros(700, 150);
                kernels.multiply(a, true, b, false, 0f, c, new Workspace(parallel));
                expected = expected == null ? c.data() : expected;
                assertThat(c.data()).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void softmaxBackwardAgreesWithDoubles(Kernels kernels) {
        for (int n : LENGTHS) {
            float[] y = floats(n, n + 3);
            kernels.softmax(y, 1, n);
            float[] dy = floats(n + 1, n + 4);
            float[] dx = dy.clone();
            kernels.softmaxBackward(y, 1, n, dx, 2);
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += (double) y[1 + i] * dy[2 + i];
            }
            for (int i = 0; i < dx.length; i++) {
                double expected = i >= 2 && i < n + 2 ? y[i - 1] * (dy[i] - sum) : dy[i];
                assertThat((double) dx[i]).isCloseTo(expected, within(1e-6));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void activateBackwardAgreesWithDifferences(Kernels kernels) {
        for (Activation activation : Activation.values()) {
            for (int n : LENGTHS) {
                float[] x = floats(n, n + 3);
                for (int i = 0; i < x.length; i++) {
                    x[i] *= 2;
                }
                float[] dy = floats(n + 1, n + 4);
                float[] dx = dy.clone();
                kernels.activateBackward(activation, x, 1, n, dx, 2);
                for (int i = 0; i < dx.length; i++) {
                    double expected = i >= 2 && i < n + 2 ? dy[i] * slope(activation, x[i - 1]) : dy[i];
                    assertThat((double) dx[i]).as("%s at %f", activation, i >= 2 && i < n + 2 ? x[i - 1] : 0)
                            .isCloseTo(expected, within(2e-6));
                }
            }
        }
    }

    /** From functions in doubles that are not those of the code. */
    private static double slope(Activation activation, double x) {
        double h = 1e-5;
        return switch (activation) {
            case NONE -> 1;
            case RELU -> x > 0 ? 1 : 0;
            default -> (value(activation, x + h) - value(activation, x - h)) / (2 * h);
        };
    }

    /** By its formula, in doubles. */
    static double value(Activation activation, double x) {
        return switch (activation) {
            case NONE -> x;
            case RELU -> Math.max(x, 0);
            case RELU2 -> Math.max(x, 0) * Math.max(x, 0);
            case TANH -> Math.tanh(x);
            case GELU -> x * normal(x);
            case GELU_TANH -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
            case QUICK_GELU -> x / (1 + Math.exp(-1.702 * x));
            case SILU -> x / (1 + Math.exp(-x));
            case SIGMOID -> 1 / (1 + Math.exp(-x));
        };
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void activationsAreThoseOfTheirFormulas(Kernels kernels) {
        for (Activation activation : Activation.values()) {
            float[] x = floats(7, 403);
            for (int i = 0; i < x.length; i++) {
                x[i] *= 6;
            }
            float[] y = new float[x.length];
            kernels.activate(activation, x, 0, x.length, y, 0);
            for (int i = 0; i < x.length; i++) {
                assertThat((double) y[i]).as("%s at %f", activation, x[i])
                        .isCloseTo(value(activation, x[i]), within(1e-6 * Math.max(1, x[i] * x[i])));
            }
        }
    }

    /** The normal distribution function, by Simpson's rule. */
    private static double normal(double x) {
        int steps = 400;
        double h = x / steps;
        double sum = 0;
        for (int i = 0; i <= steps; i++) {
            double weight = i == 0 || i == steps ? 1 : i % 2 == 0 ? 2 : 4;
            sum += weight * Math.exp(-i * h * i * h / 2);
        }
        return 0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI);
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void geluBackwardHoldsFarOut(Kernels kernels) {
        float[] x = {-100, -20, -9, 9, 20, 100, 0, -0f, 1e-30f, -40, 40, 8, -8, 13, -13, 1e30f, -1e30f};
        float[] dx = new float[x.length];
        Arrays.fill(dx, 1f);
        kernels.activateBackward(Activation.GELU, x, 0, x.length, dx, 0);
        for (int i = 0; i < x.length; i++) {
            double expected = Math.abs(x[i]) < 1e-20 ? 0.5 : x[i] > 0 ? 1 : 0;
            assertThat((double) dx[i]).as("at %s", x[i]).isCloseTo(expected, within(1e-6));
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void layerNormBackwardAgreesWithDoubles(Kernels kernels) {
        for (int n : LENGTHS) {
            float epsilon = 1e-5f;
            float[] x = floats(n, n + 1);
            float[] weight = floats(n + 1, n);
            float[] dy = floats(n + 2, n + 2);
            float[] dx = dy.clone();
            float[] dWeight = floats(n + 3, n + 3);
            float[] dBias = floats(n + 4, n + 4);
            float[] weightBefore = dWeight.clone();
            float[] biasBefore = dBias.clone();
            kernels.layerNormBackward(x, 1, n, weight, epsilon, dx, 2, dWeight, 3, dBias, 4);
            double mean = 0;
            double variance = 0;
            for (int i = 0; i < n; i++) {
                mean += x[1 + i] / (double) n;
            }
            for (int i = 0; i < n; i++) {
                variance += (x[1 + i] - mean) * (x[1 + i] - mean) / n;
            }
            double scale = 1 / Math.sqrt(variance + epsilon);
            double sum = 0;
            double product = 0;
            for (int i = 0; i < n; i++) {
                sum += (double) dy[2 + i] * weight[i];
                product += (double) dy[2 + i] * weight[i] * (x[1 + i] - mean) * scale;
            }
            for (int i = 0; i < n; i++) {
                double normal = (x[1 + i] - mean) * scale;
                double expected = scale * (dy[2 + i] * weight[i] - sum / n - normal * product / n);
                assertThat((double) dx[2 + i]).isCloseTo(expected, within(1e-5 * Math.min(10, Math.max(scale, 1))));
                assertThat((double) dWeight[3 + i]).isCloseTo(weightBefore[3 + i] + dy[2 + i] * normal, within(1e-5));
                assertThat((double) dBias[4 + i]).isCloseTo(biasBefore[4 + i] + dy[2 + i], within(1e-6));
            }
            assertThat(dx).startsWith(dy[0], dy[1]);
            assertThat(dWeight).startsWith(weightBefore[0], weightBefore[1], weightBefore[2]);
            assertThat(dBias).startsWith(biasBefore[0], biasBefore[1], biasBefore[2], biasBefore[3]);
        }
    }

    @Test
    void allKernelsDropTheSameNumbersWhereverALoopBegins() {
        long key = CounterRandom.key(42, 7, 3);
        float[] expected = floats(1, 200);
        kernels().get(0).dropout(key, 1000, 0.3f, expected, 0, 200);
        for (Kernels kernels : kernels()) {
            for (int start : new int[] {0, 1, 9, 100}) {
                float[] x = floats(1, 200);
                kernels.dropout(key, 1000, 0.3f, x, 0, start);
                kernels.dropout(key, 1000 + start, 0.3f, x, start, 200 - start);
                assertThat(x).as(kernels.name()).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void dropoutKeepsTheExpectationAndHasNoPattern(Kernels kernels) {
        int n = 1_000_000;
        for (float probability : new float[] {0.1f, 0.5f, 0.9f}) {
            float[] x = dropped(kernels, CounterRandom.key(42, 1, 5), probability, n);
            float[] nextStep = dropped(kernels, CounterRandom.key(42, 2, 5), probability, n);
            float[] nextSeed = dropped(kernels, CounterRandom.key(43, 1, 5), probability, n);
            float[] nextLayer = dropped(kernels, CounterRandom.key(42, 1, 6), probability, n);
            double kept = 0;
            double[] both = new double[5];
            for (int i = 0; i < n; i++) {
                assertThat(x[i] == 0f || x[i] == 1f / (1f - probability)).isTrue();
                kept += Math.signum(x[i]);
                both[0] += Math.signum(x[i] * nextStep[i]);
                both[1] += Math.signum(x[i] * nextSeed[i]);
                both[2] += Math.signum(x[i] * nextLayer[i]);
                both[3] += Math.signum(x[i] * x[(i + 1) % n]);
                both[4] += Math.signum(x[i] * x[(i + 768) % n]);
            }
            double keep = 1 - probability;
            // Five standard deviations of a binomial distribution.
            assertThat(kept / n).isCloseTo(keep, within(5 * Math.sqrt(keep * probability / n)));
            double pair = keep * keep;
            for (double together : both) {
                assertThat(together / n).isCloseTo(pair, within(6 * Math.sqrt(pair * (1 - pair) / n)));
            }
        }
    }

    private static float[] dropped(Kernels kernels, long key, float probability, int n) {
        float[] x = new float[n];
        Arrays.fill(x, 1f);
        kernels.dropout(key, 0, probability, x, 0, n);
        return x;
    }

    private static Matrix view(Random random, int rows, int columns, int offset) {
        float[] data = new float[(rows + 1) * (columns + offset)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return Matrix.reusable().reshape(data, offset, rows, columns, columns + offset);
    }

    private static float[] floats(long seed, int n) {
        Random random = new Random(seed);
        float[] floats = new float[n];
        for (int i = 0; i < n; i++) {
            floats[i] = (float) random.nextGaussian();
        }
        return floats;
    }
}
