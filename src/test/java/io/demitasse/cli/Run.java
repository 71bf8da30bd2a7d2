package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.TestModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The command line in a JVM of its own, as the launcher starts it; only without the vector module, of which Java would
 * warn on stderr.
 *
 * @param exit the exit code
 * @param out all of stdout
 * @param err all of stderr
 */
record Run(int exit, String out, String err) {

    static final String TINY = TestModels.TINY.toString();
    static final String VOCABULARY = "src/test/resources/wordpiece/vocab.txt";

    /** Runs a command with an empty stdin. */
    static Run of(String... arguments) {
        return withInput("", arguments);
    }

    /** Runs a command with this text on stdin. */
    static Run withInput(String input, String... arguments) {
        try {
            Path folder = Files.createTempDirectory("demitasse");
            Path in = Files.writeString(folder.resolve("in"), input);
            Path out = folder.resolve("out");
            Path err = folder.resolve("err");
            try {
                Process process = process(arguments).redirectInput(in.toFile()).redirectOutput(out.toFile())
                        .redirectError(err.toFile()).start();
                int exit = exit(process);
                return new Run(exit, Files.readString(out), Files.readString(err));
            } finally {
                Files.deleteIfExists(in);
                Files.deleteIfExists(out);
                Files.deleteIfExists(err);
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A command that is still to be started, its streams still pipes. */
    static ProcessBuilder process(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
                "-Ddemitasse.home=" + Path.of("").toAbsolutePath(),
                "-cp", System.getProperty("java.class.path"), Demitasse.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LC_ALL", "C.UTF-8");
        // Java tells on stderr that it has seen them.
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"));
        return builder;
    }

    static int exit(Process process) {
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ended within a minute").isTrue();
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            process.destroyForcibly();
        }
    }

    Run succeeds() {
        assertThat(err).isEmpty();
        assertThat(exit).isZero();
        return this;
    }

    /** Checks that one line on stderr says why it failed, without a stack trace or the name of a Java class. */
    Run fails(int expectedExit, String... parts) {
        assertThat(err).startsWith("demitasse: ").endsWith("\n").doesNotContain("Exception").contains(parts);
        assertThat(err.lines()).as(err).hasSize(1);
        assertThat(exit).as(err).isEqualTo(expectedExit);
        return this;
    }

    Run printsNothing() {
        assertThat(out).isEmpty();
        return this;
    }
}
