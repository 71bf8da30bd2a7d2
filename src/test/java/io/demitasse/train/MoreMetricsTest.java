package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.kernel.Matrix;
import java.util.List;
import org.junit.jupiter.api.Test;

class MoreMetricsTest {

    private static Matrix row(float... values) {
        return new Matrix(values, 1, values.length);
    }

    @Test
    void severalLabels() {
        MultiLabelMetrics metrics = new MultiLabelMetrics(3);
        metrics.add(row(1, -1, -1), new Target.Numbers(1, 0, 0));
        metrics.add(row(1, 2, -1), new Target.Numbers(1, 0, 0));
        metrics.add(row(-1, -2, -3), new Target.Numbers(0, 1, 0));

        // Label 0: 2 of 2 found; label 1: one wrong, one missed; label 2: nothing at all.
        assertThat(metrics.values()).containsEntry(Metric.F1_MICRO, 2 * 2 / 6.0)
                .containsEntry(Metric.F1_MACRO, 1 / 3.0).containsEntry(Metric.PRECISION_MICRO, 2 / 3.0)
                .containsEntry(Metric.RECALL_MICRO, 2 / 3.0).containsEntry(Metric.SUBSET_ACCURACY, 1 / 3.0);
        assertThat(metrics.f1(1)).isZero();
        assertThat(metrics.correct()).isEqualTo(1);
        double sum = 0;
        for (double[] logit : new double[][] {{1, 1}, {-1, 0}, {-1, 0}, {1, 1}, {2, 0}, {-1, 0}, {-1, 0}, {-2, 1},
            {-3, 0}}) {
            double p = 1 / (1 + Math.exp(-logit[0]));
            sum -= logit[1] == 1 ? Math.log(p) : Math.log(1 - p);
        }
        assertThat(metrics.loss()).isCloseTo(sum / 9, within(1e-12));
    }

    @Test
    void correlations() {
        RegressionMetrics metrics = new RegressionMetrics(1);
        float[] found = {1, 2, 2, 4, 10};
        float[] expected = {0, 3, 2, 5, 6};
        for (int i = 0; i < found.length; i++) {
            metrics.add(row(found[i]), new Target.Numbers(expected[i]));
        }

        // scipy.stats: pearsonr 0.8231..., spearmanr with the ranks 1, 2.5, 2.5, 4, 5 and 1, 3, 2, 4, 5.
        double mx = 3.8;
        double my = 3.2;
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < 5; i++) {
            xy += (found[i] - mx) * (expected[i] - my);
            xx += (found[i] - mx) * (found[i] - mx);
            yy += (expected[i] - my) * (expected[i] - my);
        }
        assertThat(metrics.values().get(Metric.PEARSON)).isCloseTo(xy / Math.sqrt(xx * yy), within(1e-12));
        assertThat(metrics.values().get(Metric.SPEARMAN)).isCloseTo(9.5 / Math.sqrt(9.5 * 10), within(1e-12));
        assertThat(metrics.values().get(Metric.MSE)).isCloseTo((1 + 1 + 0 + 1 + 16) / 5.0, within(1e-12));
        assertThat(metrics.loss()).isEqualTo(metrics.values().get(Metric.MSE));
    }

    @Test
    void aCorrelationWithAConstantIsZero() {
        RegressionMetrics metrics = new RegressionMetrics(1);
        metrics.add(row(3), new Target.Numbers(1));
        metrics.add(row(3), new Target.Numbers(2));

        assertThat(metrics.values().get(Metric.PEARSON)).isZero();
        assertThat(metrics.values().get(Metric.SPEARMAN)).isZero();
    }

    private static final List<String> TAGS = List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC");

    private static TokenMetrics tokens(int[] predicted, int... labels) {
        Matrix logits = Matrix.zeros(predicted.length, TAGS.size());
        for (int i = 0; i < predicted.length; i++) {
            logits.data()[logits.row(i) + predicted[i]] = 5;
        }
        TokenMetrics metrics = new TokenMetrics(TAGS);
        metrics.add(logits, new Target.TokenLabels(labels));
        return metrics;
    }

    @Test
    void entitiesAreRightAsAWhole() {
        int skip = Target.IGNORED;
        // One person of two words, found; one place, found too long.
        TokenMetrics metrics = tokens(new int[] {4, 1, 2, 0, 3, 4}, skip, 1, 2, 0, 3, 0);

        assertThat(metrics.tokens()).isEqualTo(5);
        assertThat(metrics.values()).containsEntry(Metric.PRECISION, 0.5).containsEntry(Metric.RECALL, 0.5)
                .containsEntry(Metric.F1, 0.5).containsEntry(Metric.ACCURACY, 0.8);
    }

    @Test
    void anInsideBehindAnotherTypeBeginsAnEntity() {
        // B-PER I-LOC is a person and a place; so are I-PER B-LOC.
        assertThat(tokens(new int[] {1, 4}, 2, 3).values()).containsEntry(Metric.F1, 1.0);
        // Two beginnings are two entities, not one.
        assertThat(tokens(new int[] {1, 2}, 1, 1).values()).containsEntry(Metric.RECALL, 0.0);
    }
}
