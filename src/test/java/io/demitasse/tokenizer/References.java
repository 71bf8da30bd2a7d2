package io.demitasse.tokenizer;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The reference data in the folder wordpiece, see its README. */
final class References {

    private References() {
    }

    static WordPieceTokenizer tokenizer() {
        return new WordPieceTokenizer(vocabulary(), TokenizerSettings.uncased());
    }

    static Vocabulary vocabulary() {
        return Vocabulary.parse(bytes("vocab.txt"));
    }

    static List<JsonObject> lines(String name) {
        return new String(bytes(name), StandardCharsets.US_ASCII).lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
    }

    static byte[] bytes(String name) {
        try (InputStream stream = References.class.getResourceAsStream("/wordpiece/" + name)) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
