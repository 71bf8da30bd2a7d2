package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.train.TrainingArguments.Metric;
import org.junit.jupiter.api.Test;

class TrainerStateTest {

    private final TrainerState state = new TrainerState();

    private void evaluate(long step, double loss, double accuracy) {
        state.evaluations.add(new Evaluation(0, 0, step, loss, accuracy, 0, 0, 0, 0));
    }

    @Test
    void theBestByEitherMetric() {
        assertThat(state.best(Metric.LOSS)).isNull();
        evaluate(1, 0.5, 0.8);
        evaluate(2, 0.3, 0.8);
        evaluate(3, 0.3, 0.8);
        evaluate(4, 0.4, 0.9);

        assertThat(state.best(Metric.ACCURACY).step()).isEqualTo(4);
        assertThat(state.best(Metric.LOSS).step()).isEqualTo(2);
    }

    @Test
    void patienceIsCountedFromTheBest() {
        assertThat(state.outOfPatience(1, Metric.LOSS)).isFalse();
        evaluate(1, 0.5, 0.8);
        evaluate(2, 0.4, 0.7);
        assertThat(state.outOfPatience(1, Metric.ACCURACY)).isTrue();
        assertThat(state.outOfPatience(1, Metric.LOSS)).isFalse();
        evaluate(3, 0.45, 0.9);
        assertThat(state.outOfPatience(1, Metric.LOSS)).isTrue();
        assertThat(state.outOfPatience(2, Metric.LOSS)).isFalse();
        assertThat(state.outOfPatience(0, Metric.LOSS)).isFalse();
    }
}
