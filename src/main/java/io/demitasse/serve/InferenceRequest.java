package io.demitasse.serve;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import io.demitasse.file.StrictJson;
import io.demitasse.serve.RequestException.Kind;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the body of a request says. It is read as a stream and no tree is made of it, so a body takes the memory of its
 * texts and not more, whatever it holds. Fields that are not known are skipped, as text-embeddings-inference does.
 */
final class InferenceRequest {

    private static final String INPUTS = "inputs";
    private static final Set<String> FLAGS = Set.of("truncate", "normalize", "raw_scores", "add_special_tokens");

    private final int maxTexts;
    private final List<Input> inputs = new ArrayList<>();
    private final Map<String, Boolean> flags = new TreeMap<>();
    private boolean single;

    private InferenceRequest(int maxTexts) {
        this.maxTexts = maxTexts;
    }

    /**
     * Parses a body.
     *
     * @throws RequestException if it is not a request; the message names the field
     * @throws IOException if it cannot be read
     */
    static InferenceRequest parse(InputStream body, int maxTexts) throws IOException {
        InferenceRequest request = new InferenceRequest(maxTexts);
        try {
            // A new decoder reports what is not UTF-8; a charset by itself would put U+FFFD in its place.
            request.read(StrictJson.reader(new InputStreamReader(body, StandardCharsets.UTF_8.newDecoder())));
        } catch (CharacterCodingException e) {
            throw malformed("the body is not UTF-8");
        } catch (MalformedJsonException | EOFException e) {
            throw malformed("the body is not valid JSON: " + StrictJson.reason(e));
        }
        return request;
    }

    /** The texts; at least one. */
    List<Input> inputs() {
        return inputs;
    }

    /** Whether {@code inputs} was a string by itself, not a list. */
    boolean isSingle() {
        return single;
    }

    /** The value of a field that is true or false. */
    boolean flag(String name, boolean otherwise) {
        return flags.getOrDefault(name, otherwise);
    }

    private void read(JsonReader json) throws IOException {
        expect(json, JsonToken.BEGIN_OBJECT, "the body", "an object with \"inputs\"");
        json.beginObject();
        Set<String> seen = new HashSet<>();
        while (json.hasNext()) {
            String name = json.nextName();
            if (name.equals(INPUTS)) {
                unique(seen, name);
                readInputs(json);
            } else if (FLAGS.contains(name)) {
                unique(seen, name);
                readFlag(json, name);
            } else {
                json.skipValue();
            }
        }
        json.endObject();
        if (json.peek() != JsonToken.END_DOCUMENT) {
            throw malformed("the body has more than one JSON value");
        }
        if (!seen.contains(INPUTS)) {
            throw malformed("\"inputs\" is missing");
        }
    }

    private static void unique(Set<String> seen, String name) {
        if (!seen.add(name)) {
            throw malformed("\"" + name + "\" is there twice");
        }
    }

    private void readFlag(JsonReader json, String name) throws IOException {
        if (json.peek() == JsonToken.NULL) {
            json.nextNull();
            return;
        }
        expect(json, JsonToken.BOOLEAN, name, "true or false");
        flags.put(name, json.nextBoolean());
    }

    private void readInputs(JsonReader json) throws IOException {
        if (json.peek() == JsonToken.STRING) {
            single = true;
            inputs.add(new Input(text(json, INPUTS), null));
            return;
        }
        expect(json, JsonToken.BEGIN_ARRAY, INPUTS, "a string, or an array of strings and pairs of strings");
        json.beginArray();
        while (json.hasNext()) {
            String where = INPUTS + "[" + inputs.size() + "]";
            if (inputs.size() == maxTexts) {
                throw new RequestException(Kind.TOO_MANY_TEXTS, "\"inputs\" has more than " + maxTexts
                        + " texts, the most that this server takes in a request");
            }
            inputs.add(json.peek() == JsonToken.BEGIN_ARRAY ? pair(json, where)
                    : new Input(text(json, where), null));
        }
        json.endArray();
        if (inputs.isEmpty()) {
            throw new RequestException(Kind.EMPTY, "\"inputs\" is empty");
        }
    }

    /** {@code ["text"]} or {@code ["text", "pair"]}. */
    private static Input pair(JsonReader json, String where) throws IOException {
        json.beginArray();
        if (!json.hasNext()) {
            throw new RequestException(Kind.EMPTY, "\"" + where + "\" is empty");
        }
        String text = text(json, where + "[0]");
        String pair = json.hasNext() ? text(json, where + "[1]") : null;
        if (json.hasNext()) {
            throw malformed("\"" + where + "\" has more than two texts");
        }
        json.endArray();
        return new Input(text, pair);
    }

    private static String text(JsonReader json, String where) throws IOException {
        expect(json, JsonToken.STRING, where, "a string");
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

    private static void expect(JsonReader json, JsonToken expected, String where, String what) throws IOException {
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

    private static RequestException malformed(String message) {
        return new RequestException(Kind.MALFORMED, message);
    }
}
