package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Batch;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CrossEntropyTest {

    private static final Batch BATCH = Batch.of(List.of(new int[1], new int[1]));
    private static final int[] LABELS = {2, 0};
    private static final float[] LOGITS = {0.5f, -1, 2, 3, 0, 1};

    private static double loss(float[] logits, double smoothing, Matrix gradient) {
        return loss(logits, LABELS, new CrossEntropy(smoothing), gradient);
    }

    private static double loss(float[] logits, int[] labels, CrossEntropy loss, Matrix gradient) {
        return loss.loss(new Matrix(logits, 2, 3), BATCH, Losses.labels(labels), gradient);
    }

    private static Matrix gradient() {
        return new Matrix(new float[6], 2, 3);
    }

    @Test
    void withoutSmoothingItIsTheLabelsLogProbability() {
        double first = -Math.log(Math.exp(2) / (Math.exp(0.5) + Math.exp(-1) + Math.exp(2)));
        double second = -Math.log(Math.exp(3) / (Math.exp(3) + 1 + Math.exp(1)));

        assertThat(loss(LOGITS, 0, gradient())).isCloseTo((first + second) / 2, within(1e-12));
    }

    @Test
    void smoothingMixesInTheMeanOverAllLabels() {
        double mean = 0;
        for (int label = 0; label < 3; label++) {
            mean += loss(LOGITS, new int[] {label, label}, new CrossEntropy(0), gradient()) / 3;
        }

        assertThat(loss(LOGITS, 0.1, gradient())).isCloseTo(0.9 * loss(LOGITS, 0, gradient()) + 0.1 * mean,
                within(1e-12));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.2})
    void theGradientIsTheLossesSlope(double smoothing) {
        Matrix gradient = gradient();
        loss(LOGITS, smoothing, gradient);
        for (int i = 0; i < LOGITS.length; i++) {
            float[] up = LOGITS.clone();
            float[] down = LOGITS.clone();
            up[i] += 0x1p-8f;
            down[i] -= 0x1p-8f;
            double slope = (loss(up, smoothing, gradient()) - loss(down, smoothing, gradient())) / 0x1p-7;

            assertThat((double) gradient.data()[i]).isCloseTo(slope, within(1e-5));
        }
    }

    @Test
    void largeLogitsDoNotOverflow() {
        Matrix gradient = gradient();

        assertThat(loss(new float[] {1000, 0, -1000, 1000, 0, 0}, 0, gradient)).isEqualTo(1000);
        assertThat(gradient.data()).containsExactly(0.5f, 0, -0.5f, 0, 0, 0);
    }

    @Test
    void tokensWithoutALabelDoNotCount() {
        Matrix gradient = gradient();
        Batch batch = Batch.of(List.of(new int[2]));
        double loss = new CrossEntropy(0).loss(new Matrix(LOGITS, 2, 3), batch,
                List.of(new Target.TokenLabels(Target.IGNORED, 0)), gradient);

        assertThat(loss).isCloseTo(-Math.log(Math.exp(3) / (Math.exp(3) + 1 + Math.exp(1))), within(1e-12));
        assertThat(gradient.data()).startsWith(0, 0, 0);
        assertThat(gradient.data()[3]).isNegative();
        assertThat(new CrossEntropy(0).loss(new Matrix(LOGITS, 2, 3), batch,
                List.of(new Target.TokenLabels(Target.IGNORED, Target.IGNORED)), gradient)).isZero();
        assertThat(gradient.data()).containsOnly(0);
    }
}
