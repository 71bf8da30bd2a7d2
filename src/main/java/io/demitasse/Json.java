package io.demitasse;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Writes results as JSON, without reflection. */
final class Json {

    private Json() {
    }

    /** An object of names and values in turns; a value is a text, a number, true or false, or JSON. */
    static JsonObject object(Object... namesAndValues) {
        JsonObject object = new JsonObject();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            object.add((String) namesAndValues[i], element(namesAndValues[i + 1]));
        }
        return object;
    }

    private static JsonElement element(Object value) {
        if (value instanceof JsonElement json) {
            return json;
        }
        if (value instanceof String text) {
            return new JsonPrimitive(text);
        }
        return value instanceof Boolean flag ? new JsonPrimitive(flag) : new JsonPrimitive((Number) value);
    }

    /** An array of what a function makes of each. */
    static <T> JsonArray array(Collection<T> values, Function<? super T, ? extends JsonElement> function) {
        JsonArray array = new JsonArray(values.size());
        values.forEach(value -> array.add(function.apply(value)));
        return array;
    }

    /** An array of texts. */
    static JsonArray texts(Collection<String> texts) {
        return array(texts, JsonPrimitive::new);
    }

    /** A number. */
    static JsonPrimitive number(float number) {
        return new JsonPrimitive(number);
    }

    /** A number to four decimals, for people. */
    static String rounded(JsonElement number) {
        return String.format(Locale.ROOT, "%.4f", number.getAsDouble());
    }

    /** A text without line ends and tabs, for people. */
    static String oneLine(JsonElement text) {
        return text.getAsString().replaceAll("[\\t\\n\\r\\x0B\\f\\x85\\u2028\\u2029]", " ");
    }

    /** Two lists of an object side by side, the first of numbers and the second of texts, a pair a line. */
    static String columns(JsonObject object, String numbers, String texts) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < object.getAsJsonArray(numbers).size(); i++) {
            lines.add(rounded(object.getAsJsonArray(numbers).get(i)) + "\t"
                    + oneLine(object.getAsJsonArray(texts).get(i)));
        }
        return String.join("\n", lines);
    }

    /** An object for each text: a number by a name, and the text. */
    static List<JsonElement> rows(String name, JsonElement numbers, JsonArray texts) {
        List<JsonElement> rows = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            rows.add(object(name, numbers.getAsJsonArray().get(i), "text", texts.get(i)));
        }
        return rows;
    }

    /** An array of numbers. */
    static JsonArray numbers(float[] numbers) {
        JsonArray array = new JsonArray(numbers.length);
        for (float number : numbers) {
            array.add(new JsonPrimitive(number));
        }
        return array;
    }
}
