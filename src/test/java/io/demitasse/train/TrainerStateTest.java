package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import java.util.Comparator;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrainerStateTest {

    private static final Comparator<Evaluation> ACCURACY = Evaluation.by(Metric.ACCURACY, Metric.LOSS);
    private static final Comparator<Evaluation> LOSS = Evaluation.by(Metric.LOSS, Metric.ACCURACY);

    private final TrainerState state = new TrainerState();

    private void evaluate(long step, double loss, double accuracy) {
        state.evaluations.add(new Evaluation(0, 0, step, loss, Map.of(Metric.ACCURACY, accuracy)));
    }

    @Test
    void theBestByEitherMetric() {
        assertThat(state.best(LOSS)).isNull();
        evaluate(1, 0.5, 0.8);
        evaluate(2, 0.3, 0.8);
        evaluate(3, 0.3, 0.8);
        evaluate(4, 0.4, 0.9);

        assertThat(state.best(ACCURACY).step()).isEqualTo(4);
        assertThat(state.best(LOSS).step()).isEqualTo(2);
    }

    @Test
    void patienceIsCountedFromTheBest() {
        assertThat(state.outOfPatience(1, LOSS)).isFalse();
        evaluate(1, 0.5, 0.8);
        evaluate(2, 0.4, 0.7);
        assertThat(state.outOfPatience(1, ACCURACY)).isTrue();
        assertThat(state.outOfPatience(1, LOSS)).isFalse();
        evaluate(3, 0.45, 0.9);
        assertThat(state.outOfPatience(1, LOSS)).isTrue();
        assertThat(state.outOfPatience(2, LOSS)).isFalse();
        assertThat(state.outOfPatience(0, LOSS)).isFalse();
    }

    @Test
    void isWhatItWasAfterACheckpoint() {
        state.step = 7;
        state.lossSum = 0.1 + 0.2;
        state.lossCount = 3;
        evaluate(4, 1 / 3.0, 0.75);
        TrainerState read = TrainerState.fromJson(JsonParser.parseString(state.toJson().toString()).getAsJsonObject());

        assertThat(read).usingRecursiveComparison().isEqualTo(state);
        assertThat(read.toJson().toString()).isEqualTo(state.toJson().toString());
    }

    @Test
    void theFirstCheckpointsAreRead() {
        TrainerState read = TrainerState.fromJson(JsonParser.parseString("""
                {"step":13,"lossSum":0.0,"lossCount":0,"evaluations":[{"trainingLoss":0.7,"epoch":1.0,"step":13,
                "validationLoss":0.6,"accuracy":0.8,"precision":0.75,"recall":0.9,"f1":0.81,"mcc":0.6}]}
                """).getAsJsonObject());

        assertThat(read.step).isEqualTo(13);
        assertThat(read.evaluations.get(0).validationLoss()).isEqualTo(0.6);
        assertThat(read.evaluations.get(0).metrics()).containsExactly(Map.entry(Metric.ACCURACY, 0.8),
                Map.entry(Metric.PRECISION, 0.75), Map.entry(Metric.RECALL, 0.9), Map.entry(Metric.F1, 0.81),
                Map.entry(Metric.MCC, 0.6));
    }
}
