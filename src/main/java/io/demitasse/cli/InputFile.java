package io.demitasse.cli;

import io.demitasse.file.GzipStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;

/**
 * A file of texts or of JSON lines, known by its name.
 *
 * @param json whether a line of it is JSON, and not a text
 * @param gzip whether it is compressed
 * @param results the name of the file of its results: its own, but for .jsonl in place of .txt or of nothing
 */
record InputFile(Path path, boolean json, boolean gzip, String results) {

    private static final String GZIP = ".gz";
    private static final String JSON_LINES = ".jsonl";

    /**
     * What tells a file from another, and from itself before it was changed.
     *
     * @param modified when, as precisely as the file system knows
     */
    record State(long bytes, String modified) {
    }

    /**
     * @param jsonl whether it holds JSON lines whatever its name
     * @throws IllegalArgumentException if nobody knows what is in a file of that name
     */
    static InputFile of(Path path, boolean jsonl) {
        String name = String.valueOf(path.getFileName());
        boolean gzip = name.toLowerCase(Locale.ROOT).endsWith(GZIP);
        String plain = gzip ? name.substring(0, name.length() - GZIP.length()) : name;
        int dot = plain.lastIndexOf('.');
        String kind = dot < 0 ? "" : plain.substring(dot).toLowerCase(Locale.ROOT);
        boolean json = jsonl || kind.equals(JSON_LINES) || kind.equals(".ndjson");
        if (!json && !kind.isEmpty() && !kind.equals(".txt")) {
            throw new IllegalArgumentException(path + ": what is in it? The name of a file of texts, one a line, ends in .txt,"
                    + " that of JSON lines in .jsonl, both also with .gz behind; with --jsonl it is JSON lines in any case");
        }
        return new InputFile(path, json, gzip, (dot < 0 ? plain : plain.substring(0, dot)) + JSON_LINES
                + (gzip ? GZIP : ""));
    }

    /** Its content, uncompressed. */
    InputStream open() throws IOException {
        InputStream stream = Files.newInputStream(path);
        return gzip ? new GzipStream(stream) : stream;
    }

    State state() throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            throw new FileSystemException(path.toString(), null, "not a file");
        }
        return new State(attributes.size(), attributes.lastModifiedTime().toString());
    }
}
