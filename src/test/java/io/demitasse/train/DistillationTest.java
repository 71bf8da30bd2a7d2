package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Batch;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DistillationTest {

    private static final Batch BATCH = Batch.of(List.of(new int[1], new int[1]));
    private static final float[] LOGITS = {0.5f, -1, 2, 3, 0, 1};
    private static final float[][] TEACHER = {{1, 2, -1}, {3, 0, 1}};

    private static double loss(float[] logits, Distillation distillation, Matrix gradient) {
        return distillation.over(new CrossEntropy(0)).loss(new Matrix(logits, 2, 3), BATCH, List.of(
                new Target.Taught(new Target.Label(1), TEACHER[0]), new Target.Taught(new Target.Label(0), TEACHER[1])),
                gradient);
    }

    private static Matrix gradient() {
        return new Matrix(new float[6], 2, 3);
    }

    @Test
    void isTheFormula() {
        double t = 2;
        double divergence = 0;
        for (int s = 0; s < 2; s++) {
            double sumP = 0;
            double sumQ = 0;
            for (int j = 0; j < 3; j++) {
                sumP += Math.exp(LOGITS[3 * s + j] / t);
                sumQ += Math.exp(TEACHER[s][j] / t);
            }
            for (int j = 0; j < 3; j++) {
                double p = Math.exp(LOGITS[3 * s + j] / t) / sumP;
                double q = Math.exp(TEACHER[s][j] / t) / sumQ;
                divergence += q * Math.log(q / p) / 2;
            }
        }
        double crossEntropy = new CrossEntropy(0).loss(new Matrix(LOGITS, 2, 3), BATCH, Losses.labels(1, 0),
                gradient());

        assertThat(loss(LOGITS, new Distillation(t, 0.3), gradient()))
                .isCloseTo(0.3 * t * t * divergence + 0.7 * crossEntropy, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "1, 1", "2, 0.5", "4, 0.9"})
    void theGradientIsTheLossesSlope(double temperature, double weight) {
        Distillation distillation = new Distillation(temperature, weight);
        Matrix gradient = gradient();
        loss(LOGITS, distillation, gradient);
        for (int i = 0; i < LOGITS.length; i++) {
            float[] up = LOGITS.clone();
            float[] down = LOGITS.clone();
            up[i] += 0x1p-8f;
            down[i] -= 0x1p-8f;
            double slope = (loss(up, distillation, gradient()) - loss(down, distillation, gradient())) / 0x1p-7;

            assertThat((double) gradient.data()[i]).isCloseTo(slope, within(2e-5));
        }
    }

    @Test
    void ranges() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Distillation(0, 0.5));
        assertThatIllegalArgumentException().isThrownBy(() -> new Distillation(1, 1.5));
    }
}
