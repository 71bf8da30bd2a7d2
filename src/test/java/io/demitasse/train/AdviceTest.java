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
        return after(trainingLoss, validationLoss, 0.5, false);
    }

    private String after(double trainingLoss, double validationLoss, double mcc, boolean isEnd) {
        evaluations.add(new Evaluation(trainingLoss, 0, 7, validationLoss,
                Map.of(Metric.ACCURACY, 0.42, Metric.MCC, mcc)));
        return advice.after(evaluations, 1e-5, isEnd);
    }

    @Test
    void aLossThatStaysWhereItWasIsToldOnce() {
        after(0.694, 0.693, 0, false);
        assertThat(after(0.690, 0.692, 0, false)).isNull();
        assertThat(after(0.685, 0.692, 0.02, false)).contains("stays where it was (0.6940, 0.6900, 0.6850)",
                "an accuracy of 0.4200 is no better than a guess", "higher learning rate than 1.0E-5", "more epochs");
        assertThat(after(0.684, 0.692, 0.02, true)).isNull();
    }

    @Test
    void aLossThatHasNothingLeftToFallIsNoTrouble() {
        after(0.01, 0.02, 0.9, false);
        after(0.01, 0.02, 0.9, false);
        assertThat(after(0.01, 0.02, 0.9, true)).isNull();
    }

    @Test
    void aShortTrainingThatEndsInAGuessIsTold() {
        assertThat(after(0.69, 0.69, 0.05, true)).isEqualTo("an accuracy of 0.4200 after 7 steps is no better than a"
                + " guess: take more epochs, or a higher learning rate than 1.0E-5, such as 2e-5 to 5e-5");
        assertThat(after(0.69, 0.69, 0.5, true)).isNull();
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
