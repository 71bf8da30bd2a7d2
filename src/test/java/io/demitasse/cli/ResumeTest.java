package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.TestModels;
import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.FlatFileWriter;
import io.demitasse.file.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training that is killed and resumed ends as if nothing had been; one that is not the same is not resumed. */
class ResumeTest {

    private static final String[] RESULTS = {"model.flat", "best.flat", "checkpoint.flat", "training-log.jsonl",
        "training.svg"};
    private static final int KILLS = 10;

    @TempDir
    static Path shared;

    private static Path init;
    private static Path train;
    private static Path validation;
    /** What an unbroken training gives. */
    private static Path unbroken;

    @TempDir
    Path folder;

    @BeforeAll
    static void trainUnbroken() throws IOException {
        init = withDropout(TestModels.tinyWithWords(shared.resolve("words.flat")), shared.resolve("init.flat"));
        train = Files.writeString(shared.resolve("train.tsv"), TrainCommandTest.rows(200, 1));
        validation = Files.writeString(shared.resolve("validation.tsv"), TrainCommandTest.rows(40, 2));
        unbroken = shared.resolve("unbroken");
        Run run = Run.of(arguments(unbroken, "--threads", "1"));
        assertThat(run.exit()).as(run.err()).isZero();
    }

    private static Path withDropout(Path model, Path target) throws IOException {
        try (FlatFile file = FlatFile.open(model)) {
            JsonObject config = file.config().deepCopy();
            config.addProperty("dropout", 0.1);
            config.addProperty("attention_dropout", 0.1);
            config.addProperty("seq_classif_dropout", 0.2);
            return copy(file, config, file.metadata(), target);
        }
    }

    private static Path copy(FlatFile file, JsonObject config, Map<String, String> metadata, Path target)
            throws IOException {
        FlatFileWriter writer = new FlatFileWriter(config, file.tokenizer(), file.labels(), metadata);
        for (TensorInfo tensor : file.tensors()) {
            if (tensor.dtype() == Dtype.U8) {
                writer.bytes(tensor.name(), file.bytes(tensor.name()));
            } else {
                writer.floats(tensor.name(), tensor.shape(), file.floats(tensor.name()), Dtype.F32);
            }
        }
        writer.write(target);
        return target;
    }

    /** 520 steps, with checkpoints that come before, after and at evaluations. */
    private static String[] arguments(Path output, String... more) {
        List<String> arguments = new ArrayList<>(List.of("train", "--init", init.toString(), "--train",
                train.toString(), "--validation", validation.toString(), "--output", output.toString(), "--kernels",
                "plain", "--learning-rate", "1e-3", "--warmup-ratio", "0.1", "--weight-decay", "0.01", "--epochs", "40",
                "--eval-steps", "25", "--save-steps", "10"));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    private static void assertSameResults(Path output) throws IOException {
        for (String name : RESULTS) {
            assertThat(output.resolve(name)).hasSameBinaryContentAs(unbroken.resolve(name));
        }
        try (var files = Files.list(output)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactlyInAnyOrder(RESULTS);
        }
    }

    private static void killAfter(Path output, long logBytes, String... more) throws Exception {
        Process process = Run.process(arguments(output, more)).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        Path log = output.resolve("training-log.jsonl");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (process.isAlive() && System.nanoTime() < deadline
                && (!Files.exists(log) || Files.size(log) < logBytes)) {
            Thread.sleep(1);
        }
        process.destroyForcibly().waitFor();
        assertThat(process.exitValue()).as("it was killed, it did not end").isEqualTo(137);
    }

    @Test
    void tenKillsAtRandomAndAnyNumberOfThreadsChangeNoByte() throws Exception {
        Path output = folder.resolve("output");
        long bytes = Files.size(unbroken.resolve("training-log.jsonl"));
        Random random = new Random();
        for (int kill = 1; kill <= KILLS; kill++) {
            // Somewhere in this part of the log, and at any moment of a step or of writing a checkpoint.
            long until = (long) (bytes * (kill - random.nextDouble()) / (KILLS + 1));
            killAfter(output, until, "--resume", "--threads", Integer.toString(1 + kill % 3));
        }
        Run last = Run.of(arguments(output, "--resume", "--threads", "2"));

        assertThat(last.exit()).as(last.err()).isZero();
        assertThat(last.err()).contains("resumed after step ");
        assertThat(last.out().lines()).hasSize(2 + 21);
        assertSameResults(output);
    }

    @Test
    void aTrainingThatIsDoneIsResumedToTheSameResult() throws IOException {
        Path output = copyOf(unbroken);
        Files.delete(output.resolve("model.flat"));
        Run run = Run.of(arguments(output, "--resume"));

        assertThat(run.exit()).as(run.err()).isZero();
        assertSameResults(output);
    }

    @Test
    void aCheckpointFromBeforeItSaidWhatIsLearnedIsResumed() throws Exception {
        Path output = folder.resolve("output");
        killAfter(output, Files.size(unbroken.resolve("training-log.jsonl")) / 2);
        Path checkpoint = output.resolve("checkpoint.flat");
        try (FlatFile file = FlatFile.open(checkpoint)) {
            Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
            JsonObject settings = JsonParser.parseString(metadata.get("training_settings")).getAsJsonObject();
            assertThat(settings.remove("objective").getAsString()).isEqualTo("single label classification");
            assertThat(settings.remove("class weights").getAsString()).isEqualTo("none");
            metadata.put("training_settings", settings.toString());
            copy(file, file.config(), metadata, folder.resolve("older.flat"));
        }
        Files.move(folder.resolve("older.flat"), checkpoint, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        refused(checkpoint + ": the training it belongs to has class weights \"none\", this one [1.0,2.0]",
                arguments(output, "--resume", "--class-weights", "1,2"));
        Run run = Run.of(arguments(output, "--resume"));

        assertThat(run.exit()).as(run.err()).isZero();
        assertSameResults(output);
    }

    @Test
    void aFullDiskLeavesTheLastCheckpoint() throws Exception {
        Path output = folder.resolve("output");
        killAfter(output, Files.size(unbroken.resolve("training-log.jsonl")) / 3);
        byte[] before = Files.readAllBytes(output.resolve("checkpoint.flat"));
        List<String> command = new ArrayList<>(List.of("bash", "-c", "ulimit -f 300; exec \"$@\"", "bash"));
        command.addAll(Run.process(arguments(output, "--resume")).command());
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(command).redirectError(err.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        assumeTrue(Run.exit(process) != 127, "needs bash");

        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(Files.readAllLines(err)).last().asString().startsWith("demitasse: " + output.resolve(
                "checkpoint.flat") + ": cannot be written: ").endsWith("the last checkpoint is intact");
        assertThat(output.resolve("checkpoint.flat")).hasBinaryContent(before);
        Run run = Run.of(arguments(output, "--resume"));
        assertThat(run.exit()).as(run.err()).isZero();
        assertSameResults(output);
    }

    @Test
    void whatIsNotTheSameTrainingIsRefused() throws IOException {
        refused(unbroken + ": a training has written here: resume it, or", arguments(unbroken));
        Path checkpoint = unbroken.resolve("checkpoint.flat");
        refused(checkpoint + ": the training it belongs to has label smoothing 0.0, this one 0.1",
                arguments(unbroken, "--resume", "--label-smoothing", "0.1"));
        Path original = train;
        train = Files.writeString(folder.resolve("other.tsv"), TrainCommandTest.rows(200, 3));
        refused(checkpoint + ": the training it belongs to has training data ", arguments(unbroken, "--resume"));
        train = original;
        Path head = init;
        init = Path.of("weights/sst2-distilbert.flat");
        refused(checkpoint + ": the training it belongs to has starting weights ", arguments(unbroken, "--resume"));
        init = head;
    }

    @Test
    void aCheckpointThatIsDamagedOrNoneIsRefused() throws IOException {
        Path output = copyOf(unbroken);
        Path checkpoint = output.resolve("checkpoint.flat");
        byte[] bytes = Files.readAllBytes(checkpoint);
        bytes[bytes.length - 100] ^= 1;
        Files.write(checkpoint, bytes);
        refused(checkpoint + ": tensor optimizer.second_moment.", arguments(output, "--resume"));
        Files.write(checkpoint, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        refused("is it cut off?", arguments(output, "--resume"));
        Files.copy(init, checkpoint, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        refused(checkpoint + ": not a checkpoint", arguments(output, "--resume"));
    }

    /** It says so in the last line, and changes nothing. */
    private static void refused(String message, String[] arguments) throws IOException {
        Run run = Run.of(arguments);
        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.err().lines().toList()).last().asString().startsWith("demitasse: ").contains(message);
        assertThat(run.err()).doesNotContain("Exception");
    }

    private Path copyOf(Path output) throws IOException {
        Path copy = Files.createDirectories(folder.resolve("copy"));
        for (String name : RESULTS) {
            Files.copy(output.resolve(name), copy.resolve(name));
        }
        return copy;
    }
}
