package io.demitasse.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.TestModels;
import io.demitasse.file.FlatFile;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradient of every parameter of a small model, against PyTorch in float64. */
class GradientsTest {

    private record Examples(Batch batch, int[] labels) {
    }

    private static JsonObject read(String name) throws IOException {
        return JsonParser.parseString(Files.readString(TestModels.TINY.resolveSibling(name))).getAsJsonObject();
    }

    private static Examples examples() throws IOException {
        List<int[]> ids = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (JsonElement element : read("forward.json").getAsJsonArray("examples")) {
            JsonObject example = element.getAsJsonObject();
            ids.add(example.getAsJsonArray("input_ids").asList().stream().mapToInt(JsonElement::getAsInt).toArray());
            labels.add(example.get("label").getAsInt());
        }
        return new Examples(Batch.of(ids), labels.stream().mapToInt(Integer::intValue).toArray());
    }

    /** Mean cross-entropy; the logits become its gradient. */
    static double crossEntropy(Matrix logits, int[] labels) {
        double loss = 0;
        for (int s = 0; s < logits.rows(); s++) {
            double sum = 0;
            for (int j = 0; j < logits.columns(); j++) {
                sum += Math.exp(logits.get(s, j));
            }
            loss -= logits.get(s, labels[s]) - Math.log(sum);
            for (int j = 0; j < logits.columns(); j++) {
                double p = Math.exp(logits.get(s, j)) / sum;
                logits.data()[logits.row(s) + j] = (float) ((p - (j == labels[s] ? 1 : 0)) / logits.rows());
            }
        }
        return loss / logits.rows();
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void everyParameter(String kernels) throws IOException {
        JsonObject expected = read("gradients.json");
        Examples examples = examples();
        try (FlatFile file = FlatFile.open(TestModels.TINY); Parallel parallel = new Parallel(2)) {
            SequenceClassifier model = SequenceClassifier.load(file, KernelChoice.choose(kernels));
            Workspace workspace = new Workspace(parallel);
            // The second time around gradients must have been set to zero, the third time they add up.
            for (int pass = 0; pass < 3; pass++) {
                if (pass < 2) {
                    model.zeroGradients();
                }
                double loss = step(model, examples, workspace, GradientTrace.withoutDropout());
                assertThat(loss).isCloseTo(expected.get("loss").getAsDouble(), within(1e-5));
            }
            JsonObject gradients = expected.getAsJsonObject("gradients");
            assertThat(model.parameters()).extracting(Parameter::name)
                    .containsExactlyElementsOf(gradients.keySet());
            for (Parameter parameter : model.parameters()) {
                assertClose(parameter, gradients.getAsJsonArray(parameter.name()), 2);
            }
        }
    }

    private static double step(SequenceClassifier model, Examples examples, Workspace workspace, GradientTrace trace) {
        long mark = workspace.mark();
        Matrix logits = model.forward(examples.batch, workspace, trace);
        double loss = crossEntropy(logits, examples.labels);
        model.backward(logits, examples.batch, workspace, trace);
        workspace.release(mark);
        return loss;
    }

    /** Within 1e-4 of the tensor's norm, or 1e-6 where that is less. */
    private static void assertClose(Parameter parameter, JsonArray expected, double factor) {
        double difference = 0;
        double norm = 0;
        assertThat(expected).hasSize(parameter.gradient().length);
        for (int i = 0; i < expected.size(); i++) {
            double e = factor * expected.get(i).getAsDouble();
            difference += Math.pow(parameter.gradient()[i] - e, 2);
            norm += e * e;
        }
        assertThat(Math.sqrt(difference)).as(parameter.name())
                .isLessThanOrEqualTo(Math.max(1e-4 * Math.sqrt(norm), 1e-6));
    }
}
