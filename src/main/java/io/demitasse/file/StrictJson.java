package io.demitasse.file;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.ToNumberPolicy;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** JSON by the letter of RFC 8259, with errors for people: Gson's own advise the programmer to be lenient. */
public final class StrictJson {

    private static final String ADVICE = "Use JsonReader.setStrictness(Strictness.LENIENT) to accept malformed JSON";
    private static final int LONGEST_REASON = 200;

    /** In a class of its own, since model files have no use for it. */
    private static final class Escapes {
        /** In group 1 half a character. */
        static final Pattern PATTERN = Pattern.compile("\\\\u[dD][89abAB]\\p{XDigit}{2}\\\\u[dD][c-fC-F]\\p{XDigit}{2}"
                + "|(\\\\u[dD][89a-fA-F]\\p{XDigit}{2})|\\\\.");
    }

    private StrictJson() {
    }

    /**
     * Parses a text that is one JSON value and nothing else, and no object of which has a key twice, since readers
     * disagree about which of the two counts. Numbers keep the text that they have.
     *
     * @throws IllegalArgumentException if it is not; the message says what is wrong and where, in one line
     */
    public static JsonElement parse(String text) {
        if (text.startsWith("\uFEFF")) {
            // Gson would pass over it, but Python does not.
            throw new IllegalArgumentException("not valid JSON: it begins with a byte order mark");
        }
        JsonReader reader = reader(new StringReader(text));
        try {
            JsonElement value = value(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new IOException("more than one value");
            }
            return value;
        } catch (IOException e) {
            throw new IllegalArgumentException("not valid JSON: " + reason(e), e);
        }
    }

    /**
     * As {@link #parse}, for files that Python wrote: what JSON has no number for (NaN, Infinity, 1e999) becomes a
     * string, "NaN", "Infinity" or "-Infinity".
     */
    public static JsonElement parseAllNumbers(String text) {
        return finite(parse(NumberNames.quote(text)));
    }

    /** Bounded in depth by the reader's own limit. */
    private static JsonElement value(JsonReader reader) throws IOException {
        switch (reader.peek()) {
            case BEGIN_OBJECT -> {
                JsonObject object = new JsonObject();
                reader.beginObject();
                while (reader.hasNext()) {
                    String key = reader.nextName();
                    if (object.has(key)) {
                        throw new IOException("the key \"" + key + "\" stands twice");
                    }
                    object.add(key, value(reader));
                }
                reader.endObject();
                return object;
            }
            case BEGIN_ARRAY -> {
                JsonArray array = new JsonArray();
                reader.beginArray();
                while (reader.hasNext()) {
                    array.add(value(reader));
                }
                reader.endArray();
                return array;
            }
            // Not by Gson's parser, which first makes adapters for everything there is.
            case STRING -> {
                return new JsonPrimitive(reader.nextString());
            }
            case NUMBER -> {
                return new JsonPrimitive(ToNumberPolicy.LAZILY_PARSED_NUMBER.readNumber(reader));
            }
            case BOOLEAN -> {
                return new JsonPrimitive(reader.nextBoolean());
            }
            case NULL -> {
                reader.nextNull();
                return JsonNull.INSTANCE;
            }
            default -> throw new IOException("no value");
        }
    }

    private static JsonElement finite(JsonElement value) {
        if (value.isJsonObject()) {
            value.getAsJsonObject().entrySet().forEach(entry -> entry.setValue(finite(entry.getValue())));
        } else if (value.isJsonArray()) {
            JsonArray array = value.getAsJsonArray();
            for (int i = 0; i < array.size(); i++) {
                array.set(i, finite(array.get(i)));
            }
        } else if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()
                && isFloat(value.getAsString()) && Double.isInfinite(value.getAsDouble())) {
            return new JsonPrimitive(value.getAsDouble() > 0 ? "Infinity" : "-Infinity");
        }
        return value;
    }

    /** A whole number has no limit in JSON as Python writes it. */
    private static boolean isFloat(String number) {
        return number.indexOf('.') >= 0 || number.indexOf('e') >= 0 || number.indexOf('E') >= 0;
    }

    /**
     * Parses a line of JSON lines, which may be a string or an object.
     *
     * @throws IllegalArgumentException if it is not, or half a character stands in it, which no encoding can write; for an
     *     array, and for an object over several lines, the message says what was expected
     */
    public static JsonElement parseLine(String line) {
        String stripped = line.strip();
        if (stripped.startsWith("[")) {
            throw new IllegalArgumentException("expected a JSON object a line, found the beginning of an array, of which"
                    + " jq -c '.[]' makes such lines");
        }
        if (stripped.equals("{")) {
            throw new IllegalArgumentException("expected a whole JSON object a line, found the beginning of one, of which"
                    + " jq -c . makes a line");
        }
        if (line.contains("\\u")) {
            checkWhole(stripped);
        }
        return parse(line);
    }

    /** Half a character can be written as an escape alone. Behind a backslash that is itself escaped stands none. */
    private static void checkWhole(String line) {
        Matcher escapes = Escapes.PATTERN.matcher(line);
        while (escapes.find()) {
            if (escapes.group(1) != null) {
                throw new IllegalArgumentException("not Unicode: " + escapes.group(1) + " is half a character");
            }
        }
    }

    /** A strict reader, for JSON that is better not held as a tree; see {@link #reason}. */
    public static JsonReader reader(Reader text) {
        JsonReader reader = new JsonReader(text);
        reader.setStrictness(Strictness.STRICT);
        return reader;
    }

    /** What a reader's exception says is wrong and where, in one line. */
    public static String reason(Exception e) {
        Throwable cause = e.getCause() instanceof IOException ? e.getCause() : e;
        String reason = String.valueOf(cause.getMessage()).lines().findFirst().orElse("")
                .replace(ADVICE, "unexpected text");
        return reason.length() <= LONGEST_REASON ? reason : reason.substring(0, LONGEST_REASON) + "...";
    }
}
