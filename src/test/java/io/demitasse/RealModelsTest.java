package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withPrecision;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.train.Dataset;
import io.demitasse.train.Dataset.Example;
import io.demitasse.train.LabelMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Real weights, from Hugging Face's format through tools/convert.py, against PyTorch and ONNX Runtime. */
class RealModelsTest {

    private static final String SST2 = "models/sst2-reference";
    private static final String MINILM = "models/minilm-l6";

    private static List<JsonObject> lines(Path jsonLines) throws IOException {
        return Files.readAllLines(jsonLines).stream().map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void logitsEqualPyTorchs(String kernels) throws IOException {
        Path model = TestModels.converted(SST2, "keep");
        List<JsonObject> references = lines(TestModels.shared(SST2 + "/dev-logits.jsonl"));
        try (TextClassifier classifier = TextClassifier.load(model, Options.defaults().withKernels(kernels))) {
            List<Classification> results = classifier.classify(
                    references.stream().map(reference -> reference.get("text").getAsString()).toList());
            for (int i = 0; i < references.size(); i++) {
                assertClose(results.get(i).logits(), references.get(i).getAsJsonArray("logits"), 2e-5);
            }
        }
    }

    @Test
    void accuracyAndLossEqualPyTorchsAndInt8ChangesAtMostTwoLabels() throws IOException {
        Path data = TestModels.shared("data/sst2/dev.tsv");
        List<Classification> half = classifyAll(TestModels.converted(SST2, "keep"), data);
        List<Classification> int8 = classifyAll(TestModels.converted(SST2, "int8"), data);
        LabelMetrics reference = metrics(half, data);
        LabelMetrics quantized = metrics(int8, data);

        assertThat(reference.examples()).isEqualTo(872);
        assertThat(reference.correct()).isEqualTo(753);
        assertThat(reference.loss()).isCloseTo(0.4600334572084717, within(5e-5));
        assertThat(quantized.correct()).isEqualTo(753);
        assertThat(quantized.loss()).isCloseTo(0.4606, within(5e-5));
        long changed = 0;
        for (int i = 0; i < half.size(); i++) {
            changed += half.get(i).labelId() == int8.get(i).labelId() ? 0 : 1;
        }
        assertThat(changed).isLessThanOrEqualTo(2);
    }

    /** On both models: what int8 weights are multiplied with is whole numbers there, and floats in the others. */
    @Test
    void exactActivationsChangeNoLabel() throws IOException {
        Path data = TestModels.shared("data/sst2/dev.tsv");
        assumeThat(KernelChoice.attempts().get(0).reason()).as("the machine kernels").isEmpty();
        for (Path model : List.of(TestModels.DEFAULT, TestModels.converted(SST2, "int8"))) {
            List<Classification> floats = classifyAll(model, data, "vector");
            List<Classification> exact = classifyAll(model, data, "machine");
            for (int i = 0; i < floats.size(); i++) {
                assertThat(exact.get(i).labelId()).as("label of sentence %d", i).isEqualTo(floats.get(i).labelId());
                assertThat(exact.get(i).logits()).as("logits of sentence %d", i)
                        .containsExactly(floats.get(i).logits(), withPrecision(0.01f));
            }
        }
    }

    private static List<Classification> classifyAll(Path model, Path data) throws IOException {
        return classifyAll(model, data, KernelChoice.AUTO);
    }

    private static List<Classification> classifyAll(Path model, Path data, String kernels) throws IOException {
        try (TextClassifier classifier = TextClassifier.load(model, Options.defaults().withKernels(kernels))) {
            return classifier.classify(Dataset.read(data, classifier.labels()).stream().map(Example::text).toList());
        }
    }

    private static LabelMetrics metrics(List<Classification> results, Path data) throws IOException {
        List<Example> examples = Dataset.read(data, List.of("NEGATIVE", "POSITIVE"));
        LabelMetrics metrics = new LabelMetrics(2);
        for (int i = 0; i < results.size(); i++) {
            metrics.add(results.get(i).logits(), examples.get(i).label());
        }
        return metrics;
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void embeddingsOfMiniLmEqualOnnxRuntimes(String kernels) throws IOException {
        Path model = TestModels.converted(MINILM, "keep");
        JsonObject references = JsonParser.parseString(
                Files.readString(TestModels.shared("fixtures/minilm-l6-onnxruntime.json"))).getAsJsonObject();
        try (TextEmbedder encoder = TextEmbedder.load(model, Options.defaults().withKernels(kernels))) {
            for (JsonElement element : references.getAsJsonArray("cases")) {
                JsonObject reference = element.getAsJsonObject();
                List<String> text = List.of(reference.get("text").getAsString());
                assertClose(encoder.embed(text, Pooling.MEAN, true).get(0), reference.getAsJsonArray("embedding"), 1e-5);
                assertClose(encoder.embed(text, Pooling.CLS, false).get(0), reference.getAsJsonArray("cls"), 5e-5);
            }
        }
    }

    @Test
    void theModelInThisProjectTellsGoodFromBad() {
        try (TextClassifier classifier = TextClassifier.load(TestModels.DEFAULT)) {
            List<Classification> results = classifier.classify(List.of("a gorgeous, witty, seductive movie",
                    "the plot is paper-thin and the jokes land with a thud"));
            assertThat(results).extracting(Classification::label).containsExactly("POSITIVE", "NEGATIVE");
            assertThat(results).allSatisfy(result -> assertThat(result.score()).isBetween(0.9f, 1f));
        }
    }

    private static void assertClose(float[] found, JsonArray expected, double tolerance) {
        assertThat(found).hasSize(expected.size());
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i]).isCloseTo(expected.get(i).getAsDouble(), within(tolerance));
        }
    }
}
