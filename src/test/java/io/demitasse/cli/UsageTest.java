package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Wrong usage ends with exit code 2 and one line that shows the way to the help. */
class UsageTest {

    static Stream<Arguments> wrong() {
        return Stream.of(
                wrong("clasify", "'clasify'"),
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
    void helpIsAResult() {
        assertThat(Run.of("classify", "--help").succeeds().out())
                .contains("Usage: demitasse classify", "--model", "--threads", "--kernels", "auto", "plain");
    }
}
