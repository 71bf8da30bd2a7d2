package io.demitasse;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a request says beside its inputs, as JSON. A value of the wrong kind is refused with an IllegalArgumentException
 * that names it; null stands for not said.
 */
public final class Parameters {

    private final JsonObject json;

    /** These parameters; the object is not copied. */
    public Parameters(JsonObject json) {
        this.json = json;
    }

    /** Nothing said. */
    public static Parameters none() {
        return new Parameters(new JsonObject());
    }

    /**
     * Refuses names that a task does not know: what is not obeyed is not accepted.
     *
     * @throws IllegalArgumentException if there is one
     */
    void checkNames(String task, List<String> known) {
        for (String name : json.keySet()) {
            if (!known.contains(name)) {
                throw new IllegalArgumentException("\"" + name + "\" is not a parameter of " + task + "; there "
                        + (known.isEmpty() ? "are none" : (known.size() == 1 ? "is " : "are ")
                        + String.join(", ", known)));
            }
        }
    }

    /** Whether something is said. */
    public boolean has(String name) {
        return json.has(name) && !json.get(name).isJsonNull();
    }

    /** A whole number from {@code least} up. */
    public int integer(String name, int usual, int least) {
        if (!has(name)) {
            return usual;
        }
        JsonElement value = json.get(name);
        if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
            try {
                int number = Integer.parseInt(value.getAsString());
                if (number >= least) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // Refused below, as any other value that is no whole number.
            }
        }
        throw new IllegalArgumentException("\"" + name + "\" is " + value + ", not a whole number from " + least
                + " up");
    }

    /** True or false. */
    public boolean flag(String name, boolean usual) {
        if (!has(name)) {
            return usual;
        }
        JsonElement value = json.get(name);
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
            throw new IllegalArgumentException("\"" + name + "\" is " + value + ", not true or false");
        }
        return value.getAsBoolean();
    }

    /** A text; null if it is not said. */
    public @Nullable String text(String name) {
        return has(name) ? text(json.get(name), name) : null;
    }

    /** One of an enum's constants, in lower case. */
    public <E extends Enum<E>> E choice(String name, E usual) {
        String text = text(name);
        if (text == null) {
            return usual;
        }
        E[] all = usual.getDeclaringClass().getEnumConstants();
        for (E one : all) {
            if (one.name().toLowerCase(Locale.ROOT).equals(text)) {
                return one;
            }
        }
        throw new IllegalArgumentException("\"" + name + "\" is \"" + text + "\", not one of "
                + Arrays.stream(all).map(one -> one.name().toLowerCase(Locale.ROOT)).toList());
    }

    /** A list of texts, which may be one text with commas between them; empty if it is not said. */
    public List<String> texts(String name) {
        if (!has(name)) {
            return List.of();
        }
        JsonElement value = json.get(name);
        if (value.isJsonArray()) {
            return value.getAsJsonArray().isEmpty() ? List.of() : texts(value, name);
        }
        List<String> parts = new ArrayList<>();
        for (String part : text(value, name).split(",")) {
            if (!part.isBlank()) {
                parts.add(part.strip());
            }
        }
        return parts;
    }

    /**
     * A text of a request's inputs.
     *
     * @param name what messages call it
     * @throws IllegalArgumentException if it is not a text
     */
    static String text(@Nullable JsonElement value, String name) {
        if (value == null) {
            throw new IllegalArgumentException("\"" + name + "\" is missing");
        }
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            throw new IllegalArgumentException("\"" + name + "\" is not a string");
        }
        return value.getAsString();
    }

    /** A list of texts of a request's inputs; refused as {@link #text(JsonElement, String)} is, and if it is empty. */
    static List<String> texts(@Nullable JsonElement value, String name) {
        if (value == null || !value.isJsonArray() || value.getAsJsonArray().isEmpty()) {
            throw new IllegalArgumentException("\"" + name + "\" is not a list of strings");
        }
        List<String> texts = new ArrayList<>();
        for (JsonElement element : value.getAsJsonArray()) {
            texts.add(text(element, name + "[" + texts.size() + "]"));
        }
        return texts;
    }

    /**
     * A field of a request's inputs, which are an object, or the field itself if they are a text.
     *
     * @throws IllegalArgumentException if they are neither, or the object has no such text
     */
    static String field(JsonElement inputs, String name) {
        return inputs.isJsonObject() ? text(inputs.getAsJsonObject().get(name), name) : text(inputs, "inputs");
    }

    /**
     * The inputs as an object with these fields and no other.
     *
     * @throws IllegalArgumentException if they are not
     */
    static JsonObject object(JsonElement inputs, String... fields) {
        if (!inputs.isJsonObject()) {
            throw new IllegalArgumentException("\"inputs\" is not an object with \"" + String.join("\", \"", fields)
                    + "\"");
        }
        for (String name : inputs.getAsJsonObject().keySet()) {
            if (!Arrays.asList(fields).contains(name)) {
                throw new IllegalArgumentException("\"" + name + "\" is not a field of \"inputs\", which has \""
                        + String.join("\", \"", fields) + "\"");
            }
        }
        return inputs.getAsJsonObject();
    }
}
