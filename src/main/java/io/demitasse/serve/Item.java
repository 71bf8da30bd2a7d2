package io.demitasse.serve;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.Input;
import io.demitasse.serve.RequestException.Kind;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One of a request's inputs.
 *
 * @param where it stands in the body, such as {@code inputs[1]}
 * @param input a text, a pair or token ids; null if it is an object
 * @param fields the object: texts and lists of texts by name
 */
record Item(String where, @Nullable Input input, @Nullable JsonObject fields) {

    private static final String TEXT = "text";
    private static final String PAIR = "text_pair";

    /** Whether it is a text, or an object with one alone. */
    boolean isText() {
        return fields == null ? input instanceof Input.Text : fields.keySet().equals(Set.of(TEXT));
    }

    /** Whether it is a pair, in one of two shapes. */
    boolean isPair() {
        return fields == null ? input instanceof Input.Pair : fields.keySet().equals(Set.of(TEXT, PAIR));
    }

    /** A text, a pair or token ids. */
    Input textOrPair() {
        if (fields == null) {
            return input;
        }
        if (!isText() && !isPair()) {
            throw malformed("is an object without \"" + TEXT + "\", or with more than that and \"" + PAIR + "\"");
        }
        return isText() ? Input.of(text(TEXT)) : Input.of(text(TEXT), text(PAIR));
    }

    private String text(String name) {
        if (!fields.get(name).isJsonPrimitive()) {
            throw new RequestException(Kind.MALFORMED, "\"" + where + "." + name + "\" is an array, not a string");
        }
        return fields.get(name).getAsString();
    }

    /** A text or token ids. */
    Input textOrIds() {
        if (fields != null || input instanceof Input.Pair) {
            throw malformed(fields != null ? "is an object, not a string" : "is a pair, not a string");
        }
        return input;
    }

    /** A text. */
    String text() {
        if (textOrIds() instanceof Input.Text text) {
            return text.text();
        }
        throw malformed("is an array of token ids, not a string");
    }

    /** As a task takes it. */
    JsonElement json() {
        if (fields != null) {
            return fields;
        }
        if (input instanceof Input.Pair pair) {
            JsonObject object = new JsonObject();
            object.addProperty(TEXT, pair.text());
            object.addProperty(PAIR, pair.pair());
            return object;
        }
        return new JsonPrimitive(text());
    }

    /** About how much memory its texts take. */
    long bytes() {
        return fields != null ? 2L * fields.toString().length()
                : input instanceof Input.Text text ? 2L * text.text().length() : 0;
    }

    private RequestException malformed(String what) {
        return new RequestException(Kind.MALFORMED, "\"" + where + "\" " + what);
    }
}
