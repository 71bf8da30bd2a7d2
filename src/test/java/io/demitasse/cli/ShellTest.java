package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a shell and its terminal get: completion, a manual page, colours. Skips what needs a program that is not here. */
class ShellTest {

    @TempDir
    static Path folder;

    private static Path completion;

    @BeforeAll
    static void generate() throws IOException {
        completion = Files.writeString(folder.resolve("completion"),
                Run.of("generate-completion").succeeds().out());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "cl                       | classify",
        "rer                      | rerank",
        "classify --trunc         | --truncation",
        "rerank --qu              | --query",
        "quantize a b --dtype f3  | ",
        "quantize a b --dtype F3  | F32",
        "tokenize --vocab pom.x   | pom.xml"})
    void bashCompletes(String typed, String completed) throws Exception {
        Path script = Files.writeString(folder.resolve("typed"), """
                source "$1"
                shift
                COMP_WORDS=(demitasse "$@")
                COMP_CWORD=$#
                _complete_demitasse 2> /dev/null
                printf '%s' "${COMPREPLY[*]}"
                """);
        String reply = run(Stream.concat(Stream.of("bash", script.toString(), completion.toString()),
                Stream.of(typed.split(" "))).toList());

        assertThat(reply).isEqualTo(completed == null ? "" : completed);
    }

    /** On a terminal of its own, where a person presses the tabulator. */
    @Test
    void zshCompletes() throws Exception {
        Path script = Files.writeString(folder.resolve("terminal"), """
                zmodload zsh/zpty
                zpty z "TERM=dumb zsh -f -i"
                zpty -w z "autoload -U compinit && compinit -u -d $2; source $1; echo rea''dy"
                zpty -r -m z out "*ready*"
                zpty -w -n z $'demitasse classify --trunc\\t'
                zpty -r -m z out "*--truncation*"
                print -r -- $out
                zpty -d z
                """);
        assertThat(run(List.of("zsh", "-f", script.toString(), completion.toString(), folder.resolve("dump").toString())))
                .contains("classify --truncation");
    }

    @Test
    void theManualPageHasEveryCommandAndOption() throws Exception {
        Path page = Files.writeString(folder.resolve("demitasse.1"), Run.of("generate-man-page").succeeds().out());
        Process man = start(List.of("man", "--warnings", "--local-file", page.toString()), "MANWIDTH", "200");
        String text = new String(man.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(new String(man.getErrorStream().readAllBytes(), StandardCharsets.UTF_8)).isEmpty();
        assertThat(man.waitFor()).isZero();
        assertThat(text).contains("demitasse - DistilBERT in pure Java", "--top-k=N", "--learning-rate=", "EXIT STATUS");
        for (String command : List.of("classify", "train", "serve", "rerank", "similarity")) {
            assertThat(text).containsPattern("(?m)^ +" + command + "$");
        }
        assertThat(text).doesNotContain("@|", "%n", "${", "\\-");
    }

    @Test
    void helpHasColoursOnATerminalAndNoneWhereTheyAreUnwanted() throws Exception {
        String help = Run.process("classify", "--help").command().stream()
                .map(argument -> "'" + argument.replace("'", "'\\''") + "'").collect(Collectors.joining(" "));
        List<String> onATerminal = List.of("script", "-q", "-e", "-c", help, "/dev/null");

        assertThat(run(onATerminal)).contains("\u001B[").contains("--top-k");
        Process without = start(onATerminal, "NO_COLOR", "1");
        assertThat(new String(without.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).contains("--top-k")
                .doesNotContain("\u001B[");
        assertThat(Run.of("classify", "--help").succeeds().out()).contains("--top-k").doesNotContain("\u001B[");
    }

    private static String run(List<String> command) throws Exception {
        Process process = start(command, "TERM", "xterm");
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(out).isZero();
        return out;
    }

    private static Process start(List<String> command, String variable, String value) throws IOException {
        assumeTrue(Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(path -> Files.isExecutable(Path.of(path, command.get(0)))), "needs " + command.get(0));
        ProcessBuilder process = new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.from(
                Path.of("/dev/null").toFile()));
        process.environment().remove("NO_COLOR");
        process.environment().put(variable, value);
        return process.start();
    }
}
