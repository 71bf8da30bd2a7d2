package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.demitasse.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands that write replace nothing that is not theirs to replace. */
class OutputFilesTest {

    @TempDir
    Path folder;

    private Path model;
    private byte[] before;

    @BeforeEach
    void makeModel() throws IOException {
        model = TestModels.tinyWithWords(folder.resolve("words.flat"));
        before = Files.readAllBytes(model);
    }

    private Run inspect(Path output) {
        return Run.of("inspect", "a good film", "--output", output.toString(), "--kernels", "plain", "--model",
                model.toString());
    }

    @Test
    void quantizeDoesNotWriteOverItsInput() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link.flat"), model.getFileName());
        for (Path target : new Path[] {model, link}) {
            Run.of("quantize", model.toString(), target.toString(), "--dtype", "f16")
                    .fails(1, target + ": is read, so it cannot be written over").printsNothing();
        }
        assertThat(model).hasBinaryContent(before);
    }

    @Test
    void quantizeDoesNotReplaceAPipe() throws Exception {
        Path pipe = folder.resolve("pipe");
        assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "needs mkfifo");
        Run.of("quantize", model.toString(), pipe.toString(), "--dtype", "f16")
                .fails(1, pipe + ": a device or a pipe, not a file to write").printsNothing();
        assertThat(Files.isRegularFile(pipe)).isFalse();
    }

    @Test
    void aPageReplacesNoModel() throws IOException {
        Path other = Files.copy(model, folder.resolve("other.flat"));
        inspect(model).fails(1, model + ": is read, so it cannot be written over");
        inspect(other).fails(1, other + ": holds something else than a page, and is not replaced");
        assertThat(model).hasBinaryContent(before);
        assertThat(other).hasBinaryContent(before);
    }

    @Test
    void aFullDiskLeavesTheOldPage() throws Exception {
        Path page = folder.resolve("page.html");
        inspect(page).succeeds();
        byte[] old = Files.readAllBytes(page);
        List<String> command = new ArrayList<>(List.of("bash", "-c", "ulimit -f 40; exec \"$@\"", "bash"));
        command.addAll(Run.process("inspect", "a bad film", "--output", page.toString(), "--kernels", "plain", "--model",
                model.toString()).command());
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(command).redirectError(err.toFile()).start();
        assumeTrue(Run.exit(process) != 127, "needs bash");

        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(err).hasContent("demitasse: " + page + ": File too large");
        assertThat(page).hasBinaryContent(old);
    }

    @Test
    void aTrainingDoesNotWriteOverWhatItReads() throws IOException {
        Path data = Files.writeString(folder.resolve("data.tsv"), "sentence\tlabel\ngood\tPOSITIVE\nbad\tNEGATIVE\n");
        Path output = Files.createDirectories(folder.resolve("output"));
        Path best = Files.copy(model, output.resolve("best.flat"), StandardCopyOption.REPLACE_EXISTING);
        Run.of("train", "--init", best.toString(), "--train", data.toString(), "--validation", data.toString(), "--output",
                output.toString()).fails(1, best + ": the training would write over it");
        assertThat(best).hasBinaryContent(before);
    }

    @Test
    void withoutACheckpointNobodyIsToldThatItIsIntact() throws Exception {
        Path data = Files.writeString(folder.resolve("data.tsv"), TrainCommandTest.rows(40, 1));
        Path output = folder.resolve("output");
        List<String> command = new ArrayList<>(List.of("bash", "-c", "ulimit -f 100; exec \"$@\"", "bash"));
        command.addAll(Run.process("train", "--init", model.toString(), "--train", data.toString(), "--validation",
                data.toString(), "--output", output.toString(), "--epochs", "1", "--kernels", "plain").command());
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(command).redirectError(err.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        assumeTrue(Run.exit(process) != 127, "needs bash");

        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(Files.readAllLines(err)).last().asString().startsWith("demitasse: " + output)
                .contains("cannot be written: ").endsWith("make room and begin anew: there is no checkpoint yet");
    }
}
