package io.demitasse.train;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which columns, or keys, of a file of labelled texts hold what: the names that public data sets use. Others are none of
 * its business, such as {@code idx}.
 *
 * @param text the text, or the first of a pair
 * @param pair the second of a pair; null if there is none
 * @param label what is to be learned
 */
record Columns(String text, @Nullable String pair, String label) {

    private static final List<String> TEXTS = List.of("sentence", "text");
    private static final List<List<String>> PAIRS = List.of(List.of("sentence1", "sentence2"),
            List.of("text", "text_pair"), List.of("text1", "text2"), List.of("premise", "hypothesis"),
            List.of("question", "sentence"), List.of("question1", "question2"), List.of("question", "context"),
            List.of("question", "answer"), List.of("query", "document"), List.of("query", "passage"));
    private static final List<String> LABELS = List.of("label", "labels");
    private static final String SCORE = "score";

    /**
     * Finds them among names.
     *
     * @throws IllegalArgumentException if they are not there, or there is more than one way to read them
     */
    static Columns among(Collection<String> names) {
        if (new HashSet<>(names).size() != names.size()) {
            throw new IllegalArgumentException("two columns have one name: " + names);
        }
        List<String> texts = names.stream().filter(Columns::isText).toList();
        List<List<String>> readings = new ArrayList<>();
        if (texts.size() == 1 && TEXTS.contains(texts.get(0))) {
            readings.add(texts);
        }
        PAIRS.stream().filter(pair -> texts.size() == 2 && texts.containsAll(pair)).forEach(readings::add);
        if (readings.size() != 1) {
            throw new IllegalArgumentException("expected one text (" + String.join(" or ", TEXTS) + ") or the two of a"
                    + " pair (" + PAIRS.stream().map(pair -> String.join(" and ", pair))
                    .collect(Collectors.joining(", ")) + "), found " + (texts.isEmpty() ? names : texts));
        }
        List<String> labels = names.stream().filter(LABELS::contains).toList();
        if (labels.isEmpty() && names.contains(SCORE)) {
            labels = List.of(SCORE);
        }
        if (labels.size() != 1) {
            throw new IllegalArgumentException("expected one label (" + String.join(" or ", LABELS) + ", or " + SCORE
                    + "), found " + (labels.isEmpty() ? names : labels));
        }
        List<String> reading = readings.get(0);
        return new Columns(reading.get(0), reading.size() == 1 ? null : reading.get(1), labels.get(0));
    }

    private static boolean isText(String name) {
        return Stream.concat(TEXTS.stream(), PAIRS.stream().flatMap(List::stream)).anyMatch(name::equals);
    }
}
