package io.demitasse.tokenizer;

import static io.demitasse.tokenizer.TokenizerFile.get;
import static io.demitasse.tokenizer.TokenizerFile.shown;
import static io.demitasse.tokenizer.TokenizerFile.string;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/**
 * An added token where a file names it.
 *
 * @param id the id it has there; {@link #NO_ID} if it has none
 */
record NamedToken(TokenizerFile file, String key, String content, boolean lstrip, boolean rstrip, boolean singleWord,
        boolean normalized, boolean special, int id) {

    static final int NO_ID = -1;

    static NamedToken special(TokenizerFile file, String key, String content) {
        return new NamedToken(file, key, content, false, false, false, false, true, NO_ID);
    }

    /** A token that is a text, or an object with flags; {@code special} is for one that does not say so. */
    static NamedToken read(TokenizerFile file, String key, JsonElement value, boolean special) {
        JsonObject flags = value.isJsonObject() ? value.getAsJsonObject() : new JsonObject();
        String content = string(value.isJsonObject() ? get(value, "content") : value);
        if (content == null || content.isEmpty()) {
            throw file.refuse(key, "a token", shown(value));
        }
        if (content.codePoints().anyMatch(c -> c == '\n' || c == '\r'
                || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw file.refuse(key, "a token without line ends and lone surrogates", shown(content));
        }
        boolean isSpecial = file.flag(flags, "special", special, key + ": special");
        return new NamedToken(file, key, content, file.flag(flags, "lstrip", false, key + ": lstrip"),
                file.flag(flags, "rstrip", false, key + ": rstrip"),
                file.flag(flags, "single_word", false, key + ": single_word"),
                file.flag(flags, "normalized", !isSpecial, key + ": normalized"), isSpecial, NO_ID);
    }

    NamedToken withId(int id) {
        return new NamedToken(file, key, content, lstrip, rstrip, singleWord, normalized, special, id);
    }

    NamedToken withSpecial(boolean special, boolean normalized) {
        return new NamedToken(file, key, content, lstrip, rstrip, singleWord, normalized, special, id);
    }

    /** Whether it has the flags that a special token has which is only a name. */
    boolean isPlainSpecial() {
        return special && !lstrip && !rstrip && !singleWord && !normalized;
    }

    JsonObject toJson(int id) {
        JsonObject json = new JsonObject();
        json.addProperty("id", id);
        json.addProperty("content", content);
        json.addProperty("lstrip", lstrip);
        json.addProperty("rstrip", rstrip);
        json.addProperty("single_word", singleWord);
        json.addProperty("normalized", normalized);
        json.addProperty("special", special);
        return json;
    }
}
