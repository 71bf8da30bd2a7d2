package io.demitasse.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.study.IntegratedGradients.Point;
import java.util.List;
import org.junit.jupiter.api.Test;

class IntegratedGradientsTest {

    @Test
    void simpsonsRuleIsExactForCubes() {
        IntegratedGradients gradients = new IntegratedGradients(alphas -> alphas.stream().map(alpha ->
                new Point(alpha, Math.pow(alpha, 4) - 2 * alpha,
                        new double[] {4 * Math.pow(alpha, 3), -2})).toList());

        assertThat(gradients.shares()).containsExactly(new double[] {1, -2}, within(1e-12));
        assertThat(gradients.difference()).isCloseTo(-1, within(1e-12));
        assertThat(gradients.steps()).isEqualTo(17);
    }

    /** A logistic step that few evenly spaced points would see: the stretches around it are halved. */
    @Test
    void stepsAreTakenWhereTheLogitRises() {
        double steepness = 400;
        IntegratedGradients gradients = new IntegratedGradients(alphas -> alphas.stream().map(alpha -> {
            double f = 1 / (1 + Math.exp(-steepness * (alpha - 0.3)));
            return new Point(alpha, f, new double[] {steepness * f * (1 - f)});
        }).toList());

        assertThat(gradients.shares()[0]).isCloseTo(1, within(0.005));
        assertThat(gradients.steps()).isBetween(18, IntegratedGradients.MOST_STEPS);
    }

    @Test
    void itGivesUpAtItsMostSteps() {
        IntegratedGradients gradients = new IntegratedGradients(alphas -> alphas.stream().map(alpha ->
                new Point(alpha, alpha, new double[] {2})).toList());

        assertThat(gradients.shares()).containsExactly(new double[] {2}, within(1e-12));
        assertThat(gradients.steps()).isBetween(IntegratedGradients.MOST_STEPS - 8, IntegratedGradients.MOST_STEPS);
        assertThat(List.of(gradients.difference())).containsExactly(1.0);
    }
}
