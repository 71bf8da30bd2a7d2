package io.demitasse.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.StrictJson;
import io.demitasse.file.Utf8Lines;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;

/** The rows of a file of labelled texts as they stand there, in one of three formats. */
final class Rows {

    private static final String TEXT = "sentence";
    private static final String LABEL = "label";

    /**
     * One row.
     *
     * @param line where it starts, from 1
     * @param label a name or a number
     */
    record Row(int line, String text, String label) {
    }

    private final Path file;
    private final String content;
    private final List<Row> rows = new ArrayList<>();

    private Rows(Path file, String content) {
        this.file = file;
        this.content = content;
    }

    /** All rows, at least one; the file's name tells its format, TSV if it ends with none of the known endings. */
    static List<Row> read(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "a directory, not a file of labelled texts");
        }
        Rows rows = new Rows(file, Utf8Lines.decode(Files.readAllBytes(file), file.toString()));
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        if (name.endsWith(".csv")) {
            rows.readCsv();
        } else if (name.endsWith(".jsonl") || name.endsWith(".json") || name.endsWith(".ndjson")) {
            rows.readJsonLines();
        } else {
            rows.readTsv();
        }
        if (rows.rows.isEmpty()) {
            throw new IllegalArgumentException(file + ": it has no rows");
        }
        return rows.rows;
    }

    private void readTsv() {
        forEachLine((line, number) -> {
            if (number == 1) {
                if (!line.equals(TEXT + "\t" + LABEL)) {
                    throw bad(file, 1, "expected the header \"sentence<TAB>label\", found \"" + excerpt(line) + "\"");
                }
            } else if (!line.isEmpty()) {
                String[] columns = line.split("\t", -1);
                if (columns.length != 2) {
                    throw bad(file, number, "expected 2 columns, found " + columns.length + ": \"" + excerpt(line)
                            + "\"");
                }
                rows.add(new Row(number, columns[0], columns[1]));
            }
        });
    }

    private void readJsonLines() {
        forEachLine((line, number) -> {
            if (!line.isBlank()) {
                rows.add(jsonRow(line, number));
            }
        });
    }

    /** Only line feeds end a row: other line separators of Unicode may stand in a text. */
    private void forEachLine(BiConsumer<String, Integer> reader) {
        int number = 0;
        for (String line : content.split("\n", -1)) {
            number++;
            reader.accept(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line, number);
        }
    }

    private Row jsonRow(String line, int number) {
        JsonElement json;
        try {
            json = StrictJson.parseLine(line);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ", line " + number + ": " + e.getMessage(), e);
        }
        if (!json.isJsonObject()) {
            throw bad(file, number, "expected a JSON object, found " + excerpt(line));
        }
        JsonObject object = json.getAsJsonObject();
        JsonElement text = object.has(TEXT) ? object.get(TEXT) : object.get("text");
        if (text == null || !text.isJsonPrimitive() || !text.getAsJsonPrimitive().isString()) {
            throw bad(file, number, "expected a string \"sentence\" (or \"text\"), found " + excerpt("" + text));
        }
        JsonElement label = object.get(LABEL);
        if (label == null || !label.isJsonPrimitive() || label.getAsJsonPrimitive().isBoolean()) {
            throw bad(file, number, "expected a string or a number \"label\", found " + excerpt("" + label));
        }
        return new Row(number, text.getAsString(), label.getAsString());
    }

    /** RFC 4180: a field in quotes may hold commas, line ends and, doubled, quotes. */
    private void readCsv() {
        List<String> fields = new ArrayList<>();
        int line = 1;
        int at = 0;
        while (at < content.length()) {
            int start = line;
            fields.clear();
            boolean more = true;
            while (more) {
                StringBuilder field = new StringBuilder();
                if (at < content.length() && content.charAt(at) == '"') {
                    int end = quotedField(at, start, field);
                    line += (int) content.substring(at, end).chars().filter(c -> c == '\n').count();
                    at = end;
                } else {
                    int end = at;
                    while (end < content.length() && ",\r\n".indexOf(content.charAt(end)) < 0) {
                        if (content.charAt(end) == '"') {
                            throw bad(file, start, "a quote stands inside a field that does not begin with one");
                        }
                        end++;
                    }
                    field.append(content, at, end);
                    at = end;
                }
                fields.add(field.toString());
                more = at < content.length() && content.charAt(at) == ',';
                if (more) {
                    at++;
                }
            }
            at = endOfRecord(at, start);
            line++;
            csvRow(start, fields);
        }
        if (content.isEmpty()) {
            csvRow(1, List.of());
        }
    }

    /** Where the field that begins with a quote at {@code at} ends. */
    private int quotedField(int at, int line, StringBuilder field) {
        for (int i = at + 1; i < content.length(); i++) {
            if (content.charAt(i) != '"') {
                field.append(content.charAt(i));
            } else if (i + 1 < content.length() && content.charAt(i + 1) == '"') {
                field.append('"');
                i++;
            } else {
                return i + 1;
            }
        }
        throw bad(file, line, "a quote is opened and never closed");
    }

    private int endOfRecord(int at, int line) {
        if (content.startsWith("\r\n", at)) {
            return at + 2;
        }
        if (at < content.length() && content.charAt(at) != '\n') {
            throw bad(file, line, "expected a comma or a line end behind a field, found \""
                    + excerpt(content.substring(at, content.indexOf('\n', at) < 0 ? content.length()
                            : content.indexOf('\n', at)).strip()) + "\"");
        }
        return at + 1;
    }

    private void csvRow(int line, List<String> fields) {
        if (line == 1) {
            if (!fields.equals(List.of(TEXT, LABEL))) {
                throw bad(file, 1, "expected the header \"sentence,label\", found \""
                        + excerpt(String.join(",", fields)) + "\"");
            }
        } else if (fields.size() == 2) {
            rows.add(new Row(line, fields.get(0), fields.get(1)));
        } else if (!fields.equals(List.of(""))) {
            throw bad(file, line, "expected 2 columns, found " + fields.size() + ": \""
                    + excerpt(String.join(",", fields)) + "\"");
        }
    }

    static IllegalArgumentException bad(Path file, int line, String problem) {
        return new IllegalArgumentException(file + ", line " + line + ": " + problem);
    }

    /** The beginning of a text, in one line. */
    static String excerpt(String text) {
        String start = text.length() <= 60 ? text : text.substring(0, 60) + "...";
        return start.replace("\n", "\\n").replace("\r", "\\r");
    }
}
