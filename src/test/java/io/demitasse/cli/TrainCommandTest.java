package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fine-tuning from the command line, on a tiny model that learns to tell good from bad. */
class TrainCommandTest {

    @TempDir
    Path folder;

    private Path train;
    private Path validation;

    /** Texts of a few words; what is good and not "not good" is POSITIVE. */
    static String rows(int count, long seed) {
        Random random = new Random(seed);
        StringBuilder rows = new StringBuilder("sentence\tlabel\n");
        for (int i = 0; i < count; i++) {
            boolean good = random.nextBoolean();
            boolean not = random.nextBoolean();
            rows.append("a ").append("film ".repeat(random.nextInt(3))).append(not ? "not " : "")
                    .append(good ? "good" : "bad").append(" film . ".repeat(random.nextInt(3)).stripTrailing())
                    .append('\t').append(good != not ? "POSITIVE" : "NEGATIVE").append('\n');
        }
        return rows.toString();
    }

    @BeforeEach
    void writeTexts() throws IOException {
        train = Files.writeString(folder.resolve("train.tsv"), rows(200, 1));
        validation = Files.writeString(folder.resolve("validation.tsv"), rows(40, 2));
    }

    private String[] arguments(Path output, String... more) throws IOException {
        Path init = folder.resolve("init.flat");
        if (!Files.exists(init)) {
            TestModels.tinyWithWords(init);
        }
        List<String> arguments = new ArrayList<>(List.of("train", "--init", init.toString(), "--train",
                train.toString(), "--validation", validation.toString(), "--output", output.toString(), "--kernels",
                "plain"));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    @Test
    void learnsAndShowsHow() throws IOException {
        Path output = folder.resolve("new/output");
        Run run = Run.of(arguments(output, "--learning-rate", "2e-3", "--epochs", "4", "--eval-steps", "10"));

        assertThat(run.exit()).as(run.err()).isZero();
        List<String> table = run.out().lines().toList();
        assertThat(table.get(0)).isEqualTo("| training loss | epoch |   step | validation loss | accuracy |");
        // 13 steps an epoch, 52 in all: every tenth and the last.
        assertThat(table).hasSize(2 + 6);
        assertThat(table.get(2))
                .matches("\\| +\\d\\.\\d{4} \\|  0\\.77 \\|     10 \\| +\\d\\.\\d{4} \\| +\\d\\.\\d{4} \\|");
        assertThat(table.get(7)).contains("|  4.00 |     52 |");
        assertThat(run.err()).contains("200 training and 40 validation texts", "training rows repeat",
                "validation rows are training rows too", "best: step ", output.resolve("best.flat").toString());
        try (Stream<Path> files = Files.list(output)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder("model.flat",
                    "best.flat", "checkpoint.flat", "training-log.jsonl", "training.svg");
        }
        List<JsonObject> log = Files.readAllLines(output.resolve("training-log.jsonl")).stream()
                .map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
        assertThat(log).hasSize(52 + 6);
        assertThat(log.get(0).keySet()).containsExactly("step", "epoch", "loss", "learning_rate", "gradient_norm");
        assertThat(log.get(10).keySet()).startsWith("step", "epoch", "training_loss", "validation_loss", "accuracy");
        assertThat(log.get(57).get("validation_loss").getAsDouble())
                .isLessThan(0.5 * log.get(10).get("validation_loss").getAsDouble());
        try (TextClassifier classifier = TextClassifier.load(output.resolve("model.flat"),
                Options.defaults().withKernels("plain"))) {
            assertThat(classifier.classify(List.of("a good film", "a not good film", "a bad film .")))
                    .extracting(Classification::label).containsExactly("POSITIVE", "NEGATIVE", "NEGATIVE");
        }
    }

    @Test
    void drawsAHeadForLabelsThatTheModelHasNot() throws IOException {
        Path data = Files.writeString(folder.resolve("three.jsonl"), """
                {"text": "a good film", "label": "good"}
                {"text": "a bad film", "label": "bad"}
                {"sentence": "a film", "label": "so-so"}
                """);
        train = data;
        validation = data;
        Path output = folder.resolve("output");
        Run run = Run.of(arguments(output, "--epochs", "1", "--labels", "bad,so-so,good"));

        assertThat(run.exit()).as(run.err()).isZero();
        try (TextClassifier classifier = TextClassifier.load(output.resolve("best.flat"))) {
            assertThat(classifier.labels()).containsExactly("bad", "so-so", "good");
        }
    }

    @Test
    void labelsThatAreAllOthersThanTheHeadsAreTheDatas() throws IOException {
        train = Files.writeString(folder.resolve("own.tsv"), "sentence\tlabel\ngood\tpraise\nbad\tcomplaint\n");
        validation = train;
        Path output = folder.resolve("output");
        Run run = Run.of(arguments(output, "--epochs", "1"));

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.err()).contains("a new head is drawn: the labels are [complaint, praise], those of ",
                " are [NEGATIVE, POSITIVE]\n");
        try (TextClassifier classifier = TextClassifier.load(output.resolve("model.flat"))) {
            assertThat(classifier.labels()).containsExactly("complaint", "praise");
        }
    }

    @Test
    void learnsFromATeacher() throws IOException {
        Path teacher = folder.resolve("teacher");
        assertThat(Run.of(arguments(teacher, "--learning-rate", "2e-3", "--epochs", "4")).exit()).isZero();
        // Labels that say the contrary, which only the teacher can set right.
        Files.writeString(train, Files.readString(train).replace("POSITIVE", "?").replace("NEGATIVE", "POSITIVE")
                .replace("?", "NEGATIVE"));
        Path output = folder.resolve("output");
        Run run = Run.of(arguments(output, "--learning-rate", "2e-3", "--epochs", "4", "--teacher",
                teacher.resolve("model.flat").toString(), "--distillation-weight", "1"));

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.out().lines().reduce((a, b) -> b).orElseThrow()).matches(".*\\| +(1\\.0000|0\\.9\\d+) \\|");
        Run foreign = Run.of(arguments(folder.resolve("other"), "--teacher", "weights/sst2-distilbert.flat"));
        assertThat(foreign.exit()).isEqualTo(1);
        assertThat(foreign.err()).contains("its vocabulary or tokenizer is not that of");
    }

    @Test
    void stopsEarly() throws IOException {
        // A learning rate this small changes no accuracy.
        Run run = Run.of(arguments(folder.resolve("output"), "--learning-rate", "1e-12", "--eval-steps", "5",
                "--early-stopping-patience", "3", "--metric-for-best-model", "accuracy"));

        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.err()).contains("stopped early: 3 evaluations");
        assertThat(run.out().lines().count()).isLessThan(2 + 13);
    }

    @Test
    void wrongUsage() throws IOException {
        Path output = folder.resolve("output");
        Run.of(arguments(output, "--learning-rate", "0")).fails(2, "learning rate must be a number above 0, not 0");
        Run.of(arguments(output, "--train-batch-size", "0")).fails(2, "train batch size must be at least 1, not 0");
        Run.of(arguments(output, "--bf16")).fails(1, "bf16 needs the machine kernels");
        Run.of("train", "--init", "x").fails(2, "--train", "--validation", "--output");
        assertThat(output).doesNotExist();
    }

    @Test
    void aDivergingTrainingSaysWhatToChange() throws IOException {
        Run run = Run.of(arguments(folder.resolve("output"), "--learning-rate", "1e30", "--max-grad-norm", "0"));

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err().lines().reduce((a, b) -> b).orElseThrow())
                .matches("demitasse: step \\d+: .*(diverged|validation loss is).*take a lower learning rate.*");
    }

    @Test
    void aBadRowIsNamed() throws IOException {
        Files.writeString(train, "sentence\tlabel\ngood\tPOSITIVE\nbad\tAWFUL\n");

        Run.of(arguments(folder.resolve("output"))).fails(1, train + ", line 3: the label is \"AWFUL\"");
    }
}
