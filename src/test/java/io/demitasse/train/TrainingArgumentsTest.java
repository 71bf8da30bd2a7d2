package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class TrainingArgumentsTest {

    @Test
    void eachArgumentIsItsOwn() {
        TrainingArguments arguments = TrainingArguments.builder().learningRate(1).trainBatchSize(2).evalBatchSize(3)
                .epochs(4).seed(5).weightDecay(6).warmupRatio(0.7).maxGradNorm(8).labelSmoothing(0.9).evalSteps(10)
                .saveSteps(11).earlyStoppingPatience(12).metricForBestModel(Metric.MCC).bf16(true).build();
        for (TrainingArguments same : new TrainingArguments[] {arguments, arguments.toBuilder().build()}) {
            assertThat(same.learningRate()).isEqualTo(1);
            assertThat(same.trainBatchSize()).isEqualTo(2);
            assertThat(same.evalBatchSize()).isEqualTo(3);
            assertThat(same.epochs()).isEqualTo(4);
            assertThat(same.seed()).isEqualTo(5);
            assertThat(same.weightDecay()).isEqualTo(6);
            assertThat(same.warmupRatio()).isEqualTo(0.7);
            assertThat(same.maxGradNorm()).isEqualTo(8);
            assertThat(same.labelSmoothing()).isEqualTo(0.9);
            assertThat(same.evalSteps()).isEqualTo(10);
            assertThat(same.saveSteps()).isEqualTo(11);
            assertThat(same.earlyStoppingPatience()).isEqualTo(12);
            assertThat(same.metricForBestModel()).isEqualTo(Metric.MCC);
            assertThat(same.bf16()).isTrue();
        }
    }

    @Test
    void whatWasBuiltDoesNotChange() {
        TrainingArguments.Builder builder = TrainingArguments.builder();
        TrainingArguments built = builder.build();
        builder.epochs(9);
        built.toBuilder().epochs(7);

        assertThat(built.epochs()).isEqualTo(5);
    }

    @Test
    void ranges() {
        assertThatIllegalArgumentException().isThrownBy(() -> TrainingArguments.builder().warmupRatio(1.5).build())
                .withMessage("warmup ratio must be from 0 to 1, not 1.5");
        assertThatIllegalArgumentException().isThrownBy(() -> TrainingArguments.builder().learningRate(0).build());
    }

    @Test
    void theMetricForTheBestModelIsTheObjectives() {
        TrainingArguments defaults = TrainingArguments.defaults();

        assertThat(defaults.metricForBestModel(Objective.SINGLE_LABEL_CLASSIFICATION)).isEqualTo(Metric.ACCURACY);
        assertThat(defaults.metricForBestModel(Objective.MULTI_LABEL_CLASSIFICATION)).isEqualTo(Metric.F1_MICRO);
        assertThat(defaults.metricForBestModel(Objective.REGRESSION)).isEqualTo(Metric.LOSS);
        assertThat(defaults.metricForBestModel(Objective.TOKEN_CLASSIFICATION)).isEqualTo(Metric.F1);
    }
}
