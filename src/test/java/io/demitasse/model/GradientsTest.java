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
import io.demitasse.kernel.Kernels;
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

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void theInputsGradientIsThatOfEmbeddingsAndLeavesParametersAlone(String kernels) throws IOException {
        Examples examples = examples();
        try (FlatFile file = FlatFile.open(TestModels.TINY); Parallel parallel = new Parallel(2)) {
            SequenceClassifier model = SequenceClassifier.load(file, KernelChoice.choose(kernels));
            Workspace workspace = new Workspace(parallel);
            GradientTrace trace = GradientTrace.ofInputs();
            Matrix words = model.inputEmbeddings(examples.batch, workspace);
            float[] before = words.toArray();
            Matrix logits = model.forward(words, examples.batch, workspace, trace);
            assertThat(logits.toArray()).isEqualTo(
                    model.forward(examples.batch, workspace, GradientTrace.ofInputs()).toArray());
            crossEntropy(logits, examples.labels);
            Matrix gradient = model.backward(logits, examples.batch, workspace, trace);   // [tokens, dim]
            assertThat(words.toArray()).isEqualTo(before);
            JsonArray expected = read("gradients.json").getAsJsonObject("gradients")
                    .getAsJsonArray("distilbert.embeddings.word_embeddings.weight");
            float[] byWord = new float[expected.size()];
            for (int token = 0; token < examples.batch.tokens(); token++) {
                for (int i = 0; i < gradient.columns(); i++) {
                    byWord[examples.batch.id(token) * gradient.columns() + i] += gradient.get(token, i);
                }
            }
            for (int i = 0; i < byWord.length; i++) {
                assertThat((double) byWord[i]).isCloseTo(expected.get(i).getAsDouble(), within(2e-6));
            }
            for (Parameter parameter : model.parameters()) {
                assertThat(parameter.gradient()).as(parameter.name()).containsOnly(0f);
            }
        }
    }

    @Test
    void threadsDoNotChangeABit() throws IOException {
        Examples examples = examples();
        for (String kernels : TestModels.kernels()) {
            List<float[]> expected = null;
            for (int threads = 1; threads <= 3; threads++) {
                try (FlatFile file = FlatFile.open(TestModels.TINY); Parallel parallel = new Parallel(threads)) {
                    SequenceClassifier model = SequenceClassifier.load(file, KernelChoice.choose(kernels));
                    step(model, examples, new Workspace(parallel), GradientTrace.training(1, 2));
                    List<float[]> found = model.parameters().stream().map(Parameter::gradient).toList();
                    expected = expected == null ? found : expected;
                    for (int i = 0; i < found.size(); i++) {
                        assertThat(Arrays.equals(found.get(i), expected.get(i)))
                                .as("%s kernels, %d threads, %s", kernels, threads, model.parameters().get(i).name())
                                .isTrue();
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void aClassifierForTrainingGivesTheLogitsOfOneThatOnlyReads(String kernels) throws IOException {
        Batch batch = examples().batch;
        try (FlatFile file = FlatFile.open(TestModels.TINY); Parallel parallel = new Parallel(2)) {
            Kernels chosen = KernelChoice.choose(kernels);
            Config config = Config.parse(file.path(), file.config());
            Workspace workspace = new Workspace(parallel);
            Matrix first = Encoder.load(file, config, chosen).forwardFirst(batch, workspace, Trace.NONE);
            Matrix expected = ClassificationHead.load(file, config, 2, chosen).forward(first, workspace, Trace.NONE);
            SequenceClassifier model = SequenceClassifier.load(file, chosen);
            for (Trace trace : List.of(Trace.NONE, new Trace(), GradientTrace.withoutDropout())) {
                Matrix found = model.forward(batch, workspace, trace);
                for (int i = 0; i < expected.rows() * expected.columns(); i++) {
                    assertThat(found.toArray()[i]).isCloseTo(expected.toArray()[i], within(2e-5f));
                }
            }
        }
    }

    @Test
    void aTableKnowsTheRowsItsGradientReached() throws IOException {
        try (FlatFile file = FlatFile.open(TestModels.TINY); Parallel parallel = new Parallel(1)) {
            SequenceClassifier model = SequenceClassifier.load(file, KernelChoice.choose("plain"));
            Workspace workspace = new Workspace(parallel);
            Parameter words = model.parameters().get(0);
            Parameter positions = model.parameters().get(1);
            step(model, new Examples(Batch.of(List.of(new int[] {7, 9, 7})), new int[] {1}), workspace,
                    GradientTrace.withoutDropout());
            assertThat(words.rows().stream()).containsExactly(7, 9);
            assertThat(positions.rows().stream()).containsExactly(0, 1, 2);
            assertThat(words.gradient()).isNotEqualTo(new float[words.values().length]);
            model.zeroGradients();
            assertThat(words.rows().isEmpty()).isTrue();
            assertThat(words.everRows().stream()).containsExactly(7, 9);
            for (Parameter parameter : model.parameters()) {
                assertThat(parameter.gradient()).as(parameter.name()).containsOnly(0f);
            }
        }
    }

    @Test
    void aNewHeadIsDrawnFromTheSeed() {
        try (FlatFile file = FlatFile.open(TestModels.TINY)) {
            Kernels plain = KernelChoice.choose("plain");
            List<Parameter> one = SequenceClassifier.loadWithNewHead(file, 3, 42, plain).parameters();
            List<Parameter> same = SequenceClassifier.loadWithNewHead(file, 3, 42, plain).parameters();
            List<Parameter> other = SequenceClassifier.loadWithNewHead(file, 3, 43, plain).parameters();
            int weight = one.size() - 4;
            assertThat(one.subList(weight, one.size())).extracting(Parameter::name).containsExactly(
                    "pre_classifier.weight", "pre_classifier.bias", "classifier.weight", "classifier.bias");
            assertThat(one.get(weight + 2).shape()).containsExactly(3, 32);
            assertThat(one.get(weight).values()).isEqualTo(same.get(weight).values())
                    .isNotEqualTo(other.get(weight).values());
            assertThat(one.get(weight + 1).values()).containsOnly(0f);
            double squares = 0;
            for (float value : one.get(weight).values()) {
                squares += value * value;
            }
            assertThat(Math.sqrt(squares / (32 * 32))).isCloseTo(0.02, within(0.002));
        }
    }
}
