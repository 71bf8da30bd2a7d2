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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every hidden state, every attention and the logits of a small DistilBERT and a small BERT, against PyTorch in float64. */
class TinyModelsTest {

    private static final double TOLERANCE = 2e-5;

    private static List<JsonObject> examples(Path model) throws IOException {
        List<JsonObject> examples = new ArrayList<>();
        TestModels.reference(model, "forward.json").getAsJsonArray("examples").forEach(example -> examples.add(example.getAsJsonObject()));
        return examples;
    }

    static Batch batch(List<JsonObject> examples) {
        return Batch.of(examples.stream().map(example -> ints(example, "input_ids")).toList(),
                examples.stream().map(example -> ints(example, "token_type_ids")).toList());
    }

    private static int[] ints(JsonObject example, String name) {
        return example.has(name) ? example.getAsJsonArray(name).asList().stream().mapToInt(JsonElement::getAsInt)
                .toArray() : new int[0];
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#tinyModels")
    void oneSequenceAtATime(Path model, String kernels) throws IOException {
        for (JsonObject example : examples(model)) {
            check(model, kernels, List.of(example));
        }
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#tinyModels")
    void allSequencesInOneBatch(Path model, String kernels) throws IOException {
        check(model, kernels, examples(model));
    }

    private static void check(Path model, String kernelsName, List<JsonObject> examples) {
        Kernels kernels = KernelChoice.choose(kernelsName);
        try (FlatFile file = ModelFiles.open(model); Parallel parallel = new Parallel(2)) {
            ModelConfig config = ModelConfig.of(file);
            Encoder encoder = Encoder.load(file, config, kernels);
            Head head = Head.load(file, config.architecture().head(config, file.labels().size()), encoder, kernels);
            Workspace workspace = new Workspace(parallel);
            Trace trace = new Trace();
            Batch batch = batch(examples);
            Positions read = head.positions(batch);
            Matrix logits = head.forward(encoder.forward(batch, read, workspace, trace), batch, workspace, trace);
            Matrix untraced = head.forward(encoder.forward(batch, read, workspace, Trace.NONE), batch, workspace,
                    Trace.NONE);
            for (int s = 0; s < examples.size(); s++) {
                JsonObject example = examples.get(s);
                assertClose(logits, s, 1, example.getAsJsonArray("logits"));
                assertClose(untraced, s, 1, example.getAsJsonArray("logits"));
                JsonArray hiddenStates = example.getAsJsonArray("hidden_states");
                for (int depth = 0; depth < hiddenStates.size(); depth++) {
                    assertClose(trace.hiddenStates(depth), batch.start(s), batch.length(s),
                            hiddenStates.get(depth).getAsJsonArray());
                }
                JsonArray attentions = example.getAsJsonArray("attentions");
                for (int block = 0; block < attentions.size(); block++) {
                    Matrix probabilities = trace.attentionProbabilities(block, s);
                    assertClose(probabilities, 0, probabilities.rows(), attentions.get(block).getAsJsonArray());
                }
            }
        }
    }

    private static void assertClose(Matrix matrix, int firstRow, int rows, JsonArray expected) {
        assertThat(expected).hasSize(rows * matrix.columns());
        for (int i = 0; i < expected.size(); i++) {
            float found = matrix.get(firstRow + i / matrix.columns(), i % matrix.columns());
            assertThat((double) found).isCloseTo(expected.get(i).getAsDouble(), within(TOLERANCE));
        }
    }
}
