package io.demitasse.convert;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.file.ModelFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The values of a JSON file, each of them checked as it is taken. Errors name the file, the key and the value. */
record JsonChecks(Path path, JsonObject json) {

    /** JSON's null, for lists of what is allowed. */
    static final JsonElement NULL = JsonNull.INSTANCE;
    static final JsonElement TRUE = new JsonPrimitive(true);
    static final JsonElement FALSE = new JsonPrimitive(false);

    @Nullable JsonElement get(String key) {
        return json.get(key);
    }

    /** That a key, or {@code outer.inner} for a key of an inner object, is missing or has one of these values. */
    void only(String key, List<? extends JsonElement> allowed) {
        int dot = key.indexOf('.');
        JsonElement value = json.get(dot < 0 ? key : key.substring(0, dot));
        if (dot >= 0 && value != null && value.isJsonObject()) {
            value = value.getAsJsonObject().get(key.substring(dot + 1));
        }
        if (value != null && !allowed.contains(value)) {
            throw ModelFormatException.of(path, key,
                    allowed.stream().map(JsonElement::toString).collect(Collectors.joining(" or ")), value);
        }
    }

    /** Texts as JSON, for {@link #only}. */
    static List<JsonElement> texts(@Nullable String... texts) {
        List<JsonElement> elements = new ArrayList<>();
        for (String text : texts) {
            elements.add(text == null ? NULL : new JsonPrimitive(text));
        }
        return elements;
    }

    /**
     * A whole number above 0.
     *
     * @param otherwise for a missing key; null where it may be missing or null, which gives null
     */
    @Nullable Integer size(String key, @Nullable JsonElement otherwise, int largest) {
        JsonElement value = json.get(key);
        if (otherwise == null && (value == null || value.isJsonNull())) {
            return null;
        }
        long size = count(value == null ? otherwise : value);
        if (size < 1 || size > largest) {
            throw ModelFormatException.of(path, key, "a whole number from 1 to " + largest, value);
        }
        return (int) size;
    }

    /** That a key is missing, null, or a number from 0 to 1. */
    void fraction(String key) {
        JsonElement value = json.get(key);
        if (value == null || value.isJsonNull()) {
            return;
        }
        if (value instanceof JsonPrimitive number && number.isNumber()) {
            double fraction = number.getAsDouble();
            if (fraction >= 0 && fraction < 1) {
                return;
            }
        }
        throw ModelFormatException.of(path, key, "a number from 0 to 1", value);
    }

    boolean flag(String key, boolean otherwise) {
        JsonElement value = json.get(key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof JsonPrimitive flag && flag.isBoolean()) {
            return flag.getAsBoolean();
        }
        throw ModelFormatException.of(path, key, "true or false", value);
    }

    /** A whole number from 0 up, as JSON writes one; -1 for anything else. */
    static long count(@Nullable JsonElement value) {
        boolean whole = value instanceof JsonPrimitive number && number.isNumber()
                && number.getAsString().matches("[0-9]{1,18}");
        return whole ? Long.parseLong(value.getAsString()) : -1;
    }
}
