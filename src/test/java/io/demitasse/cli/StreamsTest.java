package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.demitasse.TestModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What goes in and out, and when. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class StreamsTest {

    private static final byte[] LINE = "{\"input_ids\":[1,2,3]}\n".getBytes(StandardCharsets.UTF_8);

    private static ProcessBuilder classify() {
        return Run.process("classify", "--jsonl", "--model", Run.TINY, "--kernels", "plain");
    }

    @Test
    void aLineIsAnsweredWhenItIsThere() throws IOException {
        Process process = classify().redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (OutputStream in = process.getOutputStream(); BufferedReader out = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < 3; i++) {
                in.write(LINE);
                in.flush();
                assertThat(out.readLine()).endsWith("\t[1, 2, 3]");
            }
            in.close();
            assertThat(out.readLine()).isNull();
            assertThat(Run.exit(process)).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void whoeverHasReadEnoughHearsNoComplaint(@TempDir Path folder) throws IOException {
        Path input = Files.write(folder.resolve("in"), new String(LINE, StandardCharsets.UTF_8).repeat(20_000)
                .getBytes(StandardCharsets.UTF_8));
        Path error = folder.resolve("err");
        Process process = classify().redirectInput(input.toFile()).redirectError(error.toFile()).start();
        try (BufferedReader out = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(out.readLine()).endsWith("\t[1, 2, 3]");
        }

        assertThat(Run.exit(process)).isEqualTo(141);
        assertThat(error).isEmptyFile();
    }

    @Test
    void aFullDiskIsAFailure(@TempDir Path folder) throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full), "needs /dev/full");
        Path error = folder.resolve("err");
        for (String[] arguments : new String[][] {{"info", Run.TINY}, {"--help"}, {"help", "train"}, {"--version"}}) {
            Process process = Run.process(arguments).redirectOutput(full.toFile()).redirectError(error.toFile()).start();

            assertThat(Run.exit(process)).as(arguments[0]).isEqualTo(1);
            assertThat(error).hasContent("demitasse: cannot write to stdout: No space left on device");
        }
    }

    @Test
    void blankLinesAreCountedNotClassified(@TempDir Path folder) {
        String model = TestModels.tinyWithWords(folder.resolve("words.flat")).toString();
        Run run = Run.withInput("good\n\n \t\nbad\n\n", "classify", "--model", model, "--kernels", "plain");

        assertThat(run.exit()).isZero();
        assertThat(run.out().lines()).hasSize(2);
        assertThat(run.err()).isEqualTo("demitasse: 3 blank lines of stdin were skipped\n");
    }

    @Test
    void onlyALineFeedEndsALine() {
        String out = tokens("a\rb\u2028c\u0085d\r\ne\r").succeeds().out();

        assertThat(out.split("\n")).hasSize(2);
        assertThat(out).contains("\"a\",\"b\",\"cd\"", "\"e\"");
    }

    @Test
    void aByteOrderMarkIsNoLetter() {
        assertThat(tokens("\uFEFFcafe\n").succeeds().out()).contains("\"offsets\":[[0,0],[0,4],[0,0]]");
    }

    private static Run tokens(String input) {
        return Run.withInput(input, "tokenize", "--vocab", Run.VOCABULARY);
    }

    @Test
    void bytesThatAreNotUtf8AreRefusedWithTheirLine(@TempDir Path folder) throws IOException {
        Run run = withBytes(folder, "good\nein Caf\u00E9\ngood\n".getBytes(StandardCharsets.ISO_8859_1))
                .fails(1, "stdin, line 2: not UTF-8: the byte 0xE9 behind \"ein Caf\"");
        assertThat(run.out().lines()).as("what comes before").hasSize(1);
        withBytes(folder, "good\n".getBytes(StandardCharsets.UTF_16)).fails(1, "stdin: is UTF-16, expected UTF-8")
                .printsNothing();
        withBytes(folder, "good\n".getBytes(StandardCharsets.UTF_16LE)).fails(1, "stdin: is UTF-16").printsNothing();
    }

    private static Run withBytes(Path folder, byte[] input) throws IOException {
        Path in = Files.write(folder.resolve("in"), input);
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = Run.process("tokenize", "--vocab", Run.VOCABULARY).redirectInput(in.toFile())
                .redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        return new Run(Run.exit(process), Files.readString(out), Files.readString(err));
    }

    @Test
    void aJsonArrayIsNoJsonLines() {
        Run.withInput("[\n\"a\",\n\"b\"]\n", "tokenize", "--jsonl", "--vocab", Run.VOCABULARY)
                .fails(1, "stdin, line 1: expected a JSON object a line, found the beginning of an array").printsNothing();
    }

    @Test
    void anArgumentThatTheLocaleHasNoLettersForIsRefused() throws IOException {
        assumeTrue(Files.isReadable(Path.of("/proc/self/cmdline")), "needs /proc/self/cmdline");
        Path command = Path.of("/bin/bash");
        assumeTrue(Files.isExecutable(command), "needs bash");
        ProcessBuilder builder = Run.process("tokenize", "--vocab", Run.VOCABULARY);
        List<String> all = new ArrayList<>(List.of(command.toString(), "-c", "\"$@\" $'caf\\303\\251'", "bash"));
        all.addAll(builder.command());
        builder.command(all).environment().put("LC_ALL", "C");
        Process process = builder.redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(Run.exit(process)).as(out).isEqualTo(1);
        assertThat(out).startsWith("demitasse: argument 4 is not US-ASCII, the locale's encoding: set LC_ALL=C.UTF-8");
    }
}
