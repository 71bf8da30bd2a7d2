package io.demitasse.cli;

import io.demitasse.study.Explainer;
import io.demitasse.study.Inspector;
import io.demitasse.TextClassifier;
import io.demitasse.file.WholeFile;
import io.demitasse.study.Attribution.Method;
import io.demitasse.study.Explanation;
import io.demitasse.study.Inspection;
import io.demitasse.study.InspectionJson;
import io.demitasse.study.Page;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(description = "Shows how a text came to its label: every number of the pass, as a page or JSON.")
final class InspectCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Mixin
    ModelOptions model;

    @Parameters(paramLabel = "TEXT", description = "The text.")
    String text;

    @Option(names = "--against", paramLabel = "TEXT", description = "A second text, to be shown beside the first.")
    String against;

    @ArgGroup(multiplicity = "1")
    Target target;

    @Option(names = "--hidden-states", description = "With --json: print the hidden states, too.")
    boolean hiddenStates;

    /** Where it goes. */
    static final class Target {

        @Option(names = "--output", paramLabel = "FILE",
                description = "Write a page that any browser opens, without a network.")
        Path output;

        @Option(names = "--json", description = "Print a JSON object a text.")
        boolean json;
    }

    @Override
    public Integer call() throws IOException {
        if (hiddenStates && !target.json) {
            throw new CommandLine.ParameterException(spec.commandLine(), "--hidden-states goes with --json");
        }
        if (target.output != null) {
            WholeFile.check(target.output, WholeFile.Kind.PAGE, model.file());
        }
        List<String> texts = Stream.of(text, against).filter(each -> each != null).toList();
        try (TextClassifier classifier = TextClassifier.load(model.file(), model.options())) {
            if (target.json) {
                print(classifier, texts);
            } else {
                write(classifier, texts);
            }
        }
        return 0;
    }

    private void print(TextClassifier classifier, List<String> texts) {
        try (Output output = new Output()) {
            String label = null;
            for (String each : texts) {
                Inspection inspection = new Inspector(classifier.model()).inspect(each);
                label = label == null ? label(inspection) : label;
                Explanation explanation = explain(classifier, inspection, label);
                output.stream(writer -> InspectionJson.write(inspection, explanation, hiddenStates, writer));
                output.line("");
            }
        }
    }

    private void write(TextClassifier classifier, List<String> texts) throws IOException {
        Page page = new Page();
        String label = null;
        for (String each : texts) {
            Inspection inspection = new Inspector(classifier.model()).inspect(each);
            label = label == null ? label(inspection) : label;
            page.add(inspection, explain(classifier, inspection, label));
        }
        WholeFile.write(target.output, WholeFile.Kind.PAGE, channel -> {
            OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel));
            page.write(out);
            out.flush();
        });
    }

    /** The first text's label: what words did is only to be compared where it was done for the same label. */
    private static String label(Inspection inspection) {
        return inspection.labels().get(inspection.labelId());
    }

    private static @Nullable Explanation explain(TextClassifier classifier, Inspection inspection, String label) {
        Set<Method> methods = Page.methods(inspection);
        return methods.isEmpty() ? null : new Explainer(classifier.model()).explain(inspection, label, methods);
    }
}
