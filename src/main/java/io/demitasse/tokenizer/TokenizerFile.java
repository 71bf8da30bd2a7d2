package io.demitasse.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.ToNumberPolicy;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.MalformedJsonException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One of a tokenizer's files: its text or its JSON, and refusals that name it, all in one line. */
record TokenizerFile(Path path) {

    private static final int LARGEST = 1 << 26;
    private static final int DEEPEST = 64;
    private static final int LONGEST_SHOWN = 100;
    private static final int BYTE_ORDER_MARK = 0xFEFF;

    boolean exists() {
        return Files.exists(path);
    }

    /** The file's text, which is UTF-8. */
    String text() throws IOException {
        long size = Files.size(path);
        if (size > LARGEST) {
            throw new IllegalArgumentException(line("expected at most " + LARGEST + " bytes, found " + size));
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path));
        CharBuffer text = CharBuffer.allocate(bytes.remaining());
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CoderResult result = decoder.decode(bytes, text, true);
        if (result.isError()) {
            throw new IllegalArgumentException(line("not UTF-8 at byte " + bytes.position()));
        }
        text.flip();
        if (text.hasRemaining() && text.get(0) == BYTE_ORDER_MARK) {
            throw new IllegalArgumentException(line("expected no byte order mark"));
        }
        return text.toString();
    }

    /** The file's JSON object; null if there is no such file. A key that stands twice is refused. */
    @Nullable JsonObject json() throws IOException {
        if (!exists()) {
            return null;
        }
        JsonElement value;
        try (JsonReader reader = new JsonReader(new StringReader(text()))) {
            reader.setStrictness(Strictness.STRICT);
            value = value(reader, 0);
            reader.peek();
        } catch (MalformedJsonException | IllegalStateException | EOFException e) {
            String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("")
                    .replace("Use JsonReader.setStrictness(Strictness.LENIENT) to accept malformed JSON",
                            "unexpected text");
            throw new IllegalArgumentException(line("not valid JSON: " + reason), e);
        }
        if (!value.isJsonObject()) {
            throw new IllegalArgumentException(line("expected a JSON object, found " + shown(value)));
        }
        return value.getAsJsonObject();
    }

    private JsonElement value(JsonReader reader, int depth) throws IOException {
        if (depth > DEEPEST) {
            throw new MalformedJsonException("more than " + DEEPEST + " values inside each other");
        }
        return switch (reader.peek()) {
            case BEGIN_OBJECT -> object(reader, depth);
            case BEGIN_ARRAY -> array(reader, depth);
            case STRING -> new JsonPrimitive(reader.nextString());
            case NUMBER -> new JsonPrimitive(ToNumberPolicy.LAZILY_PARSED_NUMBER.readNumber(reader));
            case BOOLEAN -> new JsonPrimitive(reader.nextBoolean());
            case NULL -> {
                reader.nextNull();
                yield JsonNull.INSTANCE;
            }
            default -> throw new MalformedJsonException("unexpected " + reader.peek());
        };
    }

    private JsonObject object(JsonReader reader, int depth) throws IOException {
        JsonObject object = new JsonObject();
        reader.beginObject();
        while (reader.hasNext()) {
            String key = reader.nextName();
            if (object.has(key)) {
                throw new MalformedJsonException("the key '" + key + "' stands twice");
            }
            object.add(key, value(reader, depth + 1));
        }
        reader.endObject();
        return object;
    }

    private JsonArray array(JsonReader reader, int depth) throws IOException {
        JsonArray array = new JsonArray();
        reader.beginArray();
        while (reader.hasNext()) {
            array.add(value(reader, depth + 1));
        }
        reader.endArray();
        return array;
    }

    /** A refusal of this file. */
    IllegalArgumentException refuse(String key, String expected, String found) {
        return new IllegalArgumentException(line(key + ": expected " + expected + ", found " + found));
    }

    /** One line that begins with the path: what ends a line, what a terminal obeys and half characters are spelled. */
    String line(String message) {
        StringBuilder line = new StringBuilder();
        (path + ": " + message).codePoints().forEach(c -> {
            boolean unprintable = c < 0x20 || c >= 0x7F && c <= 0x9F || c == 0x2028 || c == 0x2029
                    || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
            if (unprintable) {
                line.append(String.format("\\u%04x", c));
            } else {
                line.appendCodePoint(c);
            }
        });
        return line.toString();
    }

    /** True or false; null only where the default is. */
    @Nullable Boolean flag(JsonObject values, String key, @Nullable Boolean otherwise, String name) {
        JsonElement value = values.get(key);
        if (value == null || value.isJsonNull() && otherwise == null) {
            return otherwise;
        }
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
            throw refuse(name, "true or false", shown(value));
        }
        return value.getAsBoolean();
    }

    boolean flag(JsonObject values, String key, boolean otherwise, String name) {
        return Objects.requireNonNull(flag(values, key, Boolean.valueOf(otherwise), name));
    }

    /** A value as JSON has it, in one short piece. */
    static String shown(@Nullable JsonElement value) {
        String text = value == null ? "null" : value.toString();
        return text.codePointCount(0, text.length()) <= LONGEST_SHOWN ? text
                : text.substring(0, text.offsetByCodePoints(0, LONGEST_SHOWN)) + "...";
    }

    static String shown(@Nullable String text) {
        return shown(text == null ? null : new JsonPrimitive(text));
    }

    /** A value that is there and not null. */
    static @Nullable JsonElement get(@Nullable JsonElement object, String key) {
        JsonElement value = object != null && object.isJsonObject() ? object.getAsJsonObject().get(key) : null;
        return value == null || value.isJsonNull() ? null : value;
    }

    /** A text, or null for anything else. */
    static @Nullable String string(@Nullable JsonElement value) {
        return value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isString() ? value.getAsString() : null;
    }

    /** A whole number that an int holds and is written without a fraction, or null for anything else. */
    static @Nullable Integer integer(@Nullable JsonElement value) {
        if (value == null || !value.isJsonPrimitive() || !value.getAsJsonPrimitive().isNumber()) {
            return null;
        }
        try {
            return Integer.valueOf(value.getAsString());
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
