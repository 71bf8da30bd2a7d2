package io.demitasse.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.StrictJson;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/**
 * Words with a label each, in UTF-8. The file's name tells the format:
 * <ul>
 * <li>{@code .jsonl}: an object such as {@code {"tokens": ["Ada", "writes"], "ner_tags": ["B-PER", "O"]}} a line; the
 * labels are names or numbers, called {@code ner_tags}, {@code tags} or {@code labels};
 * <li>{@code .conll}: a word a line, its label behind the last blank; an empty line ends a text, and lines of
 * {@code -DOCSTART-} are left out.
 * </ul>
 */
public final class TokenDataset {

    private static final String TOKENS = "tokens";
    private static final List<String> TAGS = List.of("ner_tags", "tags", "labels");
    private static final String CONLL = ".conll";
    private static final String OUTSIDE = "O";

    /** Words with the numbers of their labels, as many. */
    public record Words(List<String> words, List<Integer> labels) {
    }

    private record Row(int line, List<String> words, List<String> labels) {
    }

    private TokenDataset() {
    }

    /** Whether a file's name, or its first line, is of this kind; false if it cannot be read. */
    public static boolean isOne(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        if (name.endsWith(CONLL)) {
            return true;
        }
        if (!name.endsWith(".jsonl") && !name.endsWith(".json") && !name.endsWith(".ndjson")) {
            return false;
        }
        try (var lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> !line.isBlank()).findFirst()
                    .map(line -> line.matches(".*\"" + TOKENS + "\"\\s*:\\s*\\[.*")).orElse(false);
        } catch (IOException | java.io.UncheckedIOException e) {
            return false;   // whoever reads it says so
        }
    }

    /**
     * Reads a file.
     *
     * @param labels the model's labels, by number
     * @throws IllegalArgumentException if a row is not as it should be; the message names file and line
     * @throws IOException if the file cannot be read
     */
    public static List<Words> read(Path file, List<String> labels) throws IOException {
        List<Words> all = new ArrayList<>();
        for (Row row : rows(file)) {
            List<Integer> numbers = new ArrayList<>();
            for (String name : row.labels) {
                int number = labels.indexOf(name);
                if (number < 0 && name.matches("\\d{1,9}")) {
                    number = Integer.parseInt(name);
                }
                if (number < 0 || number >= labels.size()) {
                    throw Rows.bad(file, row.line, "the label is \"" + Rows.excerpt(name) + "\", not one of " + labels
                            + " or a number from 0 to " + (labels.size() - 1));
                }
                numbers.add(number);
            }
            all.add(new Words(row.words, numbers));
        }
        return all;
    }

    /**
     * The labels that a file has, for a model that has none yet: {@code O} and then names in alphabetical order, or,
     * where every label is a number, {@code LABEL_0} up to the largest.
     *
     * @throws IllegalArgumentException if a row is not as it should be, or there are fewer than 2 labels
     * @throws IOException if the file cannot be read
     */
    public static List<String> labels(Path file) throws IOException {
        TreeSet<String> found = new TreeSet<>();
        rows(file).forEach(row -> found.addAll(row.labels));
        List<String> labels = new ArrayList<>(found);
        if (labels.remove(OUTSIDE)) {
            labels.add(0, OUTSIDE);
        }
        if (found.stream().allMatch(label -> label.matches("\\d{1,4}"))) {
            labels.clear();
            int largest = found.stream().mapToInt(Integer::parseInt).max().orElse(0);
            for (int i = 0; i <= largest; i++) {
                labels.add("LABEL_" + i);
            }
        }
        if (labels.size() < 2) {
            throw new IllegalArgumentException(file + ": every word has the label " + found.first()
                    + ", so there is nothing to learn");
        }
        return List.copyOf(labels);
    }

    /**
     * Cuts words into tokens, each word by itself, as Hugging Face's tokenizers do with {@code is_split_into_words}. A
     * word's label is that of its first token; the others, and the special tokens, have {@link Target#IGNORED}. What is
     * longer than the model can read is cut off at the end.
     */
    public static List<TokenizedExample> tokenize(List<Words> examples, WordPieceTokenizer tokenizer) {
        return examples.stream().map(words -> tokenize(words, tokenizer)).toList();
    }

    private static TokenizedExample tokenize(Words words, WordPieceTokenizer tokenizer) {
        int[] around = tokenizer.encode("").ids();   // [CLS] and [SEP]
        int most = tokenizer.settings().maxLength();
        int[] ids = new int[most];
        int[] labels = new int[most];
        Arrays.fill(labels, Target.IGNORED);
        int size = 0;
        ids[size++] = around[0];
        for (int word = 0; word < words.words.size(); word++) {
            int[] pieces = tokenizer.encode(words.words.get(word)).ids();
            for (int i = 1; i < pieces.length - 1 && size < most - 1; i++) {
                labels[size] = i == 1 ? words.labels.get(word) : Target.IGNORED;
                ids[size++] = pieces[i];
            }
        }
        ids[size++] = around[around.length - 1];
        return new TokenizedExample(Arrays.copyOf(ids, size), new int[0],
                new Target.TokenLabels(Arrays.copyOf(labels, size)));
    }

    private static List<Row> rows(Path file) throws IOException {
        List<Row> rows = new ArrayList<>();
        boolean conll = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).endsWith(CONLL);
        List<String> words = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        List<String> lines = Rows.lines(file);
        for (int i = 0; i <= lines.size(); i++) {
            String line = i < lines.size() ? lines.get(i) : "";
            if (!conll) {
                if (!line.isBlank()) {
                    rows.add(json(file, i + 1, line));
                }
            } else if (!line.isBlank() && !line.startsWith("-DOCSTART-")) {
                String[] columns = line.strip().split("[ \t]+");
                if (columns.length < 2) {
                    throw Rows.bad(file, i + 1, "expected a word and its label, found \"" + Rows.excerpt(line) + "\"");
                }
                words.add(columns[0]);
                labels.add(columns[columns.length - 1]);
            } else if (!words.isEmpty()) {
                rows.add(new Row(i, List.copyOf(words), List.copyOf(labels)));
                words.clear();
                labels.clear();
            }
        }
        if (rows.isEmpty()) {
            throw new IllegalArgumentException(file + ": it has no rows");
        }
        return rows;
    }

    private static Row json(Path file, int number, String line) {
        JsonElement json;
        try {
            json = StrictJson.parseLine(line);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ", line " + number + ": " + e.getMessage(), e);
        }
        JsonObject object = json.isJsonObject() ? json.getAsJsonObject() : new JsonObject();
        List<String> tags = TAGS.stream().filter(object::has).toList();
        if (!object.has(TOKENS) || tags.size() != 1) {
            throw Rows.bad(file, number, "expected an object with \"tokens\" and one of " + TAGS + ", found "
                    + Rows.excerpt(line));
        }
        List<String> words = texts(file, number, object, TOKENS);
        List<String> labels = texts(file, number, object, tags.get(0));
        if (words.size() != labels.size()) {
            throw Rows.bad(file, number, "there are " + words.size() + " tokens and " + labels.size() + " "
                    + tags.get(0));
        }
        return new Row(number, words, labels);
    }

    private static List<String> texts(Path file, int line, JsonObject object, String key) {
        JsonElement list = object.get(key);
        if (!list.isJsonArray() || !list.getAsJsonArray().asList().stream().allMatch(JsonElement::isJsonPrimitive)) {
            throw Rows.bad(file, line, "expected a list \"" + key + "\", found " + Rows.excerpt("" + list));
        }
        return list.getAsJsonArray().asList().stream().map(JsonElement::getAsString).toList();
    }
}
