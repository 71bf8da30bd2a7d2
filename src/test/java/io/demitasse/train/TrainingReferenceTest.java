package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.TestModels;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Batch;
import io.demitasse.model.GradientTrace;
import io.demitasse.model.Parameter;
import io.demitasse.model.Architecture;
import io.demitasse.model.ModelConfig;
import io.demitasse.model.TrainableModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Twenty AdamW steps of a small DistilBERT and of a small BERT on pairs, against PyTorch in float64. */
class TrainingReferenceTest {

    private static final double TOLERANCE = 1e-4;
    // As the fixture's note says.
    private static final double LEARNING_RATE = 5e-3;
    private static final double WEIGHT_DECAY = 0.01;
    private static final double MAX_GRAD_NORM = 1;

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#tinyModels")
    void everyLossAndTheFinalParametersArePyTorchs(Path path, String kernels) throws IOException {
        JsonObject reference = TestModels.reference(path, "training.json");
        JsonArray steps = reference.getAsJsonArray("steps");
        LinearSchedule schedule = new LinearSchedule(LEARNING_RATE, 0, steps.size());
        try (FlatFile file = ModelFiles.open(path); Parallel parallel = new Parallel(2)) {
            TrainableModel model = TrainableModel.load(file,
                    Architecture.SEQUENCE_CLASSIFICATION.head(ModelConfig.of(file), file.labels().size()), KernelChoice.choose(kernels));
            AdamW optimizer = new AdamW(model.parameters(), WEIGHT_DECAY, parameter -> true, parallel);
            TrainingStep step = new TrainingStep(model, optimizer, new Workspace(parallel), new CrossEntropy(0),
                    MAX_GRAD_NORM);
            for (int i = 0; i < steps.size(); i++) {
                JsonObject expected = steps.get(i).getAsJsonObject();
                assertThat(schedule.at(i)).isCloseTo(expected.get("learning_rate").getAsDouble(), within(1e-12));
                List<int[]> sequences = arrays(expected.get("input_ids"));
                Batch batch = expected.has("token_type_ids")
                        ? Batch.of(sequences, arrays(expected.get("token_type_ids"))) : Batch.of(sequences);
                TrainingStep.Outcome outcome = step.run(batch, Losses.labels(ints(expected.get("labels"))),
                        GradientTrace.withoutDropout(), schedule.at(i));

                assertThat(outcome.loss()).as("loss of step %d", i)
                        .isCloseTo(expected.get("loss").getAsDouble(), within(TOLERANCE));
                double norm = expected.get("gradient_norm").getAsDouble();
                assertThat(outcome.gradientNorm()).as("gradient norm of step %d", i)
                        .isCloseTo(norm, within(TOLERANCE * Math.max(1, norm)));
            }
            assertFinal(model.parameters(), reference.getAsJsonObject("final_parameters"));
        }
    }

    private static void assertFinal(List<Parameter> parameters, JsonObject reference) {
        assertThat(parameters).extracting(Parameter::name).containsExactlyInAnyOrderElementsOf(reference.keySet());
        for (Parameter parameter : parameters) {
            JsonObject expected = reference.getAsJsonObject(parameter.name());
            double sum = 0;
            double squares = 0;
            for (float value : parameter.values()) {
                sum += value;
                squares += (double) value * value;
            }
            double norm = expected.get("norm").getAsDouble();
            // A sum of many numbers of both signs is small beside them; their norm is the scale of its errors.
            double tolerance = tolerance(parameter) * Math.max(1, norm);
            assertThat(Math.sqrt(squares)).as("norm of %s", parameter.name()).isCloseTo(norm, within(tolerance));
            assertThat(sum).as("sum of %s", parameter.name())
                    .isCloseTo(expected.get("sum").getAsDouble(), within(tolerance));
            JsonArray first = expected.getAsJsonArray("first");
            for (int i = 0; i < first.size(); i++) {
                assertThat((double) parameter.values()[i]).as("%s, number %d", parameter.name(), i)
                        .isCloseTo(first.get(i).getAsDouble(), within(10 * tolerance(parameter)));
            }
        }
    }

    /**
     * The gradient of a key's bias is zero but for rounding, since it adds the same to all scores of a query, which
     * softmax does not see. What of it float32 leaves is large enough beside Adam's epsilon to make a step, what
     * float64 leaves is not.
     */
    private static double tolerance(Parameter parameter) {
        return parameter.name().endsWith("k_lin.bias") ? 0.1 : TOLERANCE;
    }

    private static List<int[]> arrays(JsonElement arrays) {
        return arrays.getAsJsonArray().asList().stream().map(TrainingReferenceTest::ints).toList();
    }

    private static int[] ints(JsonElement array) {
        return array.getAsJsonArray().asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }
}
