package io.demitasse.train;

import io.demitasse.train.Dataset.Example;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What in labelled data is likely a mistake, told before the first step instead of found out after the last. */
public final class DataCheck {

    /** A label with less than this share of what an even split would give it. */
    private static final double RARE = 0.5;

    private DataCheck() {
    }

    /**
     * Looks for label imbalance, repeated rows, texts with two labels, and texts shared by training and validation.
     *
     * @param labels the model's labels, by number
     * @return a line for each kind of trouble; empty if there is none
     */
    public static List<String> warnings(List<Example> training, List<Example> validation, List<String> labels) {
        List<String> warnings = new ArrayList<>();
        imbalance(training, labels, warnings);
        repeats(training, labels, warnings);
        shared(training, validation, warnings);
        return warnings;
    }

    private static void imbalance(List<Example> training, List<String> labels, List<String> warnings) {
        if (!(training.get(0).target() instanceof Target.Label)) {
            return;
        }
        int[] counts = new int[labels.size()];
        training.forEach(example -> counts[example.label()]++);
        int rarest = 0;
        int commonest = 0;
        for (int i = 1; i < counts.length; i++) {
            rarest = counts[i] < counts[rarest] ? i : rarest;
            commonest = counts[i] > counts[commonest] ? i : commonest;
        }
        if (counts[rarest] < RARE * training.size() / labels.size()) {
            warnings.add(String.format(Locale.ROOT, "the labels are out of balance: %.1f %% of the training rows are "
                    + "%s, %.1f %% are %s; accuracy then says little, look at F1 and MCC",
                    100.0 * counts[commonest] / training.size(), labels.get(commonest),
                    100.0 * counts[rarest] / training.size(), labels.get(rarest)));
        }
    }

    private static void repeats(List<Example> training, List<String> labels, List<String> warnings) {
        Map<String, Target> targetOf = new HashMap<>();
        Set<String> contradicted = new HashSet<>();
        String repeated = null;
        String contradiction = null;
        int repeats = 0;
        for (Example example : training) {
            Target before = targetOf.putIfAbsent(key(example), example.target());
            if (before == null) {
                continue;
            }
            repeats++;
            repeated = repeated == null ? example.text() : repeated;
            if (!before.equals(example.target())) {
                contradicted.add(key(example));
                contradiction = contradiction == null ? quoted(example.text()) + " is " + name(before, labels) + " and "
                        + name(example.target(), labels) : contradiction;
            }
        }
        if (repeats > 0) {
            warnings.add(repeats + " training rows repeat the text of another, as " + quoted(repeated));
        }
        if (!contradicted.isEmpty()) {
            warnings.add(contradicted.size()
                    + (contradicted.size() == 1 ? " training text has" : " training texts have") + " more than one label: " + contradiction);
        }
    }

    private static void shared(List<Example> training, List<Example> validation, List<String> warnings) {
        Set<String> texts = new HashSet<>();
        training.forEach(example -> texts.add(key(example)));
        List<Example> shared = validation.stream().filter(example -> texts.contains(key(example))).toList();
        if (!shared.isEmpty()) {
            warnings.add(shared.size() + " of " + validation.size() + " validation rows are training rows too, as "
                    + quoted(shared.get(0).text()) + "; what is measured will look better than it is");
        }
    }

    /** What two rows of the same texts have in common. */
    private static String key(Example example) {
        return example.pair() == null ? example.text() : example.text() + "\n\0" + example.pair();
    }

    private static String name(Target target, List<String> labels) {
        return target instanceof Target.Label label ? labels.get(label.label()) : target.toString();
    }

    private static String quoted(String text) {
        return "\"" + Rows.excerpt(text) + "\"";
    }
}
