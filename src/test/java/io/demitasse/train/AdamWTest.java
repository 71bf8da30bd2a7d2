package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.kernel.Parallel;
import io.demitasse.model.Parameter;
import io.demitasse.model.TestParameters;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdamWTest {

    private static final int ROWS = 1000;
    private static final int WIDTH = 96;
    private static final int STEPS = 4;

    private static float[] random(int size, long seed) {
        Random random = new Random(seed);
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** Trains a table by rows, and a tensor of the same values and gradients as a whole; gives the norms. */
    private static double[] train(Parameter table, Parameter dense, double decay, int threads) {
        double[] norms = new double[STEPS];
        try (Parallel parallel = new Parallel(threads)) {
            AdamW optimizer = new AdamW(List.of(table, dense), decay, AdamW::matrices, parallel);
            for (int step = 0; step < STEPS; step++) {
                for (int row : new int[] {step, 7, 500 + 100 * step}) {
                    float[] gradient = random(WIDTH, row + 31L * step);
                    TestParameters.add(table, row, gradient);
                    System.arraycopy(gradient, 0, dense.gradient(), row * WIDTH, WIDTH);
                }
                norms[step] = optimizer.gradientNorm();
                optimizer.step(1e-2, AdamW.clip(norms[step], 1));
                table.zeroGradient();
                dense.zeroGradient();
            }
            assertThat(optimizer.steps()).isEqualTo(STEPS);
        }
        return norms;
    }

    private static Parameter table() {
        return TestParameters.table("table", List.of(ROWS, WIDTH), random(ROWS * WIDTH, 1));
    }

    private static Parameter dense() {
        return TestParameters.dense("dense", List.of(ROWS, WIDTH), random(ROWS * WIDTH, 1));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.1})
    void skippingRowsThatWereNeverReachedIsExact(double decay) {
        Parameter table = table();
        Parameter dense = dense();
        train(table, dense, decay, 2);

        assertThat(table.values()).isEqualTo(dense.values()).isNotEqualTo(table().values());
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5})
    void theNumberOfThreadsChangesNoBit(int threads) {
        Parameter alone = dense();
        double[] norms = train(table(), alone, 0.01, 1);
        Parameter together = dense();

        assertThat(train(table(), together, 0.01, threads)).isEqualTo(norms);
        assertThat(together.values()).isEqualTo(alone.values());
    }

    @Test
    void theNormIsOverAllGradients() {
        Parameter dense = TestParameters.dense("dense", List.of(5), new float[5]);
        Parameter table = TestParameters.table("table", List.of(3, 2), new float[6]);
        System.arraycopy(new float[] {1, -2, 0, 2, 4}, 0, dense.gradient(), 0, 5);
        TestParameters.add(table, 1, new float[] {0, 12});
        try (Parallel parallel = new Parallel(1)) {
            AdamW optimizer = new AdamW(List.of(dense, table), 0, AdamW::matrices, parallel);

            assertThat(optimizer.gradientNorm()).isEqualTo(13);
        }
        assertThat(AdamW.clip(13, 1)).isCloseTo(1 / 13.0, within(1e-6));
        assertThat(AdamW.clip(0.5, 1)).isEqualTo(1);
        assertThat(AdamW.clip(13, 0)).isEqualTo(1);
    }

    @Test
    void decayShrinksMatricesAlone() {
        Parameter matrix = TestParameters.dense("weight", List.of(1, 2), new float[] {1, -2});
        Parameter vector = TestParameters.dense("bias", List.of(2), new float[] {1, -2});
        try (Parallel parallel = new Parallel(1)) {
            new AdamW(List.of(matrix, vector), 0.1, AdamW::matrices, parallel).step(0.5, 1);
        }

        assertThat(matrix.values()).containsExactly(0.95f, -1.9f);
        assertThat(vector.values()).containsExactly(1, -2);
    }
}
