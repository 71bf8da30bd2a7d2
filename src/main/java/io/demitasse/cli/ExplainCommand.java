package io.demitasse.cli;

import io.demitasse.study.Explainer;
import io.demitasse.study.Inspector;
import io.demitasse.TextClassifier;
import io.demitasse.study.Attribution;
import io.demitasse.study.Attribution.Method;
import io.demitasse.study.Explanation;
import io.demitasse.study.Word;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(description = "Prints what each word did for the label: bars to the right for it, to the left against it.")
final class ExplainCommand implements Callable<Integer> {

    private static final int BAR = 24;      // characters, on either side
    private static final int WORD = 20;

    @Mixin
    ModelOptions model;

    @Parameters(paramLabel = "TEXT", description = "The text.")
    String text;

    @Option(names = "--label", paramLabel = "NAME", description = "The label to explain; by default the text's own.")
    String label;

    @Option(names = "--method", paramLabel = "NAME", defaultValue = "INTEGRATED_GRADIENTS",
            description = "${COMPLETION-CANDIDATES}; by default ${DEFAULT-VALUE}.")
    Method method;

    @Override
    public Integer call() {
        try (TextClassifier classifier = TextClassifier.load(model.file(), model.options());
                Output output = new Output()) {
            Explainer explainer = new Explainer(classifier.model());
            Explanation explanation = label == null ? explainer.explain(text, EnumSet.of(method))
                    : explainer.explain(new Inspector(classifier.model()).inspect(text), label, EnumSet.of(method));
            Attribution attribution = explanation.attributions().get(0);
            output.line(String.format(Locale.ROOT, "%s\t%.4f", explanation.label(), explanation.probability()));
            output.line("");
            List<Word> words = explanation.tokenization().words();
            bars(output, words, attribution);
            if (words.isEmpty()) {
                output.line("there is no word to explain");
            } else if (!Double.isNaN(attribution.difference())) {
                output.line("");
                output.line(String.format(Locale.ROOT, "with %s in place of every word %s has %.4f; from there to the "
                                + "text its logit changes by %+.4f; the words add up to %+.4f, %.2f %% off, in %d steps",
                        explanation.baseline(), explanation.label(), explanation.baselineProbability(),
                        attribution.difference(), attribution.sum(), 100 * attribution.error(), attribution.steps()));
            }
        }
        return 0;
    }

    private static void bars(Output output, List<Word> words, Attribution attribution) {
        double most = 0;
        for (int word = 0; word < words.size(); word++) {
            most = Math.max(most, Math.abs(attribution.word(word)));
        }
        for (int word = 0; word < words.size(); word++) {
            double value = attribution.word(word);
            int length = most == 0 ? 0 : (int) Math.round(Math.abs(value) / most * BAR);
            String bar = "\u2588".repeat(length);
            String sides = value < 0 ? " ".repeat(BAR - length) + bar + "\u2502" : " ".repeat(BAR) + "\u2502" + bar;
            output.line(String.format(Locale.ROOT, "%" + WORD + "s  %+8.4f  %s", shown(words.get(word).text()), value,
                    sides));
        }
    }

    private static String shown(String word) {
        return word.codePointCount(0, word.length()) <= WORD ? word
                : word.substring(0, word.offsetByCodePoints(0, WORD - 1)) + "\u2026";
    }
}
