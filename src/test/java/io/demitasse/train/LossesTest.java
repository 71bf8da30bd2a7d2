package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Batch;
import java.util.List;
import org.junit.jupiter.api.Test;

class LossesTest {

    private static final float[] OUTPUTS = {0.5f, -1, 2, 3, 0, 1, -2, 0.25f};
    private static final Batch ONE_TOKEN_EACH = Batch.of(List.of(new int[1], new int[1], new int[1], new int[1]));
    private static final List<Target> NUMBERS = List.of(new Target.Numbers(1, 0), new Target.Numbers(0, 0),
            new Target.Numbers(1, 1), new Target.Numbers(0, 1));
    private static final Batch WORDS = Batch.of(List.of(new int[3], new int[1]));

    private static double loss(Loss loss, float[] outputs, int columns, Batch batch, List<Target> targets) {
        int rows = outputs.length / columns;
        return loss.loss(new Matrix(outputs, rows, columns), batch, targets, Matrix.zeros(rows, columns));
    }

    @Test
    void gradientsAreSlopes() {
        for (Loss loss : List.of(new BinaryCrossEntropy(), new MeanSquaredError())) {
            Losses.assertSlopes(loss, OUTPUTS, 2, ONE_TOKEN_EACH, NUMBERS);
        }
        Losses.assertSlopes(new SpanLoss(), OUTPUTS, 2, WORDS, List.of(new Target.Span(0, 2), new Target.Span(0, 1)));
        for (double smoothing : new double[] {0, 0.2}) {
            Losses.assertSlopes(new CrossEntropy(smoothing, new float[] {0.5f, 3}), OUTPUTS, 2, ONE_TOKEN_EACH,
                    Losses.labels(0, 1, 1, 0));
            Losses.assertSlopes(new CrossEntropy(smoothing), OUTPUTS, 2, WORDS,
                    List.of(new Target.TokenLabels(Target.IGNORED, 1, 0), new Target.TokenLabels(1)));
        }
    }

    @Test
    void binaryCrossEntropyIsTheFormula() {
        double sum = 0;
        for (int i = 0; i < OUTPUTS.length; i++) {
            double s = 1 / (1 + Math.exp(-OUTPUTS[i]));
            float y = ((Target.Numbers) NUMBERS.get(i / 2)).values()[i % 2];
            sum -= y * Math.log(s) + (1 - y) * Math.log(1 - s);
        }

        assertThat(loss(new BinaryCrossEntropy(), OUTPUTS, 2, ONE_TOKEN_EACH, NUMBERS))
                .isCloseTo(sum / OUTPUTS.length, within(1e-12));
    }

    @Test
    void largeLogitsDoNotOverflow() {
        assertThat(loss(new BinaryCrossEntropy(), new float[] {1000, -1000, -1000, 1000}, 2,
                Batch.of(List.of(new int[1], new int[1])), List.of(new Target.Numbers(0, 0), new Target.Numbers(0, 0))))
                .isEqualTo(500);
    }

    @Test
    void meanSquaredErrorIsTheFormula() {
        assertThat(loss(new MeanSquaredError(), new float[] {1, -2}, 1, Batch.of(List.of(new int[1], new int[1])),
                List.of(new Target.Numbers(0.5f), new Target.Numbers(1)))).isEqualTo((0.25 + 9) / 2);
    }

    @Test
    void aSpansPlacesBehindTheTextDoNotCount() {
        double start = -Math.log(Math.exp(2) / (Math.exp(0.5) + Math.exp(2) + Math.exp(0)));
        // The other sequence has one token, which is surely the place; the place 1 behind it does not count.
        double end = -Math.log(Math.exp(3) / (Math.exp(-1) + Math.exp(3) + Math.exp(1)));

        assertThat(loss(new SpanLoss(), OUTPUTS, 2, WORDS, List.of(new Target.Span(1, 1), new Target.Span(0, 1))))
                .isCloseTo((start / 2 + end) / 2, within(1e-12));
        assertThat(loss(new SpanLoss(), OUTPUTS, 2, WORDS, List.of(new Target.Span(3, 9), new Target.Span(1, 1))))
                .isZero();
    }

    @Test
    void aWeightedLabelCountsAsThatManyRows() {
        double weighted = loss(new CrossEntropy(0, new float[] {1, 3}), new float[] {1, 0, 0.5f, -1}, 2,
                Batch.of(List.of(new int[1], new int[1])), Losses.labels(0, 1));
        double repeated = loss(new CrossEntropy(0), new float[] {1, 0, 0.5f, -1, 0.5f, -1, 0.5f, -1}, 2,
                ONE_TOKEN_EACH, Losses.labels(0, 1, 1, 1));

        assertThat(weighted).isCloseTo(repeated, within(1e-12));
    }

    @Test
    void targetsOfAnotherKindAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> loss(new MeanSquaredError(), OUTPUTS, 2, ONE_TOKEN_EACH,
                Losses.labels(0, 1, 1, 0))).withMessage("this loss learns from a Numbers, not from a Label");
        assertThatIllegalArgumentException().isThrownBy(() -> loss(new BinaryCrossEntropy(), new float[] {1, 2}, 1,
                Batch.of(List.of(new int[1], new int[1])), NUMBERS.subList(0, 2)))
                .withMessage("a target has 2 numbers, but the model gives 1");
        assertThatIllegalArgumentException().isThrownBy(() -> loss(new CrossEntropy(0), OUTPUTS, 2, ONE_TOKEN_EACH,
                Losses.labels(0, 1, 2, 0))).withMessage("label 2 is not one of 2");
        assertThatIllegalArgumentException().isThrownBy(() -> new Target.Span(-1, 2));
    }
}
