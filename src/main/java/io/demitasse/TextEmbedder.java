package io.demitasse;

import io.demitasse.model.Head;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Makes vectors of texts: the last hidden states of DistilBERT or BERT, pooled. Immutable and thread-safe, and owns
 * threads and memory until it is closed, as {@link TextClassifier} does.
 */
public final class TextEmbedder implements AutoCloseable {

    private final Model model;

    /** An embedder on a model that is open, whatever its head; closing it closes the model. */
    public TextEmbedder(Model model) {
        this.model = model;
    }

    /** Loads a model with {@link Options#defaults()}. */
    public static TextEmbedder load(Path file) {
        return load(file, Options.defaults());
    }

    /**
     * Loads a model, with or without a head.
     *
     * @throws io.demitasse.file.ModelFormatException if the file is damaged or no model
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TextEmbedder load(Path file, Options options) {
        return new TextEmbedder(Model.load(file, options));
    }

    /** Loads a flat weight file out of a stream with {@link Options#defaults()}. */
    public static TextEmbedder load(InputStream stream) {
        return load(stream, Options.defaults());
    }

    /**
     * Loads a flat weight file out of a stream, as {@link Model#load(InputStream, Options)} does.
     *
     * @throws io.demitasse.file.ModelFormatException if the file is damaged or not a flat weight file
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TextEmbedder load(InputStream stream, Options options) {
        return new TextEmbedder(Model.load(stream, options));
    }

    /** The model below. */
    public Model model() {
        return model;
    }

    /** How many numbers a vector has. */
    public int dim() {
        return model.config().shape().dim();
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
        return model.run(job(texts.stream().map(Input::of).toList(), pooling, normalize));
    }

    /**
     * A vector of {@code [dim]} for each sequence of token ids, special tokens included.
     *
     * @throws IllegalArgumentException if one is empty, too long for the model, or has an id not in the vocabulary
     */
    public List<float[]> embedIds(List<int[]> inputIds, Pooling pooling, boolean normalize) {
        return model.run(job(inputIds.stream().map(Input::ofIds).toList(), pooling, normalize));
    }

    /** The work that {@link #embed(List, Pooling, boolean)} does. */
    public Job<List<float[]>> job(List<? extends Input> inputs, Pooling pooling, boolean normalize) {
        Objects.requireNonNull(pooling, "pooling");
        Sequences sequences = model.encode(inputs);
        Head head = model.head(pooling.head());
        return new Job<>(head, sequences.all(), outputs -> {
            List<float[]> vectors = new ArrayList<>(inputs.size());
            for (int i = 0; i < inputs.size(); i++) {
                float[] vector = sequences.aggregate(i, outputs);                   // [dim]
                if (normalize) {
                    normalize(vector);
                }
                vectors.add(vector);
            }
            return vectors;
        });
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
