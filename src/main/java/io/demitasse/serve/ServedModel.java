package io.demitasse.serve;

import io.demitasse.study.Explainer;
import io.demitasse.study.Inspector;
import io.demitasse.Classification;
import io.demitasse.Options;
import io.demitasse.Pooling;
import io.demitasse.TextClassifier;
import io.demitasse.TextEmbedder;
import io.demitasse.Truncation;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
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
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A model as a server uses it: it makes vectors of texts, and classifies them if it has a classification head. */
public final class ServedModel implements AutoCloseable {

    private static final String HEAD = "classifier.weight";
    /** Tokens that an explanation takes there and back at once, at most, and for each token of a short text. */
    private static final int EXPLAINED_TOGETHER = 512;
    private static final int EXPLAINED_POINTS = 17;
    /** What an inspection takes for a label: its scores at each depth, and for each word without, and in the page. */
    private static final int SCORES_BYTES = 1500;

    /**
     * What the header of a model's file tells.
     *
     * @param parameters how many numbers the file holds
     * @param widths the columns and rows of all layers' matrices, added up: a pass makes so many numbers of a token
     */
    private record Facts(boolean classifies, Dtype dtype, long parameters, long widths, String fingerprint) {

        static Facts read(Path file) {
            try (FlatFile flat = ModelFiles.open(file)) {
                long parameters = 0;
                long widths = 0;
                TensorInfo largest = null;
                for (TensorInfo tensor : flat.tensors()) {
                    parameters += tensor.elements();
                    if (tensor.shape().size() == 2 && !tensor.name().contains("embeddings") && !tensor.name().equals(HEAD)) {
                        widths += tensor.shape().get(0) + (long) tensor.shape().get(1);
                    }
                    largest = largest == null || tensor.bytes() > largest.bytes() ? tensor : largest;
                }
                return new Facts(flat.has(HEAD), largest == null ? Dtype.F32 : largest.dtype(), parameters, widths,
                        flat.fingerprint());
            }
        }
    }

    private final Path file;
    private final Facts facts;
    private final @Nullable TextClassifier classifier;     // null without a head
    private final TextEmbedder encoder;
    private final Pooling pooling;
    private volatile boolean explained;     // then the weights to go back through are there

    private ServedModel(Path file, Facts facts, @Nullable TextClassifier classifier, TextEmbedder encoder,
            Pooling pooling) {
        this.file = file;
        this.facts = facts;
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
     * @throws ModelFormatException if the file is damaged or not a flat weight file, or another one took its place while
     *     it was loaded
     * @throws IllegalArgumentException if it has no vocabulary, or the kernels asked for do not work here
     */
    public static ServedModel load(Path file, Options options, Pooling pooling) {
        Options forStrangers = options.withSplitSpecialTokens(true).withTruncation(Truncation.TRUNCATE);
        Facts facts = Facts.read(file);
        TextClassifier classifier = facts.classifies() ? TextClassifier.load(file, forStrangers) : null;
        TextEmbedder encoder = classifier != null ? classifier.encoder() : TextEmbedder.load(file, forStrangers);
        ServedModel model = new ServedModel(file, facts, classifier, encoder, pooling);
        try {
            model.tokenizer();
            if (!Facts.read(file).equals(facts)) {
                throw new ModelFormatException(file, "it was replaced while it was loaded: try again");
            }
            return model;
        } catch (ModelFormatException e) {
            model.close();
            throw e;
        } catch (IllegalArgumentException e) {
            model.close();
            throw new IllegalArgumentException(file + " has no vocabulary, so it cannot read the texts of requests", e);
        }
    }

    /** The name of the file, without its ending. */
    public String name() {
        return fileName().replaceFirst("\\.flat$", "");
    }

    String fileName() {
        return file.getFileName().toString();
    }

    /** Whether it puts labels on texts. */
    public boolean isClassifier() {
        return classifier != null;
    }

    Dtype dtype() {
        return facts.dtype();
    }

    int dim() {
        return encoder.dim();
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

    /**
     * About how much memory an inspection takes on top of what is there: a trace; and to go back through the model its
     * weights in float32, which stay, and what a pass there and back makes of its tokens. That is their widths and a
     * quarter more, for attention and what lies between (about 400 kB a token of DistilBERT,
     * of which 338 are widths).
     */
    long inspectionBytes(int tokens) {
        long together = Math.max(tokens, Math.min(EXPLAINED_TOGETHER, (long) EXPLAINED_POINTS * tokens));
        long scores = (long) SCORES_BYTES * labels().size();
        return (explained ? 0 : facts.parameters() * Float.BYTES)
                + (2 * tokens + together * 5 / 4) * facts.widths() * Float.BYTES + scores;
    }

    /**
     * How the text came to its label: one page with all that there is to see, in UTF-8.
     *
     * @throws ModelFormatException if the model's file is not the one that was loaded
     */
    byte[] inspect(String text) {
        Inspection inspection = new Inspector(classifier.model()).inspect(text);
        Set<Attribution.Method> methods = Page.methods(inspection);
        ByteArrayOutputStream page = new ByteArrayOutputStream();
        try {
            new Page().add(inspection, methods.isEmpty() ? null : new Explainer(classifier.model()).explain(inspection, methods)).write(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        explained = true;
        return page.toByteArray();
    }

    /** Ends the model's threads. */
    @Override
    public void close() {
        encoder.close();
    }
}
