package io.demitasse.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.TestModels;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradient of every parameter of a small DistilBERT and a small BERT, against PyTorch in float64. */
class GradientsTest {

    private record Examples(Batch batch, int[] labels) {
    }

    private static Examples examples(Path model) throws IOException {
        List<JsonObject> examples = TestModels.reference(model, "forward.json").getAsJsonArray("examples").asList()
                .stream().map(JsonElement::getAsJsonObject).toList();
        return new Examples(TinyModelsTest.batch(examples),
                examples.stream().mapToInt(example -> example.get("label").getAsInt()).toArray());
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
    @MethodSource("io.demitasse.TestModels#tinyModels")
    void everyParameter(Path path, String kernels) throws IOException {
        JsonObject expected = TestModels.reference(path, "gradients.json");
        Examples examples = examples(path);
        try (FlatFile file = ModelFiles.open(path); Parallel parallel = new Parallel(2)) {
            TrainableModel model = load(file, KernelChoice.choose(kernels));
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

    private static HeadSpec spec(FlatFile file, int labels) {
        return Architecture.SEQUENCE_CLASSIFICATION.head(ModelConfig.of(file), labels);
    }

    private static TrainableModel load(FlatFile file, Kernels kernels) {
        return TrainableModel.load(file, spec(file, file.labels().size()), kernels);
    }

    private static double step(TrainableModel model, Examples examples, Workspace workspace, GradientTrace trace) {
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
    @MethodSource("io.demitasse.TestModels#tinyModels")
    void theInputsGradientIsThatOfEmbeddingsAndLeavesParametersAlone(Path path, String kernels) throws IOException {
        Examples examples = examples(path);
        try (FlatFile file = ModelFiles.open(path); Parallel parallel = new Parallel(2)) {
            TrainableModel model = load(file, KernelChoice.choose(kernels));
            Workspace workspace = new Workspace(parallel);
            GradientTrace trace = GradientTrace.ofInputs();
            Matrix words = model.inputEmbeddings(examples.batch, workspace);
            float[] before = words.toArray();
            Matrix logits = model.forward(words, examples.batch, model.positions(examples.batch), workspace, trace);
            assertThat(logits.toArray()).isEqualTo(
                    model.forward(examples.batch, workspace, GradientTrace.ofInputs()).toArray());
            crossEntropy(logits, examples.labels);
            Matrix gradient = model.backward(logits, examples.batch, workspace, trace);   // [tokens, dim]
            assertThat(words.toArray()).isEqualTo(before);
            JsonArray expected = TestModels.reference(path, "gradients.json").getAsJsonObject("gradients")
                    .getAsJsonArray("distilbert.embeddings.word_embeddings.weight");
            float[] byWord = new float[expected.size()];
            for (int token = 0; token < examples.batch.tokens(); token++) {
                for (int i = 0; i < gradient.columns(); i++) {
                    // The input's gradient has what the padding token's embedding has not.
                    byWord[examples.batch.id(token) * gradient.columns() + i] +=
                            examples.batch.id(token) == model.config().padTokenId() ? 0 : gradient.get(token, i);
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
        Examples examples = examples(TestModels.TINY);
        for (String kernels : TestModels.kernels()) {
            List<float[]> expected = null;
            for (int threads = 1; threads <= 3; threads++) {
                try (FlatFile file = FlatFile.open(TestModels.TINY); Parallel parallel = new Parallel(threads)) {
                    TrainableModel model = load(file, KernelChoice.choose(kernels));
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
        Batch batch = examples(TestModels.TINY).batch;
        try (FlatFile file = FlatFile.open(TestModels.TINY); Parallel parallel = new Parallel(2)) {
            Kernels chosen = KernelChoice.choose(kernels);
            Workspace workspace = new Workspace(parallel);
            Encoder encoder = Encoder.load(file, ModelConfig.of(file), chosen);
            Head head = Head.load(file, spec(file, 2), encoder, chosen);
            Matrix first = encoder.forward(batch, head.positions(batch), workspace, Trace.NONE);
            Matrix expected = head.forward(first, batch, workspace, Trace.NONE);
            TrainableModel model = load(file, chosen);
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
            TrainableModel model = load(file, KernelChoice.choose("plain"));
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
    void forAnotherNumberOfLabelsTheClassifierAloneIsDrawnFromTheSeed() {
        try (FlatFile file = FlatFile.open(TestModels.TINY)) {
            Kernels plain = KernelChoice.choose("plain");
            List<Parameter> kept = load(file, plain).parameters();
            List<Parameter> one = TrainableModel.loadOrDraw(file, spec(file, 300), 42, plain).parameters();
            List<Parameter> same = TrainableModel.loadOrDraw(file, spec(file, 300), 42, plain).parameters();
            List<Parameter> other = TrainableModel.loadOrDraw(file, spec(file, 300), 43, plain).parameters();
            int head = one.size() - 4;
            assertThat(one.subList(head, one.size())).extracting(Parameter::name).containsExactly(
                    "pre_classifier.weight", "pre_classifier.bias", "classifier.weight", "classifier.bias");
            assertThat(one.get(head).values()).isEqualTo(kept.get(head).values());
            assertThat(one.get(head + 1).values()).isEqualTo(kept.get(head + 1).values());
            assertThat(one.get(head + 2).shape()).containsExactly(300, 32);
            assertThat(one.get(head + 2).values()).isEqualTo(same.get(head + 2).values())
                    .isNotEqualTo(other.get(head + 2).values());
            assertThat(one.get(head + 3).values()).containsOnly(0f);
            double squares = 0;
            for (float value : one.get(head + 2).values()) {
                squares += value * value;
            }
            assertThat(Math.sqrt(squares / (300 * 32))).isCloseTo(0.02, within(0.001));
        }
    }

    @Test
    void thePaddingTokensEmbeddingHasNoGradient() throws IOException {
        try (FlatFile file = FlatFile.open(TestModels.TINY); Parallel parallel = new Parallel(1)) {
            TrainableModel model = load(file, KernelChoice.choose("plain"));
            int pad = model.config().padTokenId();
            step(model, new Examples(Batch.of(List.of(new int[] {7, pad, 9})), new int[] {1}),
                    new Workspace(parallel), GradientTrace.withoutDropout());
            assertThat(pad).isEqualTo(0);
            assertThat(model.parameters().get(0).rows().stream()).containsExactly(7, 9);
            assertThat(model.parameters().get(1).rows().stream()).containsExactly(0, 1, 2);
        }
    }
}
