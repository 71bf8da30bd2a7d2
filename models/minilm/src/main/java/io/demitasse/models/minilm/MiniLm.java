package io.demitasse.models.minilm;

import io.demitasse.Options;
import io.demitasse.TextEmbedder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * sentence-transformers' all-MiniLM-L6-v2, in int8: it makes vectors of 384 numbers of English sentences and short
 * paragraphs, and those of a like meaning have like directions. Whose its weights are stands in {@code META-INF/NOTICE}
 * beside it.
 */
public final class MiniLm {

    /** The name of the weights on the class path, for those who load them otherwise. */
    public static final String RESOURCE = "META-INF/demitasse/all-MiniLM-L6-v2.flat";

    private MiniLm() {
    }

    /** Loads the model with {@link Options#defaults()}. */
    public static TextEmbedder load() {
        return load(Options.defaults());
    }

    /**
     * Loads the model.
     *
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TextEmbedder load(Options options) {
        try (InputStream weights = MiniLm.class.getResourceAsStream("/" + RESOURCE)) {
            return TextEmbedder.load(weights, options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
