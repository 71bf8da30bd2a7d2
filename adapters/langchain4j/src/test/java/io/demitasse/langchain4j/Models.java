package io.demitasse.langchain4j;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;

/** The models that the tests run, which lie in the library's folder. */
final class Models {

    private static final Path ROOT = Path.of("../..");

    /** Makes vectors of 384 numbers; int8. */
    static final Path MINILM = ROOT.resolve("weights/all-MiniLM-L6-v2.flat");
    /** NEGATIVE and POSITIVE; int8. */
    static final Path SST2 = ROOT.resolve("weights/sst2-distilbert.flat");

    private Models() {
    }

    /** A tiny model as Hugging Face's code writes it, with what that code makes of some texts. */
    static Path head(String name) {
        return ROOT.resolve("src/test/resources/heads").resolve(name);
    }

    static JsonObject expected(String head) throws IOException {
        try (Reader reader = Files.newBufferedReader(head(head).resolve("expected.json"))) {
            return JsonParser.parseReader(reader).getAsJsonObject();
        }
    }

    static double cosine(float[] a, float[] b) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            dot += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(aa * bb);
    }
}
