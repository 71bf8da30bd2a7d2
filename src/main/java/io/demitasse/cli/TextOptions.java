package io.demitasse.cli;

import io.demitasse.Options;
import io.demitasse.Truncation;
import io.demitasse.Truncation.Aggregation;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How texts are read, for the commands that run a model on them. */
final class TextOptions {

    /** The names on the command line. */
    enum Policy {
        TRUNCATE, FAIL, WINDOW
    }

    @Spec(Spec.Target.MIXEE)
    CommandSpec spec;

    @Option(names = "--truncation", paramLabel = "truncate|fail|window", defaultValue = "truncate",
            description = "For a text too long for the model: cut its end off (default), fail, or read it in windows.")
    Policy policy;

    @Option(names = "--stride", paramLabel = "N", description = "How many tokens a window shares with the one before; 0.")
    Integer stride;

    @Option(names = "--aggregation", paramLabel = "mean|max",
            description = "What becomes of the windows' logits or vectors: their mean by tokens (default), or the largest.")
    Aggregation aggregation;

    @Option(names = "--split-special-tokens",
            description = "Take a [SEP] or [MASK] in a text for plain text, not for the special token.")
    boolean splitSpecialTokens;

    /** Throws ParameterException if windows are described but not asked for, or cannot be. */
    Options apply(Options options) {
        if (policy != Policy.WINDOW && (stride != null || aggregation != null)) {
            throw new CommandLine.ParameterException(spec.commandLine(),
                    "--stride and --aggregation need --truncation window");
        }
        return options.withTruncation(truncation()).withSplitSpecialTokens(splitSpecialTokens);
    }

    private Truncation truncation() {
        if (policy != Policy.WINDOW) {
            return policy == Policy.FAIL ? Truncation.FAIL : Truncation.TRUNCATE;
        }
        try {
            return Truncation.window(stride == null ? 0 : stride, aggregation == null ? Aggregation.MEAN : aggregation);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
