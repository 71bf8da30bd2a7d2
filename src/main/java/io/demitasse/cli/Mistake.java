package io.demitasse.cli;

import io.demitasse.Classification;
import io.demitasse.train.Dataset.Example;
import io.demitasse.train.Objective;
import io.demitasse.train.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A text that was taken for something else.
 *
 * @param label what it is: a label, several with {@code |} between them, or a number
 * @param predicted what it was taken for
 * @param score how sure the model was, from 0 to 1; of a number, how far it is off
 * @param pair the second text; null if there is none
 */
record Mistake(String label, String predicted, float score, String text, @Nullable String pair) {

    /** What is wrong with a result; empty if nothing is. */
    static Optional<Mistake> of(Example example, Classification result, List<String> labels, Objective objective) {
        if (example.target() instanceof Target.Label label) {
            return result.labelId() == label.label() ? Optional.empty() : Optional.of(new Mistake(
                    labels.get(label.label()), result.label(), result.score(), example.text(), example.pair()));
        }
        float[] expected = ((Target.Numbers) example.target()).values();
        return objective == Objective.REGRESSION ? Optional.of(ofNumbers(expected, result.logits(), example))
                : Optional.ofNullable(ofLabels(expected, result.logits(), example, labels));
    }

    private static @Nullable Mistake ofLabels(float[] expected, float[] logits, Example example, List<String> labels) {
        List<String> found = new ArrayList<>();
        List<String> right = new ArrayList<>();
        double sure = 0;
        for (int i = 0; i < logits.length; i++) {
            if (logits[i] > 0) {
                found.add(labels.get(i));
            }
            if (expected[i] > 0.5f) {
                right.add(labels.get(i));
            }
            if (logits[i] > 0 != expected[i] > 0.5f) {
                sure = Math.max(sure, 1 / (1 + Math.exp(-Math.abs(logits[i]))));
            }
        }
        return sure == 0 ? null : new Mistake(String.join("|", right), String.join("|", found), (float) sure,
                example.text(), example.pair());
    }

    private static Mistake ofNumbers(float[] expected, float[] found, Example example) {
        double squares = 0;
        for (int i = 0; i < found.length; i++) {
            squares += Math.pow((double) found[i] - expected[i], 2);
        }
        return new Mistake(numbers(expected), numbers(found), (float) Math.sqrt(squares), example.text(),
                example.pair());
    }

    private static String numbers(float[] values) {
        String[] texts = new String[values.length];
        Arrays.setAll(texts, i -> String.format(Locale.ROOT, "%.4f", values[i]));
        return Arrays.stream(texts).collect(Collectors.joining("|"));
    }
}
