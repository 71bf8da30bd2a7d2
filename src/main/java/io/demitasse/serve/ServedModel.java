package io.demitasse.serve;

import io.demitasse.Model;
import io.demitasse.Options;
import io.demitasse.Pooling;
import io.demitasse.Sequence;
import io.demitasse.Task;
import io.demitasse.Tasks;
import io.demitasse.TextClassifier;
import io.demitasse.TextEmbedder;
import io.demitasse.Truncation;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.TensorInfo;
import io.demitasse.kernel.Matrix;
import io.demitasse.model.Architecture;
import io.demitasse.model.Head;
import io.demitasse.model.ModelConfig;
import io.demitasse.study.Attribution;
import io.demitasse.study.Explainer;
import io.demitasse.study.Inspection;
import io.demitasse.study.Inspector;
import io.demitasse.study.Page;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A model as a server uses it, opened once for all that it is asked to do. */
public final class ServedModel implements AutoCloseable {

    private static final String HEAD = "classifier.weight";
    /** Tokens that an explanation takes there and back at once, at most, and for each token of a short text. */
    private static final int EXPLAINED_TOGETHER = 512;
    private static final int EXPLAINED_POINTS = 17;
    /** What an inspection takes for a label: its scores at each depth, and for each word without, and in the page. */
    private static final int SCORES_BYTES = 1500;
    /** Numbers that a head gives at once, at most: with many labels they would take more memory than the texts do. */
    private static final int OUTPUTS = 1 << 20;

    /**
     * What the header of a model's file tells.
     *
     * @param parameters how many numbers the file holds
     * @param widths the columns and rows of all layers' matrices, added up: a pass makes so many numbers of a token
     */
    private record Facts(Architecture architecture, Dtype dtype, long parameters, long widths, String fingerprint) {

        boolean classifies() {
            return architecture == Architecture.SEQUENCE_CLASSIFICATION;
        }

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
                return new Facts(ModelConfig.of(flat).architecture(), largest == null ? Dtype.F32 : largest.dtype(), parameters, widths,
                        flat.fingerprint());
            }
        }
    }

    private final Path file;
    private final Facts facts;
    private final Model model;
    private final @Nullable TextClassifier classifier;     // null without a head that puts labels on texts
    private final TextEmbedder embedder;
    private final Pooling pooling;
    /** By a head itself: requests with the same one share batches. */
    private final Map<Head, Work<Sequence, Matrix>> works = Collections.synchronizedMap(new IdentityHashMap<>());
    private volatile boolean explained;     // then the weights to go back through are there

    private ServedModel(Path file, Facts facts, Model model, @Nullable Pooling pooling) {
        this.file = file;
        this.facts = facts;
        this.model = model;
        this.classifier = facts.classifies() ? new TextClassifier(model) : null;
        this.embedder = new TextEmbedder(model);
        this.pooling = pooling == null ? embedder.settings().pooling() : pooling;
    }

    /**
     * Loads a flat weight file, or a Hugging Face folder. Texts of requests come from strangers, so {@code [SEP]} and the
     * like standing in them are plain text, whatever the options say, unless it is a masked language model, which has to
     * know its masks; and one that is too long is cut.
     *
     * @param options threads and kernels
     * @param pooling how vectors are made; null for the model's own way
     * @throws ModelFormatException if the file is damaged or not a flat weight file, or another one took its place while
     *     it was loaded
     * @throws IllegalArgumentException if it has no vocabulary, or the kernels asked for do not work here
     */
    public static ServedModel load(Path file, Options options, @Nullable Pooling pooling) {
        Facts facts = Facts.read(file);
        Options forStrangers = options.withTruncation(Truncation.TRUNCATE)
                .withSplitSpecialTokens(facts.architecture() != Architecture.MASKED_LM);
        ServedModel served = new ServedModel(file, facts, Model.load(file, forStrangers), pooling);
        try {
            served.tokenizer();
            if (!Facts.read(file).equals(facts)) {
                throw new ModelFormatException(file, "it was replaced while it was loaded: try again");
            }
            return served;
        } catch (ModelFormatException e) {
            served.close();
            throw e;
        } catch (IllegalArgumentException e) {
            served.close();
            throw new IllegalArgumentException(file + " has no vocabulary, so it cannot read the texts of requests", e);
        }
    }

    /** The name of the file, without its ending. */
    public String name() {
        return fileName().replaceFirst("\\.flat$", "");
    }

    String fileName() {
        return file.toAbsolutePath().normalize().getFileName().toString();
    }

    /** Whether it puts labels on texts. */
    public boolean isClassifier() {
        return classifier != null;
    }

    /** The model that is served; closed with this. */
    public Model model() {
        return model;
    }

    /** What the model was made for. */
    Task task() {
        return Tasks.of(model);
    }

    TextClassifier classifier() {
        return classifier;
    }

    TextEmbedder embedder() {
        return embedder;
    }

    /** How vectors are made unless a request says otherwise. */
    TextEmbedder.Settings embedding() {
        return embedder.settings().withPooling(pooling);
    }

    Dtype dtype() {
        return facts.dtype();
    }

    List<String> labels() {
        return model.labels();
    }

    WordPieceTokenizer tokenizer() {
        return model.tokenizer();
    }

    /** What a head is asked to compute. */
    Work<Sequence, Matrix> work(Head head) {
        return works.computeIfAbsent(head, one -> Work.of(Sequence::size, Math.max(1, OUTPUTS / Math.max(1, one.width())),
                sequences -> model.outputs(one, sequences)));
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
        Inspection inspection = new Inspector(model).inspect(text);
        Set<Attribution.Method> methods = Page.methods(inspection);
        ByteArrayOutputStream page = new ByteArrayOutputStream();
        try {
            new Page().add(inspection, methods.isEmpty() ? null
                    : new Explainer(model).explain(inspection, methods)).write(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        explained = true;
        return page.toByteArray();
    }

    /** Ends the model's threads. */
    @Override
    public void close() {
        model.close();
    }
}
