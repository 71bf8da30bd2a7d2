package io.demitasse.cli;

import io.demitasse.file.Utf8Lines;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What a command works on, some at a time and in order, from lines or from arguments. Whatever comes before something bad
 * gets its answer, and the message says where the bad came from.
 */
final class Batches<T> {

    private static final String STDIN = "stdin";
    /** Characters of lines that are worked on together, unless one alone has more: they bound the memory. */
    private static final int CHARACTERS = 1 << 18;

    /** Takes some items; a command's work. Prints nothing if it throws IllegalArgumentException. */
    @FunctionalInterface
    interface Worker<T> {
        void work(List<T> items) throws IOException;
    }

    /** Makes an item of a line, or throws IllegalArgumentException. */
    @FunctionalInterface
    interface Parser<T> {
        T parse(String line);
    }

    private final int size;
    private final Worker<T> worker;
    private final List<T> items = new ArrayList<>();
    /** For each item, what to begin a message about it with. */
    private final List<String> origins = new ArrayList<>();
    private long characters;

    /**
     * @param size how many items are worked on together
     */
    Batches(int size, Worker<T> worker) {
        this.size = size;
        this.worker = worker;
    }

    /** Works on texts that are arguments. */
    void ofArguments(List<String> texts, Parser<T> parser) throws IOException {
        for (int i = 0; i < texts.size(); i++) {
            add(parser.parse(texts.get(i)), texts.size() == 1 ? "" : "text " + (i + 1) + ": ");
        }
        finish();
    }

    /** Works on one item. */
    void ofOne(T item) throws IOException {
        add(item, "");
        finish();
    }

    /**
     * Works on stdin line by line.
     *
     * @return how many lines were blank, which are skipped
     */
    int ofStdin(Parser<T> parser) throws IOException {
        try (Progress progress = Progress.open("texts", -1)) {
            return ofLines(System.in, STDIN, parser, progress);
        }
    }

    /**
     * Works on a stream line by line, read only as far as it is needed, and closes it. Blank lines are skipped.
     *
     * @param name what messages call it
     * @return how many were blank
     */
    int ofLines(InputStream stream, String name, Parser<T> parser, Progress progress) throws IOException {
        int blank = 0;
        try (Utf8Lines lines = new Utf8Lines(stream, name)) {
            while (true) {
                String line;
                try {
                    line = lines.next();
                } catch (IllegalArgumentException e) {
                    finish();
                    throw e;
                } catch (IOException e) {
                    throw new IllegalArgumentException(name + ", line " + (lines.number() + 1) + ": " + e.getMessage(), e);
                }
                if (line == null) {
                    progress.step(finish());
                    return blank;
                }
                if (line.isBlank()) {
                    blank++;
                } else {
                    characters += line.length();
                    progress.step(addLine(line, parser, name + ", line " + lines.number() + ": "));
                }
                // Whoever feeds us line by line gets an answer line by line.
                if (!items.isEmpty() && !lines.ready()) {
                    progress.step(finish());
                }
            }
        }
    }

    /** Tells on stderr of lines that were skipped; in JSON lines a blank one is nothing to speak of. */
    static void tellOfBlank(int blank, CommandSpec spec) {
        if (blank > 0) {
            spec.commandLine().getErr().println("demitasse: " + blank + (blank == 1 ? " blank line of stdin was"
                    : " blank lines of stdin were") + " skipped");
        }
    }

    private int addLine(String line, Parser<T> parser, String origin) throws IOException {
        T item;
        try {
            item = parser.parse(line);
        } catch (IllegalArgumentException e) {
            finish();
            throw new IllegalArgumentException(origin + e.getMessage(), e);
        }
        return add(item, origin);
    }

    /** How many items were worked on. */
    private int add(T item, String origin) throws IOException {
        items.add(item);
        origins.add(origin);
        return items.size() == size || characters >= CHARACTERS ? finish() : 0;
    }

    private int finish() throws IOException {
        int count = items.size();
        if (count > 0) {
            work();
        }
        items.clear();
        origins.clear();
        characters = 0;
        return count;
    }

    private void work() throws IOException {
        try {
            worker.work(items);
        } catch (IllegalArgumentException e) {
            for (int i = 0; i < items.size(); i++) {
                try {
                    worker.work(items.subList(i, i + 1));
                } catch (IllegalArgumentException reason) {
                    throw new IllegalArgumentException(origins.get(i) + reason.getMessage(), reason);
                }
            }
            throw e;
        }
    }
}
