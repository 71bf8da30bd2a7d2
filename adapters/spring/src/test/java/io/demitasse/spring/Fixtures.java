package io.demitasse.spring;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The library's own models, by their paths from here. */
public final class Fixtures {

    public static final String SST2 = "../../weights/sst2-distilbert.flat";
    public static final String MINILM = "../../weights/all-MiniLM-L6-v2.flat";

    private Fixtures() {
    }

    /** A small random model with a head, as Hugging Face writes it. */
    public static String head(String name) {
        return "../../src/test/resources/heads/" + name;
    }

    /** What transformers or sentence-transformers make of it. */
    public static JsonObject expected(String name) {
        try {
            return JsonParser.parseString(Files.readString(Path.of(head(name), "expected.json"))).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
