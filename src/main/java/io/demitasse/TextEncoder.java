package io.demitasse;

import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.kernel.Matrix;
import io.demitasse.model.Trace;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Makes vectors of texts: the last hidden states of DistilBERT or BERT, pooled. Immutable and thread-safe, and owns
 * threads and memory until it is closed, as {@link TextClassifier} does.
 */
public final class TextEncoder implements AutoCloseable {

    private final TextModel model;

    TextEncoder(TextModel model) {
        this.model = model;
    }

    /** Loads a flat weight file with {@link Options#defaults()}. */
    public static TextEncoder load(Path file) {
        return load(file, Options.defaults());
    }

    /**
     * Loads a flat weight file, with or without a classification head.
     *
     * @throws io.demitasse.file.ModelFormatException if the file is damaged or not a flat weight file
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TextEncoder load(Path file, Options options) {
        try (FlatFile flat = ModelFiles.open(file)) {
            return new TextEncoder(TextModel.load(flat, options));
        }
    }

    /** Loads a flat weight file out of a stream with {@link Options#defaults()}. */
    public static TextEncoder load(InputStream stream) {
        return load(stream, Options.defaults());
    }

    /**
     * Loads a flat weight file out of a stream, as {@link TextClassifier#load(InputStream, Options)} does.
     *
     * @throws io.demitasse.file.ModelFormatException if the file is damaged or not a flat weight file
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TextEncoder load(InputStream stream, Options options) {
        try (FlatFile flat = FlatFile.read(stream)) {
            return new TextEncoder(TextModel.load(flat, options));
        }
    }

    /** How many numbers a vector has. */
    public int dim() {
        return model.config().dim();
    }

    /**
     * The model's tokenizer.
     *
     * @throws IllegalArgumentException if the model has no vocabulary
     */
    public WordPieceTokenizer tokenizer() {
        return model.tokenizer();
    }

    /** The mean of the text's hidden states, {@code [dim]}. */
    public float[] embed(String text) {
        return embed(List.of(text), Pooling.MEAN, false).get(0);
    }

    /** The means of the texts' hidden states, {@code [dim]} each. */
    public List<float[]> embed(List<String> texts) {
        return embed(texts, Pooling.MEAN, false);
    }

    /**
     * A vector of {@code [dim]} for each text.
     *
     * @param normalize whether vectors are scaled to length 1, so that their dot product is the cosine
     * @throws IllegalArgumentException if a text is too long for the model, under {@link Truncation#FAIL}; by default it
     *     is cut
     */
    public List<float[]> embed(List<String> texts, Pooling pooling, boolean normalize) {
        Sequences sequences = model.encode(texts);
        List<float[]> vectors = pool(sequences.ids(), pooling);
        if (model.aggregation() != null) {
            vectors = aggregate(sequences, vectors);
        }
        if (normalize) {
            vectors.forEach(TextEncoder::normalize);
        }
        return vectors;
    }

    private List<float[]> aggregate(Sequences sequences, List<float[]> vectors) {
        List<float[]> aggregated = new ArrayList<>();
        for (int text = 0; text < sequences.texts(); text++) {
            List<float[]> windows = vectors.subList(sequences.start(text), sequences.end(text));
            aggregated.add(windows.size() == 1 ? windows.get(0)
                    : model.aggregation().aggregate(windows, sequences.tokens(text)));
        }
        return aggregated;
    }

    /**
     * A vector of {@code [dim]} for each sequence of token ids, special tokens included.
     *
     * @throws IllegalArgumentException if one is empty, too long for the model, or has an id not in the vocabulary
     */
    public List<float[]> embedIds(List<int[]> inputIds, Pooling pooling, boolean normalize) {
        List<float[]> vectors = pool(inputIds, pooling);
        if (normalize) {
            vectors.forEach(TextEncoder::normalize);
        }
        return vectors;
    }

    private List<float[]> pool(List<int[]> inputIds, Pooling pooling) {
        Objects.requireNonNull(pooling, "pooling");
        float[][] vectors = new float[inputIds.size()][];
        boolean cls = pooling == Pooling.CLS;
        TextModel.Pass pass = (encoder, batch, workspace) -> cls
                ? encoder.forwardFirst(batch, workspace, Trace.NONE) : encoder.forward(batch, workspace, Trace.NONE);
        model.run(inputIds, pass, (first, batch, hiddenStates, workspace) -> {
            for (int s = 0; s < batch.sequences(); s++) {
                vectors[first + s] = cls ? mean(hiddenStates, s, 1)
                        : mean(hiddenStates, batch.start(s), batch.length(s));
            }
        });
        return Arrays.asList(vectors);
    }

    private static float[] mean(Matrix hiddenStates, int start, int tokens) {
        float[] mean = new float[hiddenStates.columns()];
        for (int i = 0; i < mean.length; i++) {
            double sum = 0;
            for (int token = start; token < start + tokens; token++) {
                sum += hiddenStates.get(token, i);
            }
            mean[i] = (float) (sum / tokens);
        }
        return mean;
    }

    private static void normalize(float[] vector) {
        double squares = 0;
        for (float value : vector) {
            squares += (double) value * value;
        }
        // sentence-transformers' guard against a vector of zeros
        double length = Math.max(Math.sqrt(squares), 1e-12);
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) (vector[i] / length);
        }
    }

    /** Ends the threads. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        model.close();
    }
}
