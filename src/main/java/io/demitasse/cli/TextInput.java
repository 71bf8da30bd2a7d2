package io.demitasse.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.StrictJson;
import io.demitasse.file.Utf8Lines;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The texts a command works on: its arguments, or stdin line by line, read only as far as they are needed. */
final class TextInput {

    private static final String STDIN = "stdin";

    /** Texts that are worked on together. */
    private static final int BATCH = 64;

    @Spec(Spec.Target.MIXEE)
    CommandSpec spec;

    /** Characters. */
    private static final int BRIEF = 1000;

    @Parameters(paramLabel = "TEXT", arity = "0..*", description = "The texts; without any, stdin, one a line.")
    List<String> texts = List.of();

    @Option(names = "--jsonl", description = "Read stdin as one JSON string or object with \"text\" a line.")
    boolean jsonl;

    /**
     * One text, or one sequence of token ids.
     *
     * @param pair the second text of a pair, or null
     * @param inputIds token ids in place of a text, or null
     * @param maxLength the length to truncate at that the object itself asks for, or null
     * @param where where it came from, to begin a message about it with
     */
    record Item(String text, String pair, int[] inputIds, Integer maxLength, String where) {

        static Item of(String text, String where) {
            return new Item(text, null, null, null, where);
        }
    }

    /** Takes some items; a command's work. Prints nothing if it throws IllegalArgumentException. */
    @FunctionalInterface
    interface Worker {
        void work(List<Item> items) throws IOException;
    }

    /** Whether there are only a few words to work on. */
    boolean isBrief() {
        return !texts.isEmpty() && texts.stream().mapToInt(String::length).sum() <= BRIEF;
    }

    /** Hands all items to the worker, some at a time and in order. */
    void forEachBatch(Worker worker) throws IOException {
        if (!texts.isEmpty()) {
            if (jsonl) {
                throw new CommandLine.ParameterException(spec.commandLine(),
                        "--jsonl reads stdin, so texts cannot be arguments as well");
            }
            for (int first = 0; first < texts.size(); first += BATCH) {
                int end = Math.min(texts.size(), first + BATCH);
                work(worker, IntStream.range(first, end).mapToObj(i -> Item.of(texts.get(i),
                        texts.size() == 1 ? "" : "text " + (i + 1) + ": ")).toList());
            }
            return;
        }
        int blank = 0;
        try (Utf8Lines lines = new Utf8Lines(System.in, STDIN); Progress progress = Progress.open("texts", -1)) {
            List<Item> items = new ArrayList<>();
            String line;
            while ((line = nextOrFinish(lines, items, worker)) != null) {
                if (line.isBlank()) {
                    blank++;
                } else {
                    items.add(jsonl ? parseOrFinish(line, where(lines.number()), items, worker)
                            : Item.of(line, where(lines.number())));
                }
                // Whoever feeds us line by line gets an answer line by line.
                if (items.size() == BATCH || (!items.isEmpty() && !lines.ready())) {
                    work(worker, items);
                    progress.step(items.size());
                    items.clear();
                }
            }
            if (!items.isEmpty()) {
                work(worker, items);
                progress.step(items.size());
            }
        }
        if (blank > 0 && !jsonl) {
            spec.commandLine().getErr().println("demitasse: " + blank + (blank == 1 ? " blank line of stdin was"
                    : " blank lines of stdin were") + " skipped");
        }
    }

    private static String where(int line) {
        return STDIN + ", line " + line + ": ";
    }

    /** Whatever comes before a bad item gets its answer, and the message names the item. */
    private static void work(Worker worker, List<Item> items) throws IOException {
        try {
            worker.work(items);
        } catch (IllegalArgumentException e) {
            for (Item item : items) {
                try {
                    worker.work(List.of(item));
                } catch (IllegalArgumentException reason) {
                    throw new IllegalArgumentException(item.where() + reason.getMessage(), reason);
                }
            }
            throw e;
        }
    }

    /** Whatever comes before a bad line gets its answer, however much of stdin was there at once. */
    private static String nextOrFinish(Utf8Lines lines, List<Item> before, Worker worker) throws IOException {
        try {
            return lines.next();
        } catch (IllegalArgumentException e) {
            if (!before.isEmpty()) {
                work(worker, before);
            }
            throw e;
        }
    }

    /** As {@link #nextOrFinish}. */
    private static Item parseOrFinish(String line, String where, List<Item> before, Worker worker) throws IOException {
        try {
            return parse(line, where);
        } catch (IllegalArgumentException e) {
            if (!before.isEmpty()) {
                work(worker, before);
            }
            throw e;
        }
    }

    private static Item parse(String line, String where) {
        JsonElement json;
        try {
            json = StrictJson.parseLine(line);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(where + e.getMessage(), e);
        }
        if (json.isJsonPrimitive() && json.getAsJsonPrimitive().isString()) {
            return Item.of(json.getAsString(), where);
        }
        if (!json.isJsonObject()) {
            throw new IllegalArgumentException(where + "expected a JSON string or object");
        }
        JsonObject object = json.getAsJsonObject();
        int[] inputIds = object.has("input_ids") ? ids(object.get("input_ids"), where) : null;
        String text = string(object, "text", where);
        if ((text == null) == (inputIds == null)) {
            throw new IllegalArgumentException(where + "expected \"text\" or \"input_ids\" in the object");
        }
        Integer maxLength = object.has("max_length") ? integer(object.get("max_length"), "max_length", where) : null;
        return new Item(text, string(object, "pair", where), inputIds, maxLength, where);
    }

    private static String string(JsonObject object, String name, String where) {
        JsonElement value = object.get(name);
        if (value == null) {
            return null;
        }
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            throw new IllegalArgumentException(where + "\"" + name + "\" is not a string");
        }
        return value.getAsString();
    }

    private static int[] ids(JsonElement value, String where) {
        if (!value.isJsonArray()) {
            throw new IllegalArgumentException(where + "\"input_ids\" is not an array");
        }
        JsonArray array = value.getAsJsonArray();
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = integer(array.get(i), "input_ids", where);
        }
        if (ids.length == 0) {
            throw new IllegalArgumentException(where + "\"input_ids\" is empty");
        }
        return ids;
    }

    private static int integer(JsonElement value, String name, String where) {
        try {
            if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
                return Integer.parseInt(value.getAsString());
            }
        } catch (NumberFormatException e) {
            // Said below, with the value.
        }
        throw new IllegalArgumentException(where + "in \"" + name + "\" stands " + value + ", not a whole number");
    }
}
