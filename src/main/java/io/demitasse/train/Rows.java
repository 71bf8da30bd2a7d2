package io.demitasse.train;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
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
import org.jspecify.annotations.Nullable;

/** The rows of a file of labelled texts as they stand there, in one of three formats. */
final class Rows {

    /**
     * One row.
     *
     * @param line where it starts, from 1
     * @param pair the second text; null if there is one alone
     * @param label a name or a number; a list's JSON if it is a list
     * @param list the elements of a list; null if it is none
     */
    record Row(int line, String text, @Nullable String pair, String label, @Nullable List<JsonPrimitive> list) {
    }

    private final Path file;
    private final String content;
    private final List<Row> rows = new ArrayList<>();
    /** The header of a table; null before it is read. */
    private @Nullable List<String> header;
    private @Nullable Columns columns;

    private Rows(Path file, String content) {
        this.file = file;
        this.content = content;
    }

    /** All rows, at least one; the file's name tells its format, TSV if it ends with none of the known endings. */
    static List<Row> read(Path file) throws IOException {
        Rows rows = new Rows(file, content(file));
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
        for (Row row : rows.rows) {
            if ((row.pair == null) != (rows.rows.get(0).pair == null)) {
                throw bad(file, row.line, "some rows are pairs of texts and some are not");
            }
        }
        return rows.rows;
    }

    /** A file's lines, which line feeds end alone: other line separators of Unicode may stand in a text. */
    static List<String> lines(Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        new Rows(file, content(file)).forEachLine((line, number) -> lines.add(line));
        return lines;
    }

    private static String content(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "a directory, not a file of labelled texts");
        }
        return Utf8Lines.decode(Files.readAllBytes(file), file.toString());
    }

    private void readTsv() {
        forEachLine((line, number) -> {
            if (number == 1) {
                readHeader(List.of(line.split("\t", -1)), "sentence<TAB>label", line);
            } else if (!line.isEmpty()) {
                tableRow(number, List.of(line.split("\t", -1)), line);
            }
        });
    }

    private void readHeader(List<String> names, String usual, String line) {
        try {
            columns = Columns.among(names);
        } catch (IllegalArgumentException e) {
            throw bad(file, 1, "expected a header such as \"" + usual + "\", found \"" + excerpt(line) + "\": "
                    + e.getMessage());
        }
        header = names;
    }

    private void tableRow(int number, List<String> fields, String line) {
        if (fields.size() != header.size()) {
            throw bad(file, number, "expected " + header.size() + " columns, found " + fields.size() + ": \""
                    + excerpt(line) + "\"");
        }
        rows.add(new Row(number, fields.get(header.indexOf(columns.text())),
                columns.pair() == null ? null : fields.get(header.indexOf(columns.pair())),
                fields.get(header.indexOf(columns.label())), null));
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
        Columns keys;
        try {
            keys = Columns.among(object.keySet());
        } catch (IllegalArgumentException e) {
            throw bad(file, number, e.getMessage());
        }
        JsonElement label = object.get(keys.label());
        List<JsonPrimitive> list = null;
        if (label.isJsonArray()) {
            if (!label.getAsJsonArray().asList().stream().allMatch(JsonElement::isJsonPrimitive)) {
                throw bad(file, number, "expected a list of names or numbers \"" + keys.label() + "\", found "
                        + excerpt("" + label));
            }
            list = label.getAsJsonArray().asList().stream().map(JsonElement::getAsJsonPrimitive).toList();
        } else if (!label.isJsonPrimitive() || label.getAsJsonPrimitive().isBoolean()) {
            throw bad(file, number, "expected a string or a number \"" + keys.label() + "\", found "
                    + excerpt("" + label));
        }
        return new Row(number, text(object, keys.text(), number),
                keys.pair() == null ? null : text(object, keys.pair(), number),
                list == null ? label.getAsString() : label.toString(), list);
    }

    private String text(JsonObject object, String key, int number) {
        JsonElement text = object.get(key);
        if (!text.isJsonPrimitive() || !text.getAsJsonPrimitive().isString()) {
            throw bad(file, number, "expected a string \"" + key + "\", found " + excerpt("" + text));
        }
        return text.getAsString();
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
            readHeader(List.copyOf(fields), "sentence,label", String.join(",", fields));
        } else if (!fields.equals(List.of(""))) {
            tableRow(line, List.copyOf(fields), String.join(",", fields));
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
