package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.TestModels;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Batch;
import io.demitasse.model.GradientTrace;
import io.demitasse.model.ModelConfig;
import io.demitasse.model.TrainableModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Eight AdamW steps of a small model with each head, against Hugging Face's own losses in float64. */
class HeadsTrainingTest {

    private static final Path HEADS = Path.of("src/test/resources/heads");
    private static final double TOLERANCE = 1e-4;

    static Stream<String[]> heads() {
        return Stream.of("distilbert", "bert").flatMap(type -> Stream.of("nli", "multilabel", "regression", "ner", "qa")
                .flatMap(head -> TestModels.kernels().stream().map(kernels -> new String[] {type + "-" + head, kernels})));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("heads")
    void everyLossAndGradientNormIsHuggingFaces(String name, String kernels) throws IOException {
        JsonObject reference = JsonParser.parseString(Files.readString(HEADS.resolve(name).resolve("expected.json")))
                .getAsJsonObject().getAsJsonObject("training");
        JsonArray batches = reference.getAsJsonArray("batches");
        try (FlatFile file = ModelFiles.open(HEADS.resolve(name)); Parallel parallel = new Parallel(2)) {
            ModelConfig config = ModelConfig.of(file);
            TrainableModel model = TrainableModel.load(file,
                    config.architecture().head(config, file.labels().size()), KernelChoice.choose(kernels));
            AdamW optimizer = new AdamW(model.parameters(), 0, AdamW::matrices, parallel);
            TrainingStep step = new TrainingStep(model, optimizer, new Workspace(parallel), loss(name), 1);
            for (int i = 0; i < batches.size(); i++) {
                JsonObject batch = batches.get(i).getAsJsonObject();
                JsonObject expected = reference.getAsJsonArray("steps").get(i).getAsJsonObject();
                TrainingStep.Outcome outcome = step.run(batch(batch), targets(name, batch),
                        GradientTrace.withoutDropout(), reference.get("learning_rate").getAsDouble());

                assertThat(outcome.loss()).as("loss of step %d", i)
                        .isCloseTo(expected.get("loss").getAsDouble(), within(TOLERANCE));
                assertThat(outcome.gradientNorm()).as("gradient norm of step %d", i)
                        .isCloseTo(expected.get("grad_norm").getAsDouble(), within(TOLERANCE));
            }
        }
    }

    private static Loss loss(String name) {
        return name.endsWith("multilabel") ? new BinaryCrossEntropy() : name.endsWith("regression")
                ? new MeanSquaredError() : name.endsWith("qa") ? new SpanLoss() : new CrossEntropy(0);
    }

    private static Batch batch(JsonObject batch) {
        List<int[]> ids = arrays(batch.get("input_ids"));
        return batch.has("token_type_ids") ? Batch.of(ids, arrays(batch.get("token_type_ids"))) : Batch.of(ids);
    }

    private static List<Target> targets(String name, JsonObject batch) {
        List<Target> targets = new ArrayList<>();
        if (name.endsWith("qa")) {
            int[] starts = ints(batch.get("start_positions"));
            int[] ends = ints(batch.get("end_positions"));
            for (int i = 0; i < starts.length; i++) {
                targets.add(new Target.Span(starts[i], ends[i]));
            }
            return targets;
        }
        for (JsonElement label : batch.getAsJsonArray("labels")) {
            targets.add(name.endsWith("nli") ? new Target.Label(label.getAsInt())
                    : name.endsWith("ner") ? new Target.TokenLabels(ints(label))
                    : new Target.Numbers(floats(label)));
        }
        return targets;
    }

    private static List<int[]> arrays(JsonElement arrays) {
        return arrays.getAsJsonArray().asList().stream().map(HeadsTrainingTest::ints).toList();
    }

    private static int[] ints(JsonElement array) {
        return array.getAsJsonArray().asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }

    private static float[] floats(JsonElement numbers) {
        JsonArray array = new JsonArray();
        if (numbers.isJsonArray()) {
            array = numbers.getAsJsonArray();
        } else {
            array.add(numbers);
        }
        float[] floats = new float[array.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = array.get(i).getAsFloat();
        }
        return floats;
    }
}
