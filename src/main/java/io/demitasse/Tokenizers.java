package io.demitasse;

import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.tokenizer.SettingsJson;
import io.demitasse.tokenizer.TokenizerSettings;
import io.demitasse.tokenizer.Vocabulary;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.nio.file.Path;

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

    /** @param splitSpecialTokens whether special tokens are plain text even if the file does not say so */
    static WordPieceTokenizer read(FlatFile file, boolean splitSpecialTokens) {
        byte[] lines = file.bytes(FlatFile.VOCABULARY);
        try {
            TokenizerSettings settings = SettingsJson.read(file.tokenizer());
            return new WordPieceTokenizer(Vocabulary.parse(lines), settings.withSplitSpecialTokens(
                    splitSpecialTokens || settings.splitSpecialTokens()));
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(file.path(), "tokenizer: " + e.getMessage(), e);
        }
    }
}
