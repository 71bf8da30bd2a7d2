package io.demitasse.serve;

import io.demitasse.Classification;
import io.demitasse.Options;
import io.demitasse.Pooling;
import io.demitasse.TextClassifier;
import io.demitasse.TextEmbedder;
import io.demitasse.Truncation;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.TensorInfo;
import io.demitasse.study.Attribution;
import io.demitasse.study.Inspection;
import io.demitasse.study.Page;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A model as a server uses it: it makes vectors of texts, and classifies them if it has a classification head. */
public final class ServedModel implements AutoCloseable {

    private static final String HEAD = "classifier.weight";

    private final String name;
    private final Dtype dtype;
    private final @Nullable TextClassifier classifier;     // null without a head
    private final TextEmbedder encoder;
    private final Pooling pooling;

    private ServedModel(String name, Dtype dtype, @Nullable TextClassifier classifier, TextEmbedder encoder,
            Pooling pooling) {
        this.name = name;
        this.dtype = dtype;
        this.classifier = classifier;
        this.encoder = encoder;
        this.pooling = pooling;
    }

    /**
     * Loads a flat weight file. Texts of requests come from strangers, so {@code [SEP]} and the like standing in them
     * are plain text, whatever the options say, and one that is too long is cut.
     *
     * @param options threads and kernels
     * @param pooling how vectors are made
     * @throws io.demitasse.file.ModelFormatException if the file is damaged or not a flat weight file
     * @throws IllegalArgumentException if it has no vocabulary, or the kernels asked for do not work here
     */
    public static ServedModel load(Path file, Options options, Pooling pooling) {
        Options forStrangers = options.withSplitSpecialTokens(true).withTruncation(Truncation.TRUNCATE);
        boolean classifies;
        Dtype dtype;
        try (FlatFile flat = ModelFiles.open(file)) {
            classifies = flat.has(HEAD);
            dtype = flat.tensors().stream().max(Comparator.comparingLong(TensorInfo::bytes)).orElseThrow().dtype();
        }
        TextClassifier classifier = classifies ? TextClassifier.load(file, forStrangers) : null;
        TextEmbedder encoder = classifies ? classifier.encoder() : TextEmbedder.load(file, forStrangers);
        String name = file.getFileName().toString().replaceFirst("\\.flat$", "");
        ServedModel model = new ServedModel(name, dtype, classifier, encoder, pooling);
        try {
            model.tokenizer();
            return model;
        } catch (IllegalArgumentException e) {
            model.close();
            throw new IllegalArgumentException(file + " has no vocabulary, so it cannot read the texts of requests", e);
        }
    }

    /** The name of the file, without its ending. */
    public String name() {
        return name;
    }

    /** Whether it puts labels on texts. */
    public boolean isClassifier() {
        return classifier != null;
    }

    Dtype dtype() {
        return dtype;
    }

    Pooling pooling() {
        return pooling;
    }

    List<String> labels() {
        return classifier.labels();
    }

    WordPieceTokenizer tokenizer() {
        return encoder.tokenizer();
    }

    Encoding encode(Input input) {
        return input.pair() == null ? tokenizer().encode(input.text()) : tokenizer().encode(input.text(), input.pair());
    }

    List<Classification> classify(List<int[]> inputIds) {
        return classifier.classifyIds(inputIds);
    }

    List<float[]> embed(List<int[]> inputIds) {
        return encoder.embedIds(inputIds, pooling, false);
    }

    List<float[]> embedNormalized(List<int[]> inputIds) {
        return encoder.embedIds(inputIds, pooling, true);
    }

    /** How the text came to its label: one page with all that there is to see, in UTF-8. */
    byte[] inspect(String text) {
        Inspection inspection = classifier.inspect(text);
        Set<Attribution.Method> methods = Page.methods(inspection);
        ByteArrayOutputStream page = new ByteArrayOutputStream();
        try {
            new Page().add(inspection, methods.isEmpty() ? null : classifier.explain(inspection, methods)).write(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return page.toByteArray();
    }

    /** Ends the model's threads. */
    @Override
    public void close() {
        encoder.close();
    }
}
