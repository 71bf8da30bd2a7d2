package io.demitasse.train;

import io.demitasse.train.Dataset.Example;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What in labelled data is likely a mistake, told before the first step instead of found out after the last. */
public final class DataCheck {

    /** A label with less than this share of what an even split would give it. */
    private static final double RARE = 0.5;

    /** What becomes of a missing value in files that programs write. */
    private static final Set<String> MISSING = Set.of("nan", "null", "none", "n/a", "na", "undefined");

    private DataCheck() {
    }

    /**
     * Looks for labels that are likely one, label imbalance, repeated rows, texts with two labels, and texts shared by
     * training and validation.
     *
     * @param labels the model's labels, by number
     * @return a line for each kind of trouble; empty if there is none
     */
    public static List<String> warnings(List<Example> training, List<Example> validation, List<String> labels) {
        List<String> warnings = new ArrayList<>();
        names(labels, warnings);
        imbalance(training, labels, warnings);
        repeats(training, labels, warnings);
        shared(training, validation, warnings);
        return warnings;
    }

    /** Labels that one label may have become by carelessness, or that a table's missing one has. */
    private static void names(List<String> labels, List<String> warnings) {
        Map<String, List<String>> alike = new LinkedHashMap<>();
        for (String label : labels) {
            alike.computeIfAbsent(label.strip().toLowerCase(Locale.ROOT), key -> new ArrayList<>()).add(label);
        }
        alike.forEach((key, names) -> {
            if (names.size() > 1) {
                warnings.add("the labels " + names.stream().map(DataCheck::quoted).collect(Collectors.joining(", "))
                        + " differ by case or blanks alone: are they one?");
            } else if (MISSING.contains(key)) {
                warnings.add("the label " + quoted(names.get(0)) + " looks like one that is missing");
            }
        });
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
                    + (contradicted.size() == 1 ? " training text has" : " training texts have")
                    + " more than one label: " + contradiction);
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
