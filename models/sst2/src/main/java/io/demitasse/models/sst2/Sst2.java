package io.demitasse.models.sst2;

import io.demitasse.Options;
import io.demitasse.TextClassifier;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * A DistilBERT that was fine-tuned on SST-2: it labels English sentences {@code POSITIVE} or {@code NEGATIVE}. How it was
 * made, how good it is and whose its weights are stands in {@code META-INF/NOTICE} beside it.
 */
public final class Sst2 {

    /** The name of the weights on the class path, for those who load them otherwise. */
    public static final String RESOURCE = "META-INF/demitasse/sst2-distilbert.flat";

    private Sst2() {
    }

    /** Loads the model with {@link Options#defaults()}. */
    public static TextClassifier load() {
        return load(Options.defaults());
    }

    /**
     * Loads the model.
     *
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TextClassifier load(Options options) {
        try (InputStream weights = Sst2.class.getResourceAsStream("/" + RESOURCE)) {
            return TextClassifier.load(weights, options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
