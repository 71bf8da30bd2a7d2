package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.Classification;
import io.demitasse.Options;
import io.demitasse.TestModels;
import io.demitasse.TextClassifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands print when all is well. */
class CommandsTest {

    private static final Path PAIRS = Path.of("src/test/resources/wordpiece/wordpiece-pairs.jsonl");
    private static final Path SINGLES = Path.of("src/test/resources/wordpiece/wordpiece.jsonl");
    private static final String STRANGE = "na\u00EFve \uD83D\uDE00 \u4E2D \u2028 \"film\" \\ <b> \u0000";

    @TempDir
    Path folder;

    private static List<JsonObject> objects(String lines) {
        // Not String.lines(): texts may hold other line separators, which JSON leaves as they are.
        return List.of(lines.split("\n")).stream().map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
    }

    private static List<JsonObject> some(Path file, int first, int count) throws IOException {
        return objects(String.join("\n", Files.readAllLines(file).subList(first, first + count)));
    }

    private static String lines(List<? extends JsonElement> values) {
        return values.stream().map(value -> value + "\n").collect(Collectors.joining());
    }

    @Test
    void tokenizeGivesTheReferenceIdsOfSinglesPairsAndTruncations() throws IOException {
        List<JsonObject> cases = new ArrayList<>(some(SINGLES, 0, 40));
        cases.addAll(some(SINGLES, 500, 40));
        cases.addAll(some(PAIRS, 0, 30));
        cases.addAll(some(PAIRS, 130, 30));
        List<JsonObject> results = objects(
                Run.withInput(lines(cases), "tokenize", "--jsonl", "--vocab", Run.VOCABULARY).succeeds().out());

        assertThat(results).hasSameSizeAs(cases);
        for (int i = 0; i < cases.size(); i++) {
            assertThat(results.get(i).keySet()).containsExactlyElementsOf(cases.get(i).has("pair")
                    ? List.of("ids", "tokens", "offsets", "type_ids") : List.of("ids", "tokens", "offsets"));
            for (String key : results.get(i).keySet()) {
                if (cases.get(i).has(key)) {
                    assertThat(results.get(i).get(key)).as("%s of %s", key, cases.get(i))
                            .isEqualTo(cases.get(i).get(key));
                }
            }
        }
        assertThat(cases).anyMatch(one -> one.has("type_ids")).anyMatch(one -> one.has("max_length"))
                .anyMatch(one -> one.has("tokens"));
    }

    @Test
    void tokenizeTruncatesAtMaxLength() throws IOException {
        List<JsonObject> cases = some(PAIRS, 100, 60).stream()
                .filter(one -> one.get("max_length").getAsInt() == 16).toList();
        List<JsonElement> texts = cases.stream().map(one -> one.get("text")).toList();
        List<JsonObject> results = objects(Run.withInput(lines(texts), "tokenize", "--jsonl", "--max-length", "16",
                "--vocab", Run.VOCABULARY).succeeds().out());

        assertThat(cases).hasSize(20);
        assertThat(results).extracting(result -> result.get("ids"))
                .containsExactlyElementsOf(cases.stream().map(one -> one.get("ids")).toList());
    }

    @Test
    void textsOnStdinComeBackWholeWithTheirResults() throws IOException {
        Path model = TestModels.tinyWithWords(folder.resolve("words.flat"));
        JsonObject text = new JsonObject();
        text.addProperty("text", STRANGE);
        JsonObject result = objects(Run.withInput(text + "\n", "classify", "--jsonl", "--json", "--model",
                model.toString(), "--kernels", "plain").succeeds().out()).get(0);

        assertThat(result.keySet()).containsExactly("text", "label", "score", "scores", "logits", "tokens",
                "truncated", "tokens_cut");
        assertThat(result.get("text").getAsString()).isEqualTo(STRANGE);
        try (TextClassifier classifier = TextClassifier.load(model, Options.defaults().withKernels("plain"))) {
            Classification expected = classifier.classify(STRANGE);
            assertThat(result.get("label").getAsString()).isEqualTo(expected.label());
            assertThat(result.get("score").getAsFloat()).isEqualTo(expected.score());
            assertThat(result.getAsJsonObject("scores").get("POSITIVE").getAsFloat())
                    .isEqualTo(expected.scores().get("POSITIVE"));
            assertThat(result.getAsJsonArray("logits").get(1).getAsFloat()).isEqualTo(expected.logits()[1]);
            assertThat(result.get("tokens").getAsInt()).isEqualTo(expected.tokens());
            assertThat(result.get("truncated").getAsBoolean()).isFalse();
        }
    }

    @Test
    void textsThatAreArgumentsAreALineEach() throws IOException {
        Path model = TestModels.tinyWithWords(folder.resolve("words.flat"));
        String out = Run.of("classify", "--model", model.toString(), "--kernels", "plain", "--threads", "1",
                "na\u00EFve \uD83D\uDE00", "two\nlines\tof text", "").succeeds().out();

        assertThat(out.split("\n")).hasSize(3).allMatch(line -> line.matches("(NEGATIVE|POSITIVE)\t[01]\\.\\d{4}\t.*"));
        assertThat(out).contains("\tna\u00EFve \uD83D\uDE00\n", "\ttwo lines of text\n").endsWith("\t\n");
    }

    @Test
    void textsAreReadAsTheOptionsSay() throws IOException {
        Path model = TestModels.tinyWithWords(folder.resolve("words.flat"));
        List<String> base = List.of("--model", model.toString(), "--kernels", "plain", "bad [SEP] film . ".repeat(20));
        List<JsonObject> results = new ArrayList<>();
        for (String options : List.of("--json", "--json --split-special-tokens",
                "--json --truncation window --stride 10 --aggregation max")) {
            List<String> arguments = new ArrayList<>(List.of("classify"));
            arguments.addAll(List.of(options.split(" ")));
            arguments.addAll(base);
            results.addAll(objects(Run.of(arguments.toArray(String[]::new)).succeeds().out()));
        }

        assertThat(results).extracting(result -> result.get("tokens").getAsInt()).containsExactly(64, 64, 64 + 30);
        assertThat(results).extracting(result -> result.get("tokens_cut").getAsInt()).containsExactly(18, 58, 0);
        assertThat(objects(Run.of("tokenize", "--split-special-tokens", "--vocab", Run.VOCABULARY, "[SEP]").succeeds()
                .out()).get(0).getAsJsonArray("tokens")).hasToString("[\"[CLS]\",\"[\",\"sep\",\"]\",\"[SEP]\"]");
    }

    @Test
    void embedGivesAVectorALine() {
        List<JsonObject> results = objects(Run.withInput("{\"input_ids\":[1,2,3]}\n{\"input_ids\":[4]}\n", "embed",
                "--jsonl", "--normalize", "--pooling", "cls", "--model", Run.TINY, "--kernels", "plain")
                .succeeds().out());

        assertThat(results).hasSize(2);
        for (JsonObject result : results) {
            double squares = 0;
            for (JsonElement number : result.getAsJsonArray("embedding")) {
                squares += number.getAsDouble() * number.getAsDouble();
            }
            assertThat(result.getAsJsonArray("embedding")).hasSize(32);
            assertThat(squares).isCloseTo(1, within(1e-5));
        }
    }

    @Test
    void evaluateCounts() throws IOException {
        Path model = TestModels.tinyWithWords(folder.resolve("words.flat"));
        List<String> texts = List.of("good film", "bad film", "not a good film .", "a bad , bad film", "film",
                "\u4E2D");
        Path data = Files.writeString(folder.resolve("data.tsv"), "sentence\tlabel\n" + texts.stream()
                .map(text -> text + "\t" + (texts.indexOf(text) % 2 == 0 ? "1" : "NEGATIVE") + "\r\n")
                .collect(Collectors.joining()));
        int[][] counts = new int[2][2];
        double loss = 0;
        try (TextClassifier classifier = TextClassifier.load(model, Options.defaults().withKernels("plain"))) {
            for (int i = 0; i < texts.size(); i++) {
                Classification result = classifier.classify(texts.get(i));
                int label = (i + 1) % 2;
                counts[label][result.labelId()]++;
                loss -= Math.log(result.scores().get(label == 1 ? "POSITIVE" : "NEGATIVE")) / texts.size();
            }
        }
        JsonObject result = JsonParser.parseString(Run.of("evaluate", "--json", "--data", data.toString(), "--model",
                model.toString(), "--kernels", "plain").succeeds().out()).getAsJsonObject();

        assertThat(result.keySet()).startsWith("examples", "correct", "loss", "accuracy", "precision", "recall", "f1",
                "mcc", "ece", "confusion");
        assertThat(result.get("examples").getAsInt()).isEqualTo(6);
        assertThat(result.get("correct").getAsInt()).isEqualTo(counts[0][0] + counts[1][1]);
        assertThat(result.get("accuracy").getAsDouble()).isEqualTo((counts[0][0] + counts[1][1]) / 6.0);
        assertThat(result.get("loss").getAsDouble()).isCloseTo(loss, within(1e-5));
        JsonObject confusion = result.getAsJsonObject("confusion");
        assertThat(confusion.keySet()).containsExactly("tp", "fp", "fn", "tn");
        assertThat(confusion.get("tp").getAsInt()).isEqualTo(counts[1][1]);
        assertThat(confusion.get("fp").getAsInt()).isEqualTo(counts[0][1]);
        assertThat(confusion.get("fn").getAsInt()).isEqualTo(counts[1][0]);
        assertThat(confusion.get("tn").getAsInt()).isEqualTo(counts[0][0]);
    }

    @Test
    void evaluateShowsTheMostConfidentMistakes() throws IOException {
        Path model = TestModels.tinyWithWords(folder.resolve("words.flat"));
        Path data = Files.writeString(folder.resolve("data.csv"), """
                sentence,label
                a good film,0
                a good film,1
                bad,0
                bad,1
                "not, good",0
                "not, good",1
                """);
        JsonObject result = JsonParser.parseString(Run.of("evaluate", "--json", "--mistakes", "2", "--data",
                data.toString(), "--model", model.toString(), "--kernels", "plain").succeeds().out()).getAsJsonObject();
        String text = Run.of("evaluate", "--mistakes", "2", "--data", data.toString(), "--model", model.toString(),
                "--kernels", "plain").succeeds().out();

        assertThat(result.get("correct").getAsInt()).isEqualTo(3);
        assertThat(result.get("mcc").getAsDouble()).isCloseTo(0, within(1e-12));
        List<JsonElement> mistakes = result.getAsJsonArray("mistakes").asList();
        assertThat(mistakes).hasSize(2);
        List<Float> scores = new ArrayList<>();
        try (TextClassifier classifier = TextClassifier.load(model, Options.defaults().withKernels("plain"))) {
            for (String one : List.of("a good film", "bad", "not, good")) {
                scores.add(classifier.classify(one).score());
            }
            JsonObject first = mistakes.get(0).getAsJsonObject();
            Classification found = classifier.classify(first.get("text").getAsString());
            assertThat(first.get("predicted").getAsString()).isEqualTo(found.label());
            assertThat(first.get("label").getAsString()).isNotEqualTo(found.label());
        }
        scores.sort(Comparator.reverseOrder());
        assertThat(mistakes).extracting(mistake -> mistake.getAsJsonObject().get("score").getAsFloat())
                .containsExactly(scores.get(0), scores.get(1));
        assertThat(text.lines().toList()).hasSize(12 + 3).last().asString().matches("\\w+\t\\w+\t[01]\\.\\d{4}\t.+");
    }

    @Test
    void quantizePrintsSizesAndTheLargestChange() throws IOException {
        Path target = folder.resolve("half.flat");
        String out = Run.of("quantize", Run.TINY, target.toString(), "--dtype", "f16").succeeds().out();

        assertThat(out.lines()).hasSize(3);
        assertThat(out).contains(String.format(Locale.ROOT, "%s: %,d bytes\n", Run.TINY, Files.size(TestModels.TINY)),
                String.format(Locale.ROOT, "%s: %,d bytes (", target, Files.size(target)), "largest change: ");
        assertThat(Files.size(target)).isLessThan(Files.size(TestModels.TINY));
    }

    @Test
    void infoListsWhatIsInside() {
        String out = Run.of("info", Run.TINY).succeeds().out();

        assertThat(out).contains("parameters  35,266\n", "labels      LABEL_0, LABEL_1\n", "  dim: 32\n",
                "  source: tiny-distilbert\n");
        assertThat(out.lines())
                .anyMatch(line -> line.matches("  classifier\\.weight +F32 +\\[2, 32] +256 bytes at .*"));
    }

    @Test
    void doctorMeasuresAndFindsTheModelIntact() {
        String out = Run.of("doctor", "--model", Run.TINY, "--threads", "1").succeeds().out();

        assertThat(out).containsPattern("plain +works: [0-9.]+ GFLOPS, [0-9.]+ on int8 weights, on 1 thread\n")
                .containsPattern("auto +takes (jblas|plain|vector)\n")
                .contains(Run.TINY + " is intact: 56 tensors, 148,872 bytes");
    }
}
