package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.Classification;
import io.demitasse.TextClassifier;
import io.demitasse.file.FlatFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training and evaluating pairs, several labels, numbers and words from the command line. */
class ObjectivesTest {

    private static final Path HEADS = Path.of("src/test/resources/heads");
    private static final String[] WORDS = {"the", "of", "and", "in", "to", "was", "he", "is"};

    @TempDir
    Path folder;

    private interface Row {
        String of(Random random);
    }

    private Path write(String name, String header, int count, Row row) throws IOException {
        Random random = new Random(3);
        List<String> lines = new ArrayList<>();
        if (!header.isEmpty()) {
            lines.add(header);
        }
        for (int i = 0; i < count; i++) {
            lines.add(row.of(random));
        }
        return Files.write(folder.resolve(name), lines);
    }

    private static String word(Random random) {
        return WORDS[random.nextInt(WORDS.length)];
    }

    private Run train(String head, Path data, String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("train", "--init", HEADS.resolve(head).toString(), "--train",
                data.toString(), "--validation", data.toString(), "--output", folder.resolve("out").toString(),
                "--kernels", "plain", "--learning-rate", "2e-3", "--epochs", "20", "--train-batch-size", "8"));
        arguments.addAll(Arrays.asList(more));
        return Run.of(arguments.toArray(String[]::new));
    }

    private static void refused(Run run, String message) {
        assertThat(run.exit()).as(run.err()).isEqualTo(1);
        assertThat(run.err().lines().reduce((a, b) -> b).orElseThrow()).startsWith("demitasse: ").contains(message);
        assertThat(run.err()).doesNotContain("Exception");
    }

    private JsonObject evaluate(Path data, String... more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("evaluate", "--json", "--kernels", "plain", "--model",
                folder.resolve("out/best.flat").toString(), "--data", data.toString()));
        arguments.addAll(Arrays.asList(more));
        return JsonParser.parseString(Run.of(arguments.toArray(String[]::new)).succeeds().out()).getAsJsonObject();
    }

    private static double measured(Run run, String metric) {
        String line = run.err().lines().filter(text -> text.startsWith("best: step ")).findFirst().orElseThrow();
        assertThat(run.exit()).as(run.err()).isZero();
        return Double.parseDouble(line.replaceFirst(".*" + metric + " (-?\\d\\.\\d+).*", "$1"));
    }

    @Test
    void pairs() throws IOException {
        // Whether both texts are of one word: what neither says alone.
        Path data = write("pairs.tsv", "premise\thypothesis\tlabel", 60, random -> {
            String one = word(random);
            String other = random.nextBoolean() ? one : word(random);
            return one + "\t" + other + "\t" + (one.equals(other) ? "entailment" : "contradiction");
        });
        Run run = train("bert-nli", data);

        assertThat(measured(run, "accuracy")).isGreaterThan(0.8);
        JsonObject found = evaluate(data, "--mistakes", "1");
        assertThat(found.get("accuracy").getAsDouble()).isCloseTo(measured(run, "accuracy"), within(6e-5));
        assertThat(found.get("loss").getAsDouble()).isCloseTo(measured(run, "validation loss"), within(6e-5));
        try (FlatFile file = FlatFile.open(folder.resolve("out/best.flat"))) {
            assertThat(file.labels()).containsExactly("contradiction", "neutral", "entailment");
            assertThat(file.config().get("problem_type").getAsString()).isEqualTo("single_label_classification");
        }
    }

    @Test
    void severalLabels() throws IOException {
        Path data = write("several.tsv", "text\tlabels", 60, random -> {
            String text = word(random) + " " + word(random);
            return text + "\t" + (text.contains("the") ? "x" : "") + (text.contains("the") && text.contains("of") ? "|" : "")
                    + (text.contains("of") ? "y" : "");
        });
        Run run = train("distilbert-nli", data, "--problem-type", "multi_label_classification", "--labels", "x,y");

        assertThat(run.out().lines().findFirst().orElseThrow()).endsWith("| F1 micro |");
        assertThat(measured(run, "F1 micro")).isGreaterThan(0.8);
        JsonObject found = evaluate(data);
        assertThat(found.get("f1_micro").getAsDouble()).isCloseTo(measured(run, "F1 micro"), within(6e-5));
        assertThat(found.getAsJsonObject("f1_by_label").keySet()).containsExactly("x", "y");
        String text = Run.of("evaluate", "--kernels", "plain", "--model", folder.resolve("out/best.flat").toString(),
                "--data", data.toString()).succeeds().out();
        assertThat(text).contains("subset_accuracy  ", "by label (precision, recall, F1)");
        try (TextClassifier classifier = TextClassifier.load(folder.resolve("out/best.flat"))) {
            Classification result = classifier.classify("the of");
            for (int i = 0; i < 2; i++) {
                assertThat((double) result.probabilities()[i]).isCloseTo(1 / (1 + Math.exp(-result.logits()[i])),
                        within(1e-6));
            }
        }
    }

    @Test
    void numbers() throws IOException {
        Path data = write("numbers.csv", "sentence1,sentence2,score", 40, random -> {
            int one = random.nextInt(WORDS.length);
            return WORDS[one] + "," + word(random) + "," + (one / 2.0 - 1.5);
        });
        Run run = train("bert-nli", data, "--problem-type", "regression");

        assertThat(run.err()).contains("regression, numbers [LABEL_0]");
        assertThat(measured(run, "Pearson")).isGreaterThan(0.9);
        JsonObject found = evaluate(data, "--mistakes", "2");
        assertThat(found.get("pearson").getAsDouble()).isCloseTo(measured(run, "Pearson"), within(6e-5));
        assertThat(found.get("mse").getAsDouble()).isCloseTo(found.get("loss").getAsDouble(), within(1e-12));
        assertThat(found.getAsJsonArray("mistakes")).hasSize(2);
    }

    @Test
    void words() throws IOException {
        Path data = write("words.jsonl", "", 40, random -> {
            String one = word(random);
            return "{\"tokens\": [\"" + one + "\", \"and\"], \"ner_tags\": [\"" + (one.equals("he") ? "B-PER" : "O")
                    + "\", \"O\"]}";
        });
        Run run = train("bert-nli", data, "--class-weights", "balanced");

        assertThat(run.err()).contains("token classification, labels [O, B-PER]");
        assertThat(measured(run, "F1")).isEqualTo(1);
        JsonObject found = evaluate(data);
        assertThat(found.get("f1").getAsDouble()).isEqualTo(1);
        assertThat(found.get("loss").getAsDouble()).isCloseTo(measured(run, "validation loss"), within(6e-5));
    }

    @Test
    void whatDoesNotGoTogether() throws IOException {
        Path texts = Files.writeString(folder.resolve("a.tsv"), "sentence\tlabel\na\t1\nb\t0\n");
        Path words = Files.writeString(folder.resolve("a.jsonl"), "{\"tokens\": [\"a\"], \"ner_tags\": [\"O\"]}\n");
        refused(train("bert-regression", texts, "--label-smoothing", "0.1"), "label smoothing is not for regression");
        refused(train("bert-multilabel", texts, "--teacher", HEADS.resolve("bert-multilabel").toString()),
                "a teacher is not for multi label classification");
        refused(train("bert-nli", words, "--problem-type", "regression"), "words with a label each");
        refused(train("bert-nli", texts, "--problem-type", "token_classification"), texts + " has texts");
        refused(train("bert-cross-sigmoid", texts), "one label and its config no problem_type");
        refused(train("bert-nli", texts, "--metric-for-best-model", "pearson"),
                "the metric for the best model is pearson");
        refused(train("bert-nli", texts, "--class-weights", "1,2"), "class weights must be 3 numbers");
        refused(train("bert-nli", texts, "--class-weights", "balanced"), "no training row has the label entailment");
        refused(Run.of("evaluate", "--model", HEADS.resolve("bert-ner").toString(), "--data", texts.toString()),
                "which is not for a BertForTokenClassification");
        assertThat(folder.resolve("out")).doesNotExist();
    }
}
