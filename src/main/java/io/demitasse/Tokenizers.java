package io.demitasse;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.tokenizer.TokenizerSettings;
import io.demitasse.tokenizer.Vocabulary;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Tokenizers as flat weight files hold them. */
public final class Tokenizers {

    private Tokenizers() {
    }

    /**
     * Reads a model's tokenizer alone, without its weights.
     *
     * @throws ModelFormatException if the file is damaged, not a flat weight file, or has no vocabulary
     */
    public static WordPieceTokenizer load(Path file) {
        try (FlatFile flat = ModelFiles.open(file)) {
            return read(flat, false);
        }
    }

    /** Reads a model's tokenizer out of a stream, all of which is read. */
    public static WordPieceTokenizer load(InputStream stream) {
        try (FlatFile flat = FlatFile.read(stream)) {
            return read(flat, false);
        }
    }

    static WordPieceTokenizer read(FlatFile file, boolean splitSpecialTokens) {
        byte[] lines = file.bytes(FlatFile.VOCABULARY);
        JsonObject json = file.tokenizer();
        try {
            TokenizerSettings uncased = TokenizerSettings.uncased();
            return new WordPieceTokenizer(Vocabulary.parse(lines), new TokenizerSettings(
                    flag(json, "lowercase", uncased.lowercase()),
                    flag(json, "strip_accents", uncased.stripAccents()),
                    flag(json, "tokenize_chinese_chars", uncased.tokenizeChineseChars()),
                    maxLength(json, uncased.maxLength()), splitSpecialTokens));
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(file.path(), "tokenizer: " + e.getMessage(), e);
        }
    }

    private static int maxLength(JsonObject json, int otherwise) {
        JsonElement value = json.get("max_length");
        if (value == null) {
            return otherwise;
        }
        try {
            if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
                return Integer.parseInt(value.getAsString());
            }
        } catch (NumberFormatException e) {
            // Said below, with the value.
        }
        throw new IllegalArgumentException("\"max_length\" is " + value + ", not a whole number");
    }

    private static @Nullable Boolean flag(JsonObject json, String name, @Nullable Boolean otherwise) {
        JsonElement value = json.get(name);
        if (value == null || value.isJsonNull()) {
            return otherwise;
        }
        if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
            throw new IllegalArgumentException("\"" + name + "\" is " + value + ", not true or false");
        }
        return value.getAsBoolean();
    }
}
