package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Wrong usage ends with exit code 2 and one line that shows the way to the help. */
class UsageTest {

    static Stream<Arguments> wrong() {
        return Stream.of(
                wrong("clasify", "there is no command 'clasify'", "did you mean classify"),
                wrong("classify --jsnol", "'--jsnol'", "did you mean --jsonl"),
                wrong("classify --unlike-anything", "'--unlike-anything'", "put -- before texts"),
                wrong("classify --colour", "--colour", "demitasse classify --help"),
                wrong("classify good --kernels cuda", "\"cuda\"", "auto", "plain"),
                wrong("classify good --threads 0", "threads", "at least 1", "0"),
                wrong("classify good --threads many", "--threads", "'many'"),
                wrong("classify good --jsonl --model " + Run.TINY, "--jsonl", "arguments"),
                wrong("quantize in.flat out.flat --dtype int4", "--dtype", "'int4'", "INT8, F16, F32"),
                wrong("inspect good", "--output", "--json"),
                wrong("inspect good --output page.html --hidden-states", "--hidden-states", "--json"),
                wrong("explain good --method guess", "--method", "'guess'", "LEAVE_ONE_OUT"),
                wrong("evaluate", "--data"),
                wrong("tokenize good --max-length 1", "--max-length", "1", "need 2"),
                wrong("classify good --truncation cut", "--truncation", "'cut'"),
                wrong("classify good --stride 4", "--stride", "--truncation window"),
                wrong("embed good --truncation window --stride -1", "stride", "-1"));
    }

    private static Arguments wrong(String arguments, String... parts) {
        return arguments(arguments, parts);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("wrong")
    void wrongUsage(String arguments, String[] parts) {
        Run.of(arguments.split(" ")).fails(2, parts).printsNothing();
    }

    @Test
    void withoutACommandItShowsWhatThereIs() {
        Run run = Run.of();

        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).contains("Usage: demitasse", "classify", "tokenize", "embed", "evaluate", "inspect", "explain", "quantize",
                "info", "doctor");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void aTextThatBeginsWithADash() {
        Run.of("classify", "-5 degrees").fails(2, "'-5 degrees' begins with a dash", "demitasse classify -- '");
        assertThat(tokens("--", "- 5")).contains("\"-\",\"5\"");
    }

    @Test
    void aTextThatBeginsWithAnAtSignIsNotAFile() {
        assertThat(tokens("@/etc/hosts")).contains("\"@\",\"/\"");
        assertThat(tokens("--", "@/etc/hosts")).contains("\"@\",\"/\"");
    }

    private static String tokens(String... texts) {
        List<String> arguments = new ArrayList<>(List.of("tokenize", "--vocab", Run.VOCABULARY));
        arguments.addAll(List.of(texts));
        return Run.of(arguments.toArray(String[]::new)).succeeds().out();
    }

    /** The one command that a line names is made alone; "help" makes all. */
    @Test
    void aCommandMadeAloneIsTheSame() {
        assertThat(Commands.names()).contains("classify", "help", "tag", "similarity").allSatisfy(name -> {
            String help = Run.of("help", name).succeeds().out();
            assertThat(help).contains("Usage: demitasse " + name + " ");
            assertThat(Run.of(name, "--help").succeeds().out()).isEqualTo(help);
            assertThat(Run.of("--debug", name, "--help").succeeds().out()).isEqualTo(help);
        });
    }

    @Test
    void helpIsACommandToo() {
        assertThat(Run.of("help", "evaluate").succeeds().out()).isEqualTo(Run.of("evaluate", "--help").out())
                .contains("Usage: demitasse evaluate").doesNotContain(" the\nexpected");
        assertThat(Run.of("help").succeeds().out()).contains("Usage: demitasse", "classify");
    }

    /** A paragraph that is broken before its width is would be broken twice where the terminal is narrow. */
    @Test
    void helpIsBrokenOnce() {
        for (String command : List.of("classify", "tokenize", "evaluate", "train")) {
            List<String> lines = Run.of("help", command).succeeds().out().lines().toList();
            for (int i = lines.lastIndexOf("") + 1; i < lines.size() - 1; i++) {
                String next = lines.get(i + 1).split(" ")[0];
                assertThat(lines.get(i).length() + next.length()).as(command + ": " + lines.get(i))
                        .isGreaterThanOrEqualTo(lines.get(i).endsWith(".") ? 0 : 79);
            }
        }
    }

    @Test
    void helpIsAResult() {
        assertThat(Run.of("classify", "--help").succeeds().out())
                .contains("Usage: demitasse classify", "--model", "--threads", "--kernels", "auto", "plain");
    }
}
