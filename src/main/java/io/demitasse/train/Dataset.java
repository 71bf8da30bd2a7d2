package io.demitasse.train;

import io.demitasse.train.Rows.Row;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Labelled texts, one a row, in UTF-8. The file's name tells the format:
 * <ul>
 * <li>{@code .csv}: the header {@code sentence,label}, quoting as in RFC 4180;
 * <li>{@code .jsonl}: an object with {@code "sentence"} (or {@code "text"}) and {@code "label"} a line;
 * <li>anything else: TSV, the header {@code sentence<TAB>label}, nothing quoted.
 * </ul>
 * A label is a name or a number.
 */
public final class Dataset {

    private static final String NUMBER = "\\d{1,9}";

    /**
     * A text, or a pair of texts, and what is to be learned of it.
     *
     * @param pair the second text; null if there is but one
     */
    public record Example(String text, @Nullable String pair, Target target) {

        /** A text with the number of its label. */
        public Example(String text, int label) {
            this(text, null, new Target.Label(label));
        }

        /** The number of the label, where labels exclude each other. */
        public int label() {
            return Loss.as(Target.Label.class, target).label();
        }
    }

    private Dataset() {
    }

    /**
     * Reads a file.
     *
     * @param labels the model's labels, by number
     * @throws IllegalArgumentException if a row is not as it should be; the message names file and line
     * @throws IOException if the file cannot be read
     */
    public static List<Example> read(Path file, List<String> labels) throws IOException {
        List<Example> examples = new ArrayList<>();
        for (Row row : Rows.read(file)) {
            examples.add(new Example(row.text(), label(file, row, labels)));
        }
        return examples;
    }

    private static int label(Path file, Row row, List<String> labels) {
        int label = labels.indexOf(row.label());
        if (label < 0 && row.label().matches(NUMBER)) {
            label = Integer.parseInt(row.label());
        }
        if (label < 0 || label >= labels.size()) {
            throw Rows.bad(file, row.line(), "the label is \"" + Rows.excerpt(row.label()) + "\", not one of " + labels
                    + " or a number from 0 to " + (labels.size() - 1));
        }
        return label;
    }

    /**
     * The labels that a file's rows have, for a model that has none yet: names in alphabetical order, or, where every
     * label is a number, {@code LABEL_0} up to the largest.
     *
     * @throws IllegalArgumentException if a row is not as it should be or has an empty label, or there are fewer than 2
     *     labels
     * @throws IOException if the file cannot be read
     */
    public static List<String> labels(Path file) throws IOException {
        TreeSet<String> found = new TreeSet<>();
        for (Row row : Rows.read(file)) {
            if (row.label().isBlank()) {
                throw Rows.bad(file, row.line(), "the label is empty");
            }
            found.add(row.label());
        }
        List<String> labels = List.copyOf(found);
        if (found.stream().allMatch(label -> label.matches(NUMBER))) {
            int largest = found.stream().mapToInt(Integer::parseInt).max().orElseThrow();
            if (largest > 10 * found.size()) {
                throw new IllegalArgumentException(file + ": the labels are numbers up to " + largest + ", but only "
                        + found.size() + " of them occur: number them from 0");
            }
            labels = IntStream.rangeClosed(0, largest).mapToObj(i -> "LABEL_" + i).toList();
        }
        if (labels.size() < 2) {
            throw new IllegalArgumentException(file + ": every row has the label " + found.first()
                    + ", so there is nothing to learn");
        }
        return labels;
    }
}
