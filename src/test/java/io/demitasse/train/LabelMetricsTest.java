package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LabelMetricsTest {

    private static final float[] NO = {1, 0};
    private static final float[] YES = {0, 1};

    private static void add(LabelMetrics metrics, int times, float[] logits, int label) {
        for (int i = 0; i < times; i++) {
            metrics.add(logits, label);
        }
    }

    @Test
    void ofTwoLabelsTheSecondIsWhatIsLookedFor() {
        LabelMetrics metrics = new LabelMetrics(2);
        add(metrics, 6, YES, 1);
        add(metrics, 2, YES, 0);
        add(metrics, 3, NO, 1);
        add(metrics, 9, NO, 0);

        assertThat(metrics.examples()).isEqualTo(20);
        assertThat(metrics.correct()).isEqualTo(15);
        assertThat(metrics.accuracy()).isEqualTo(0.75);
        assertThat(metrics.precision()).isEqualTo(6 / 8.0);
        assertThat(metrics.recall()).isEqualTo(6 / 9.0);
        assertThat(metrics.f1()).isCloseTo(12 / 17.0, within(1e-15));
        assertThat(metrics.precision(0)).isEqualTo(9 / 12.0);
        assertThat(metrics.recall(0)).isEqualTo(9 / 11.0);
        assertThat(metrics.confusion()).isDeepEqualTo(new long[][] {{9, 2}, {3, 6}});
        assertThat(metrics.confusion(1, 0)).isEqualTo(3);
    }

    @Test
    void lossIsTheMeanCrossEntropy() {
        LabelMetrics metrics = new LabelMetrics(3);
        metrics.add(new float[] {0, 0, 0}, 1);
        metrics.add(new float[] {0, (float) Math.log(2), 0}, 1);
        metrics.add(new float[] {0, (float) Math.log(2), 0}, 0);

        assertThat(metrics.loss()).isCloseTo((Math.log(3) + Math.log(2) + Math.log(4)) / 3, within(1e-7));
    }

    @Test
    void lossOfLargeLogitsDoesNotOverflow() {
        LabelMetrics metrics = new LabelMetrics(2);
        metrics.add(new float[] {1000, -1000}, 1);
        metrics.add(new float[] {-1000, 1000}, 1);

        assertThat(metrics.loss()).isEqualTo(1000);
    }

    @Test
    void ofMoreLabelsTheMeanCounts() {
        LabelMetrics metrics = new LabelMetrics(3);
        metrics.add(new float[] {1, 0, 0}, 0);
        metrics.add(new float[] {1, 0, 0}, 1);
        metrics.add(new float[] {0, 1, 0}, 1);
        metrics.add(new float[] {0, 1, 0}, 1);

        // Label 0: precision 1/2, recall 1, F1 2/3. Label 1: 1, 2/3, 4/5. Label 2: neither there nor predicted.
        assertThat(metrics.precision()).isCloseTo((0.5 + 1 + 0) / 3, within(1e-15));
        assertThat(metrics.recall()).isCloseTo((1 + 2 / 3.0 + 0) / 3, within(1e-15));
        assertThat(metrics.f1()).isCloseTo((2 / 3.0 + 0.8 + 0) / 3, within(1e-15));
        assertThat(metrics.accuracy()).isEqualTo(0.75);
    }

    @Test
    void nothingFoundIsZeroAndNotNaN() {
        LabelMetrics metrics = new LabelMetrics(2);
        add(metrics, 3, NO, 0);

        assertThat(metrics.precision()).isZero();
        assertThat(metrics.recall()).isZero();
        assertThat(metrics.f1()).isZero();
        assertThat(metrics.accuracy()).isEqualTo(1);
    }

    @Test
    void ofEqualLogitsTheFirstIsPredicted() {
        LabelMetrics metrics = new LabelMetrics(3);
        metrics.add(new float[] {0, 2, 2}, 2);

        assertThat(metrics.confusion(2, 1)).isEqualTo(1);
    }

    @Test
    void countsThatWereHandedOutAreACopy() {
        LabelMetrics metrics = new LabelMetrics(2);
        metrics.confusion()[0][0] = 7;

        assertThat(metrics.confusion(0, 0)).isZero();
    }

    @Test
    void matthewsCorrelation() {
        LabelMetrics metrics = new LabelMetrics(2);
        add(metrics, 6, YES, 1);
        add(metrics, 2, YES, 0);
        add(metrics, 3, NO, 1);
        add(metrics, 9, NO, 0);

        // (tp tn - fp fn) / sqrt((tp + fp) (tp + fn) (tn + fp) (tn + fn))
        assertThat(metrics.mcc()).isCloseTo((6 * 9 - 2 * 3) / Math.sqrt(8 * 9 * 11 * 12), within(1e-12));
    }

    @Test
    void matthewsCorrelationOfThreeLabelsAndOfOne() {
        LabelMetrics perfect = new LabelMetrics(3);
        LabelMetrics blind = new LabelMetrics(3);
        for (int label = 0; label < 3; label++) {
            float[] logits = new float[3];
            logits[label] = 1;
            perfect.add(logits, label);
            blind.add(new float[] {1, 0, 0}, label);
        }

        assertThat(perfect.mcc()).isCloseTo(1, within(1e-12));
        assertThat(blind.mcc()).isZero();
    }

    @Test
    void calibrationErrorIsHowFarConfidenceIsFromAccuracy() {
        LabelMetrics metrics = new LabelMetrics(2);
        float logit = (float) Math.log(4);   // a probability of 0.8
        add(metrics, 6, new float[] {0, logit}, 1);
        add(metrics, 4, new float[] {0, logit}, 0);
        add(metrics, 10, new float[] {50, 0}, 0);

        // Ten examples at 0.8 of which 0.6 are right, ten at 1 of which all are.
        assertThat(metrics.calibrationError()).isCloseTo(0.5 * 0.2, within(1e-6));
    }
}
