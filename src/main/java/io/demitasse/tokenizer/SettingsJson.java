package io.demitasse.tokenizer;

import static io.demitasse.tokenizer.TokenizerFile.shown;
import static io.demitasse.tokenizer.TokenizerFile.string;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A tokenizer's settings as a flat file's header has them: what is absent is as an uncased BERT has it. */
public final class SettingsJson {

    private final String where;
    private final JsonObject json;

    private SettingsJson(String where, JsonObject json) {
        this.where = where;
        this.json = json;
    }

    /**
     * Reads the settings.
     *
     * @throws IllegalArgumentException if a value is none that its key can have; the message names both
     */
    public static TokenizerSettings read(JsonObject json) {
        return new SettingsJson("", json).settings();
    }

    private TokenizerSettings settings() {
        TokenizerSettings usual = TokenizerSettings.uncased();
        return new TokenizerSettings(flag("lowercase", usual.lowercase()), optionalFlag("strip_accents"),
                flag("tokenize_chinese_chars", usual.tokenizeChineseChars()),
                integer("max_length", usual.maxLength()), flag("split_special_tokens", usual.splitSpecialTokens()),
                side(), specialTokens(), addedTokens(), integer("max_input_chars_per_word", usual.maxInputCharsPerWord()),
                flag("clean_up_tokenization_spaces", usual.cleanUpTokenizationSpaces()));
    }

    private TruncationSide side() {
        JsonElement value = json.get("truncation_side");
        String side = value == null ? "right" : string(value);
        if (!"left".equals(side) && !"right".equals(side)) {
            throw refuse("truncation_side", "\"left\" or \"right\"", value);
        }
        return side.equals("left") ? TruncationSide.LEFT : TruncationSide.RIGHT;
    }

    private SpecialTokens specialTokens() {
        JsonElement value = json.get("special_tokens");
        if (value == null) {
            return SpecialTokens.BERT;
        }
        SettingsJson names = inner("special_tokens", value);
        SpecialTokens usual = SpecialTokens.BERT;
        return new SpecialTokens(names.token("unk", usual.unk()), names.token("cls", usual.cls()),
                names.token("sep", usual.sep()), names.optionalToken("pad", usual.pad()),
                names.optionalToken("mask", usual.mask()));
    }

    private List<AddedToken> addedTokens() {
        List<AddedToken> tokens = new ArrayList<>();
        JsonElement value = json.get("added_tokens");
        if (value == null) {
            return tokens;
        }
        if (!value.isJsonArray()) {
            throw refuse("added_tokens", "an array", value);
        }
        for (JsonElement entry : value.getAsJsonArray()) {
            SettingsJson token = inner("added_tokens", entry);
            tokens.add(new AddedToken(token.integer("id", -1), token.token("content", ""), token.flag("lstrip", false),
                    token.flag("rstrip", false), token.flag("single_word", false), token.flag("normalized", false),
                    token.flag("special", false)));
        }
        return tokens;
    }

    private SettingsJson inner(String key, JsonElement value) {
        if (!value.isJsonObject()) {
            throw refuse(key, "an object", value);
        }
        return new SettingsJson(key + ".", value.getAsJsonObject());
    }

    private String token(String key, String otherwise) {
        String token = optionalToken(key, otherwise);
        if (token == null) {
            throw refuse(key, "a text", json.get(key));
        }
        return token;
    }

    private @Nullable String optionalToken(String key, @Nullable String otherwise) {
        JsonElement value = json.get(key);
        if (value == null) {
            return otherwise;
        }
        String token = string(value);
        if (token == null && !value.isJsonNull()) {
            throw refuse(key, "a text", value);
        }
        return token;
    }

    private int integer(String key, int otherwise) {
        JsonElement value = json.get(key);
        Integer number = value == null ? Integer.valueOf(otherwise) : TokenizerFile.integer(value);
        if (number == null) {
            throw refuse(key, "a whole number", value);
        }
        return number;
    }

    private boolean flag(String key, boolean otherwise) {
        JsonElement value = json.get(key);
        if (value == null || value.isJsonNull()) {
            return otherwise;
        }
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
            throw refuse(key, "true or false", value);
        }
        return value.getAsBoolean();
    }

    private @Nullable Boolean optionalFlag(String key) {
        JsonElement value = json.get(key);
        return value == null || value.isJsonNull() ? null : Boolean.valueOf(flag(key, false));
    }

    private IllegalArgumentException refuse(String key, String expected, @Nullable JsonElement found) {
        return new IllegalArgumentException(where + key + ": expected " + expected + ", found " + shown(found));
    }
}
