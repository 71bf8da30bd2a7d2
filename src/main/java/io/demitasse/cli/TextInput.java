package io.demitasse.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.Input;
import io.demitasse.file.StrictJson;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The texts a command works on, each with what else an object on a JSON line says of it. */
final class TextInput extends LineInput<TextInput.Item> {

    /**
     * One text, a pair of texts, or one sequence of token ids.
     *
     * @param text null if there are token ids
     * @param pair the second text of a pair, or null
     * @param inputIds token ids in place of a text, or null
     * @param typeIds the token ids' types, as many, or null
     * @param maxLength the length to truncate at that the object itself asks for, or null
     */
    record Item(@Nullable String text, @Nullable String pair, int @Nullable [] inputIds, int @Nullable [] typeIds,
                @Nullable Integer maxLength) {

        static Item of(String text) {
            return new Item(text, null, null, null, null);
        }

        /**
         * What a model is asked, which reads as many tokens as it can.
         *
         * @throws IllegalArgumentException if the object asks for another length
         */
        Input input() {
            if (maxLength != null) {
                throw new IllegalArgumentException("\"max_length\" is for tokenize alone: a model reads all that it can");
            }
            if (inputIds != null) {
                return typeIds == null ? Input.ofIds(inputIds) : Input.ofIds(inputIds, typeIds);
            }
            return pair == null ? Input.of(text) : Input.of(text, pair);
        }
    }

    @Override
    Item ofText(String text) {
        return Item.of(text);
    }

    @Override
    Item ofJson(String line) {
        JsonElement json = StrictJson.parseLine(line);
        if (json.isJsonPrimitive() && json.getAsJsonPrimitive().isString()) {
            return Item.of(json.getAsString());
        }
        if (!json.isJsonObject()) {
            throw new IllegalArgumentException("expected a JSON string or object");
        }
        JsonObject object = json.getAsJsonObject();
        int[] inputIds = integers(object, "input_ids");
        String text = string(object, "text");
        if ((text == null) == (inputIds == null)) {
            throw new IllegalArgumentException("expected \"text\" or \"input_ids\" in the object");
        }
        String pair = pair(object);
        if (pair != null && text == null) {
            throw new IllegalArgumentException("a second text needs \"text\", not \"input_ids\"");
        }
        Integer maxLength = object.has("max_length") ? integer(object.get("max_length"), "max_length") : null;
        return new Item(text, pair, inputIds, typeIds(object, inputIds), maxLength);
    }

    /** By Hugging Face's pipelines it is a text_pair, by its tokenizers' own files a pair. */
    private static @Nullable String pair(JsonObject object) {
        String pair = string(object, "pair");
        String textPair = string(object, "text_pair");
        if (pair != null && textPair != null) {
            throw new IllegalArgumentException("\"pair\" and \"text_pair\" are one and the same: give one of them");
        }
        return pair == null ? textPair : pair;
    }

    /** What a tokenizer gives beside ids; padding has no place here. */
    private static int @Nullable [] typeIds(JsonObject object, int @Nullable [] inputIds) {
        int[] typeIds = integers(object, "token_type_ids");
        int[] mask = integers(object, "attention_mask");
        if (inputIds == null) {
            if (typeIds != null || mask != null) {
                throw new IllegalArgumentException("\"token_type_ids\" and \"attention_mask\" need \"input_ids\"");
            }
            return null;
        }
        if (mask != null && (mask.length != inputIds.length || Arrays.stream(mask).anyMatch(one -> one != 1))) {
            throw new IllegalArgumentException("\"attention_mask\" is not a 1 for each of \"input_ids\": leave padding out");
        }
        if (typeIds != null && typeIds.length != inputIds.length) {
            throw new IllegalArgumentException("there are " + typeIds.length + " \"token_type_ids\" for "
                    + inputIds.length + " \"input_ids\"");
        }
        return typeIds;
    }

    private static @Nullable String string(JsonObject object, String name) {
        JsonElement value = object.get(name);
        if (value == null) {
            return null;
        }
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
            throw new IllegalArgumentException("\"" + name + "\" is not a string");
        }
        return value.getAsString();
    }

    private static int @Nullable [] integers(JsonObject object, String name) {
        JsonElement value = object.get(name);
        if (value == null) {
            return null;
        }
        if (!value.isJsonArray()) {
            throw new IllegalArgumentException("\"" + name + "\" is not an array");
        }
        JsonArray array = value.getAsJsonArray();
        if (array.isEmpty()) {
            throw new IllegalArgumentException("\"" + name + "\" is empty");
        }
        int[] integers = new int[array.size()];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = integer(array.get(i), name);
        }
        return integers;
    }

    private static int integer(JsonElement value, String name) {
        try {
            if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
                return Integer.parseInt(value.getAsString());
            }
        } catch (NumberFormatException e) {
            // Said below, with the value.
        }
        throw new IllegalArgumentException("in \"" + name + "\" stands " + value + ", not a whole number");
    }
}
