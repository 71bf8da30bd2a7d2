package io.demitasse.train;

import com.google.gson.JsonPrimitive;
import io.demitasse.train.Rows.Row;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the labels of rows as what is to be learned. */
final class Labels {

    private static final String NUMBER = "\\d{1,9}";
    private static final Pattern BETWEEN = Pattern.compile("\\|");

    private final Path file;
    private final List<String> labels;

    Labels(Path file, List<String> labels) {
        this.file = file;
        this.labels = labels;
    }

    /** @throws IllegalArgumentException if the label is not one; the message names file and line */
    Target target(Row row, Objective objective) {
        return switch (objective) {
            case SINGLE_LABEL_CLASSIFICATION -> {
                if (row.list() != null) {
                    throw Rows.bad(file, row.line(), "the label is the list " + Rows.excerpt(row.label())
                            + ": several labels of a text are multi_label_classification");
                }
                yield new Target.Label(number(row, row.label()));
            }
            case MULTI_LABEL_CLASSIFICATION -> new Target.Numbers(indicators(row));
            case REGRESSION -> {
                float[] numbers = numbers(file, row);
                if (numbers.length != labels.size()) {
                    throw Rows.bad(file, row.line(), "expected " + labels.size() + (labels.size() == 1 ? " number"
                            : " numbers") + ", found \"" + Rows.excerpt(row.label()) + "\"");
                }
                yield new Target.Numbers(numbers);
            }
            case TOKEN_CLASSIFICATION -> throw new IllegalArgumentException("labels of tokens are read by TokenDataset");
        };
    }

    private int number(Row row, String name) {
        int label = labels.indexOf(name);
        if (label < 0 && name.matches(NUMBER)) {
            label = Integer.parseInt(name);
        }
        if (label < 0 || label >= labels.size()) {
            throw Rows.bad(file, row.line(), "the label is \"" + Rows.excerpt(name) + "\", not one of " + labels
                    + " or a number from 0 to " + (labels.size() - 1));
        }
        return label;
    }

    /** 1 for each label that a row has, and 0 for the others. */
    private float[] indicators(Row row) {
        float[] indicators = new float[labels.size()];
        if (isOneHot(row)) {
            if (row.list().size() != labels.size()) {
                throw Rows.bad(file, row.line(), "expected " + labels.size() + " numbers, one a label, found "
                        + Rows.excerpt(row.label()));
            }
            for (int i = 0; i < indicators.length; i++) {
                indicators[i] = indicator(row.list().get(i));
            }
            return indicators;
        }
        if (row.list() != null && row.list().size() == labels.size() && !row.list().isEmpty()
                && row.list().stream().allMatch(value -> indicator(value) >= 0)) {
            throw Rows.bad(file, row.line(), Rows.excerpt(row.label()) + " may be labels' numbers or a number for each"
                    + " label: write names, or 0.0 and 1.0");
        }
        for (String name : names(row)) {
            indicators[number(row, name)] = 1;
        }
        return indicators;
    }

    /** The names or numbers of the labels that a row has; none if it has none. */
    static List<String> names(Row row) {
        if (row.list() != null) {
            return row.list().stream().map(JsonPrimitive::getAsString).toList();
        }
        return row.label().isBlank() ? List.of() : Arrays.stream(BETWEEN.split(row.label(), -1)).map(String::strip)
                .toList();
    }

    /** Whether a list has a 1 or a 0 for each label, and not labels' numbers: those are whole and all different. */
    static boolean isOneHot(Row row) {
        List<JsonPrimitive> list = row.list();
        if (list == null || list.isEmpty() || !list.stream().allMatch(value -> indicator(value) >= 0)) {
            return false;
        }
        return new HashSet<>(list).size() < list.size()
                || list.stream().anyMatch(value -> value.isBoolean() || value.getAsString().contains("."));
    }

    /** 1 or 0; -1 if it is neither. */
    private static float indicator(JsonPrimitive value) {
        if (value.isBoolean()) {
            return value.getAsBoolean() ? 1 : 0;
        }
        Float number = value.isNumber() ? parse(value.getAsString()) : null;
        return number != null && (number == 0 || number == 1) ? number : -1;
    }

    /** The numbers of a row of a regression. */
    static float[] numbers(Path file, Row row) {
        List<String> texts = row.list() != null ? row.list().stream().map(JsonPrimitive::getAsString).toList()
                : Arrays.stream(BETWEEN.split(row.label(), -1)).map(String::strip).toList();
        float[] numbers = new float[texts.size()];
        for (int i = 0; i < numbers.length; i++) {
            Float number = parse(texts.get(i));
            if (number == null) {
                throw Rows.bad(file, row.line(), "the label is \"" + Rows.excerpt(texts.get(i)) + "\", not a number");
            }
            numbers[i] = number;
        }
        return numbers;
    }

    private static @Nullable Float parse(String text) {
        try {
            // Java's 1f and 0x1p3 are no numbers in data.
            float number = text.matches("[-+0-9.eE]+") ? Float.parseFloat(text) : Float.NaN;
            return Float.isFinite(number) ? number : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
