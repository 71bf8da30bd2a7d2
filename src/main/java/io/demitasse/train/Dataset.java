package io.demitasse.train;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Labelled texts: a header line {@code sentence<TAB>label}, then a text and its label (name or number) a line. */
public final class Dataset {

    /** Spreadsheets like to begin a UTF-8 file with it. */
    private static final String BYTE_ORDER_MARK = "\uFEFF";
    private static final String HEADER = "sentence\tlabel";

    /**
     * One row.
     *
     * @param label the label's number
     */
    public record Example(String text, int label) {
    }

    private Dataset() {
    }

    /**
     * Reads a TSV file in UTF-8.
     *
     * @param labels the model's labels, by number
     * @throws IllegalArgumentException if a row is not as it should be; the message names file and line
     * @throws IOException if the file cannot be read
     */
    public static List<Example> readTsv(Path file, List<String> labels) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "a directory, not a TSV file");
        }
        List<Example> examples = new ArrayList<>();
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        if (text.startsWith(BYTE_ORDER_MARK)) {
            text = text.substring(1);
        }
        int number = 0;
        // Only line feeds end a row: other line separators of Unicode may stand in a text.
        for (String line : text.split("\n", -1)) {
            number++;
            String row = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
            if (number == 1) {
                if (!row.equals(HEADER)) {
                    throw bad(file, 1, "expected the header \"sentence<TAB>label\", found \"" + excerpt(row) + "\"");
                }
            } else if (!row.isEmpty()) {
                examples.add(example(file, number, row, labels));
            }
        }
        if (examples.isEmpty()) {
            throw new IllegalArgumentException(file + ": it has no rows");
        }
        return examples;
    }

    private static Example example(Path file, int number, String row, List<String> labels) {
        String[] columns = row.split("\t", -1);
        if (columns.length != 2) {
            throw bad(file, number, "expected 2 columns, found " + columns.length + ": \"" + excerpt(row) + "\"");
        }
        int label = labels.indexOf(columns[1]);
        if (label < 0 && columns[1].matches("\\d{1,9}")) {
            label = Integer.parseInt(columns[1]);
        }
        if (label < 0 || label >= labels.size()) {
            throw bad(file, number, "the label is \"" + excerpt(columns[1]) + "\", not one of " + labels
                    + " or a number from 0 to " + (labels.size() - 1));
        }
        return new Example(columns[0], label);
    }

    private static IllegalArgumentException bad(Path file, int line, String problem) {
        return new IllegalArgumentException(file + ", line " + line + ": " + problem);
    }

    private static String excerpt(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }
}
