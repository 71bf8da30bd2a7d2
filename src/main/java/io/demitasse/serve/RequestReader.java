package io.demitasse.serve;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.demitasse.Input;
import io.demitasse.serve.RequestException.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads the values of a body out of a stream, each of one kind; what is of another is refused by its name. */
final class RequestReader {

    /** An input that is an object has no more fields. */
    private static final int MOST_FIELDS = 16;
    /** No model reads longer sequences. */
    private static final int MOST_IDS = 1 << 16;
    private static final int LONGEST_NAME = 60;

    private final JsonReader json;
    private final int maxTexts;

    RequestReader(JsonReader json, int maxTexts) {
        this.json = json;
        this.maxTexts = maxTexts;
    }

    JsonPrimitive flag(String where) throws IOException {
        expect(JsonToken.BOOLEAN, where, Field.Kind.FLAG.expected);
        return new JsonPrimitive(json.nextBoolean());
    }

    JsonPrimitive integer(String where) throws IOException {
        expect(JsonToken.NUMBER, where, Field.Kind.INTEGER.expected);
        try {
            return new JsonPrimitive(Integer.parseInt(json.nextString()));
        } catch (NumberFormatException e) {
            throw malformed("\"" + where + "\" is not a whole number, or too large a one");
        }
    }

    JsonPrimitive string(String where) throws IOException {
        return new JsonPrimitive(text(where));
    }

    /** A text that is Unicode. */
    String text(String where) throws IOException {
        expect(JsonToken.STRING, where, Field.Kind.TEXT.expected);
        String text = json.nextString();
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (Character.isHighSurrogate(unit) && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(unit)) {
                throw malformed(String.format("\"%s\" is not Unicode: \\u%04x stands alone", where, (int) unit));
            }
        }
        return text;
    }

    /** Texts, or objects with nothing but a text. */
    JsonArray documents(String where) throws IOException {
        expect(JsonToken.BEGIN_ARRAY, where, Field.Kind.DOCUMENTS.expected);
        JsonArray documents = new JsonArray();
        json.beginArray();
        while (json.hasNext()) {
            String at = next(where, documents.size());
            if (json.peek() != JsonToken.BEGIN_OBJECT) {
                documents.add(text(at));
                continue;
            }
            JsonObject object = fields(at);
            if (object.size() != 1 || !object.has("text") || !object.get("text").isJsonPrimitive()) {
                throw malformed("\"" + at + "\" is an object with another field than \"text\", or without it");
            }
            documents.add(object.get("text"));
        }
        json.endArray();
        return filled(documents, where);
    }

    JsonArray texts(String where) throws IOException {
        expect(JsonToken.BEGIN_ARRAY, where, Field.Kind.TEXTS.expected);
        JsonArray texts = new JsonArray();
        json.beginArray();
        while (json.hasNext()) {
            texts.add(text(next(where, texts.size())));
        }
        json.endArray();
        return texts;
    }

    private static JsonArray filled(JsonArray array, String where) {
        if (array.isEmpty()) {
            throw new RequestException(Kind.EMPTY, "\"" + where + "\" is empty");
        }
        return array;
    }

    /** Whether a string stands next, and not an array. */
    boolean isString() throws IOException {
        return json.peek() == JsonToken.STRING;
    }

    /** Inputs of all shapes; one that stands by itself, and not in an array, has the name alone for its place. */
    List<Item> inputs(String where) throws IOException {
        if (json.peek() == JsonToken.STRING || json.peek() == JsonToken.BEGIN_OBJECT) {
            return List.of(item(where));
        }
        expect(JsonToken.BEGIN_ARRAY, where, "a string, or an array of strings and pairs of strings");
        json.beginArray();
        if (json.peek() == JsonToken.NUMBER) {
            return List.of(new Item(where, Input.ofIds(ids(where)), null));
        }
        List<Item> items = new ArrayList<>();
        while (json.hasNext()) {
            items.add(item(next(where, items.size())));
        }
        json.endArray();
        if (items.isEmpty()) {
            throw new RequestException(Kind.EMPTY, "\"" + where + "\" is empty");
        }
        return items;
    }

    private String next(String where, int count) {
        if (count == maxTexts) {
            throw new RequestException(Kind.TOO_MANY_TEXTS, "\"" + where + "\" has more than " + maxTexts
                    + " texts, the most that this server takes in a request");
        }
        return where + "[" + count + "]";
    }

    private Item item(String where) throws IOException {
        switch (json.peek()) {
            case BEGIN_OBJECT -> {
                return new Item(where, null, fields(where));
            }
            case BEGIN_ARRAY -> {
                json.beginArray();
                if (!json.hasNext()) {
                    throw new RequestException(Kind.EMPTY, "\"" + where + "\" is empty");
                }
                return new Item(where, json.peek() == JsonToken.NUMBER ? Input.ofIds(ids(where)) : pair(where), null);
            }
            default -> {
                return new Item(where, Input.of(text(where)), null);
            }
        }
    }

    /** {@code ["text"]} or {@code ["text", "pair"]}, behind its bracket. */
    private Input pair(String where) throws IOException {
        String text = text(where + "[0]");
        String pair = json.hasNext() ? text(where + "[1]") : null;
        if (json.hasNext()) {
            throw malformed("\"" + where + "\" has more than two texts");
        }
        json.endArray();
        return pair == null ? Input.of(text) : Input.of(text, pair);
    }

    /** Token ids behind their bracket, to the end of their array. */
    private int[] ids(String where) throws IOException {
        int[] ids = new int[16];
        int count = 0;
        while (json.hasNext()) {
            if (count == MOST_IDS) {
                throw malformed("\"" + where + "\" has more than " + MOST_IDS + " token ids");
            }
            ids = count < ids.length ? ids : Arrays.copyOf(ids, 2 * count);
            ids[count] = integer(where + "[" + count + "]").getAsInt();
            count++;
        }
        json.endArray();
        return Arrays.copyOf(ids, count);
    }

    /** Arrays of token ids. */
    List<int[]> idLists(String where) throws IOException {
        List<int[]> lists = new ArrayList<>();
        expect(JsonToken.BEGIN_ARRAY, where, Field.Kind.IDS.expected);
        json.beginArray();
        if (json.peek() == JsonToken.NUMBER) {
            return List.of(ids(where));
        }
        while (json.hasNext()) {
            String at = next(where, lists.size());
            expect(JsonToken.BEGIN_ARRAY, at, "an array of token ids");
            json.beginArray();
            lists.add(ids(at));
        }
        json.endArray();
        return lists;
    }

    /** An object of texts and arrays of texts. */
    private JsonObject fields(String where) throws IOException {
        JsonObject object = new JsonObject();
        json.beginObject();
        while (json.hasNext()) {
            String name = name();
            if (object.size() == MOST_FIELDS) {
                throw malformed("\"" + where + "\" has more than " + MOST_FIELDS + " fields");
            }
            if (object.has(name)) {
                throw malformed("\"" + where + "." + name + "\" is there twice");
            }
            object.add(name, json.peek() == JsonToken.BEGIN_ARRAY ? filled(texts(where + "." + name), where + "." + name)
                    : string(where + "." + name));
        }
        json.endObject();
        return object;
    }

    /** The name of the next value, or so much of it as a message may hold. */
    String name() throws IOException {
        return printable(json.nextName());
    }

    /** A text that may stand in a message: short, on one line, and Unicode. */
    static String printable(String text) {
        String part = text.length() <= LONGEST_NAME ? text : text.substring(0, LONGEST_NAME) + "...";
        return part.replaceAll("[\\p{Cntrl}\\p{Cs}\u2028\u2029]", "?");
    }

    private void expect(JsonToken expected, String where, String what) throws IOException {
        expect(json, expected, where, what);
    }

    static void expect(JsonReader json, JsonToken expected, String where, String what) throws IOException {
        JsonToken found = json.peek();
        if (found != expected) {
            String name = where.contains(" ") ? where : "\"" + where + "\"";
            throw malformed(name + " is " + name(found) + ", not " + what);
        }
    }

    private static String name(JsonToken token) {
        return switch (token) {
            case BEGIN_ARRAY -> "an array";
            case BEGIN_OBJECT -> "an object";
            case STRING -> "a string";
            case NUMBER -> "a number";
            case BOOLEAN -> "true or false";
            case NULL -> "null";
            default -> "not there";
        };
    }

    static RequestException malformed(String message) {
        return new RequestException(Kind.MALFORMED, message);
    }
}
