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
 * Labelled texts or pairs of texts, one a row, in UTF-8. The file's name tells the format:
 * <ul>
 * <li>{@code .csv}: a header such as {@code sentence,label}, quoting as in RFC 4180;
 * <li>{@code .jsonl}: an object such as {@code {"text": "...", "label": "..."}} a line;
 * <li>anything else: TSV, a header such as {@code sentence<TAB>label}, nothing quoted.
 * </ul>
 * A text is called {@code sentence} or {@code text}, a pair {@code sentence1} and {@code sentence2}, {@code premise} and
 * {@code hypothesis} or as in other public data sets. A label is a name or a number; where labels may go together,
 * several with {@code |} between them, or a list; in a regression, a number, or several.
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

    /** {@link #read(Path, List, Objective)} of one label a text. */
    public static List<Example> read(Path file, List<String> labels) throws IOException {
        return read(file, labels, Objective.SINGLE_LABEL_CLASSIFICATION);
    }

    /**
     * Reads a file.
     *
     * @param labels the model's labels, by number
     * @param objective what is to be learned, of texts as wholes
     * @throws IllegalArgumentException if a row is not as it should be; the message names file and line
     * @throws IOException if the file cannot be read
     */
    public static List<Example> read(Path file, List<String> labels, Objective objective) throws IOException {
        Labels reader = new Labels(file, labels);
        List<Example> examples = new ArrayList<>();
        for (Row row : Rows.read(file)) {
            examples.add(new Example(row.text(), row.pair(), reader.target(row, objective)));
        }
        return examples;
    }

    /** {@link #labels(Path, Objective)} of one label a text. */
    public static List<String> labels(Path file) throws IOException {
        return labels(file, Objective.SINGLE_LABEL_CLASSIFICATION);
    }

    /**
     * The labels that a file's rows have, for a model that has none yet: names in alphabetical order, or, where every
     * label is a number, {@code LABEL_0} up to the largest; of a regression, {@code LABEL_0} and so on for its numbers.
     *
     * @throws IllegalArgumentException if a row is not as it should be, one that must have a label has none, or there are
     *     fewer than 2 labels that exclude each other
     * @throws IOException if the file cannot be read
     */
    public static List<String> labels(Path file, Objective objective) throws IOException {
        if (objective == Objective.REGRESSION) {
            Row first = Rows.read(file).get(0);
            return numbered(Labels.numbers(file, first).length - 1);
        }
        TreeSet<String> found = new TreeSet<>();
        for (Row row : Rows.read(file)) {
            if (objective == Objective.MULTI_LABEL_CLASSIFICATION) {
                if (Labels.isOneHot(row)) {
                    return numbered(row.list().size() - 1);
                }
                found.addAll(Labels.names(row));
                continue;
            }
            if (row.label().isBlank()) {
                throw Rows.bad(file, row.line(), "the label is empty");
            }
            found.add(row.label());
        }
        if (found.isEmpty()) {
            throw new IllegalArgumentException(file + ": no row has a label, so there is nothing to learn");
        }
        List<String> labels = List.copyOf(found);
        if (found.stream().allMatch(label -> label.matches(NUMBER))) {
            int largest = found.stream().mapToInt(Integer::parseInt).max().orElseThrow();
            if (largest > 10 * found.size()) {
                throw new IllegalArgumentException(file + ": the labels are numbers up to " + largest + ", but only "
                        + found.size() + " of them occur: number them from 0");
            }
            labels = numbered(largest);
        }
        if (labels.size() < 2 && objective == Objective.SINGLE_LABEL_CLASSIFICATION) {
            throw new IllegalArgumentException(file + ": every row has the label " + found.first()
                    + ", so there is nothing to learn");
        }
        return labels;
    }

    private static List<String> numbered(int largest) {
        return IntStream.rangeClosed(0, largest).mapToObj(i -> "LABEL_" + i).toList();
    }
}
