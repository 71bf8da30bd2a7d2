package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AdviceTest {

    private final Advice advice = new Advice();
    private final List<Evaluation> evaluations = new ArrayList<>();

    private String after(double trainingLoss, double validationLoss) {
        evaluations.add(new Evaluation(trainingLoss, 0, 0, validationLoss, Map.of()));
        return advice.after(evaluations, 1e-5);
    }

    @Test
    void noneWhileAllIsWell() {
        assertThat(after(0.7, 0.6)).isNull();
        assertThat(after(0.5, 0.4)).isNull();
        assertThat(after(0.4, 0.403)).isNull();
        assertThat(after(0.41, 0.406)).isNull();
    }

    @Test
    void aClimbingValidationLossIsToldOnce() {
        after(0.5, 0.40);
        assertThat(after(0.4, 0.43)).isNull();
        assertThat(after(0.3, 0.46)).contains("validation loss climbs (0.4000, 0.4300, 0.4600)", "fewer epochs");
        assertThat(after(0.2, 0.50)).isNull();
    }

    @Test
    void aClimbingTrainingLossIsToldOnce() {
        after(0.5, 0.5);
        after(0.6, 0.6);
        assertThat(after(0.7, 0.7)).contains("training loss climbs (0.5000, 0.6000, 0.7000)", "1.0E-5 is too high");
        assertThat(after(0.8, 0.8)).isNull();
    }
}
