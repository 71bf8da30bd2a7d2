package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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

        assertThat(Run.exit(process)).isEqualTo(1);
        assertThat(error).isEmptyFile();
    }

    @Test
    void aFullDiskIsAFailure(@TempDir Path folder) throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full), "needs /dev/full");
        Path error = folder.resolve("err");
        Process process = Run.process("info", Run.TINY).redirectOutput(full.toFile())
                .redirectError(error.toFile()).start();

        assertThat(Run.exit(process)).isEqualTo(1);
        assertThat(error).hasContent("demitasse: cannot write to stdout: No space left on device");
    }
}
