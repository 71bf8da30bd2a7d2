package io.demitasse.cli;

import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * What a command works on: its arguments, or stdin line by line, read only as far as it is needed.
 *
 * @param <T> what is made of a text or of a JSON line
 */
abstract class LineInput<T> {

    /** Items that are worked on together. */
    private static final int BATCH = 64;

    @Spec(Spec.Target.MIXEE)
    CommandSpec spec;

    @Parameters(paramLabel = "TEXT", arity = "0..*", description = "The texts; without any, stdin, one a line.")
    List<String> texts = List.of();

    @Option(names = "--jsonl", description = "Read stdin as one JSON string or object a line, an object having the"
            + " fields of the task.")
    boolean jsonl;

    /** A command's work on some items. Prints nothing if it throws IllegalArgumentException. */
    @FunctionalInterface
    interface Worker<T> {
        void work(List<T> items, Output output) throws IOException;
    }

    abstract T ofText(String text);

    /** Throws IllegalArgumentException if the line is not what the command takes. */
    abstract T ofJson(String line);

    /** Whether the command line says what to work on. */
    boolean hasArguments() {
        return !texts.isEmpty();
    }

    /** Why lines of text alone cannot be worked on, or an empty text if they can. */
    String whyNoLines() {
        return "";
    }

    /** Whether there are only a few words to work on. */
    boolean isBrief() {
        return ModelOptions.isBrief(texts);
    }

    /** Hands all items to the worker, some at a time and in order; what it prints goes to stdout. */
    final void forEachBatch(Worker<T> worker) throws IOException {
        try (Output output = new Output()) {
            Batches<T> batches = batches(items -> {
                worker.work(items, output);
                output.flush();
            });
            if (!jsonl) {
                ofWords(batches);
            } else if (hasArguments()) {
                throw TaskCommand.wrongUsage(spec, "--jsonl reads stdin, so texts cannot be arguments as well");
            } else {
                batches.ofStdin(this::ofJson);
            }
        }
    }

    static <T> Batches<T> batches(Batches.Worker<T> worker) {
        return new Batches<>(BATCH, worker);
    }

    /** Works on what is not JSON. */
    void ofWords(Batches<T> batches) throws IOException {
        if (!texts.isEmpty()) {
            batches.ofArguments(texts, this::ofText);
        } else {
            Batches.tellOfBlank(batches.ofStdin(this::ofText), spec);
        }
    }
}
