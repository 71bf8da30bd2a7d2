package io.demitasse;

import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.MathFunctions;
import io.demitasse.kernel.Matrix;
import io.demitasse.model.ClassificationHead;
import io.demitasse.model.SequenceClassifier;
import io.demitasse.model.Trace;
import io.demitasse.study.Attribution;
import io.demitasse.study.Explainer;
import io.demitasse.study.Explanation;
import io.demitasse.study.Inspection;
import io.demitasse.study.Tokenization;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.Vocabulary;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Puts labels on texts with a fine-tuned DistilBERT or BERT. Immutable and thread-safe: share one instance between
 * as many threads as you like. It owns threads and memory until it is closed.
 */
public final class TextClassifier implements AutoCloseable {

    /** Logits that the head makes at once: with many labels they would take more than the encoder does. */
    private static final int SCORES = 1 << 20;

    private final TextModel model;
    private final ClassificationHead head;
    private final List<String> labels;
    private final @Nullable Path file;
    private final String fingerprint;       // of the file
    private @Nullable SequenceClassifier differentiable;      // once it is needed

    private TextClassifier(@Nullable Path file, String fingerprint, TextModel model, ClassificationHead head,
                           List<String> labels) {
        this.file = file;
        this.fingerprint = fingerprint;
        this.model = model;
        this.head = head;
        this.labels = labels;
    }

    /** Loads a flat weight file with {@link Options#defaults()}. */
    public static TextClassifier load(Path file) {
        return load(file, Options.defaults());
    }

    /**
     * Loads a flat weight file.
     *
     * @throws ModelFormatException if the file is damaged, not a flat weight file, or has no classification head
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TextClassifier load(Path file, Options options) {
        try (FlatFile flat = FlatFile.open(file)) {
            return load(flat, file, options);
        }
    }

    /** Loads a flat weight file out of a stream with {@link Options#defaults()}. */
    public static TextClassifier load(InputStream stream) {
        return load(stream, Options.defaults());
    }

    /**
     * Loads a flat weight file out of a stream, such as {@code App.class.getResourceAsStream("/model.flat")}. All of the
     * stream is read into memory first, which is given back before this returns; no file is written. The stream is the
     * caller's to close.
     *
     * @throws ModelFormatException as {@link #load(Path, Options)}
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TextClassifier load(InputStream stream, Options options) {
        try (FlatFile flat = FlatFile.read(stream)) {
            return load(flat, null, options);
        }
    }

    private static TextClassifier load(FlatFile file, @Nullable Path path, Options options) {
        if (!ClassificationHead.isIn(file)) {
            throw new ModelFormatException(file.path(), "it has no classification head (no tensor classifier.weight)");
        }
        List<String> labels = List.copyOf(file.labels());
        List<Integer> shape = file.tensor("classifier.weight").shape();
        if (shape.size() != 2) {
            throw ModelFormatException.of(file.path(), "tensor classifier.weight: shape", "[labels, dim]", shape);
        }
        int rows = shape.get(0);
        if (labels.size() != rows || rows == 0) {
            throw ModelFormatException.of(file.path(), "labels", rows + ", the rows of classifier.weight",
                    labels.size());
        }
        TextModel model = TextModel.load(file, options);
        try {
            return new TextClassifier(path, file.fingerprint(), model,
                    ClassificationHead.load(file, model.config(), labels.size(), model.kernels()), labels);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** The labels, by number. */
    public List<String> labels() {
        return labels;
    }

    /** The name of the kernels that compute. */
    public String kernels() {
        return model.kernels().name();
    }

    /**
     * The model's tokenizer.
     *
     * @throws IllegalArgumentException if the model has no vocabulary
     */
    public WordPieceTokenizer tokenizer() {
        return model.tokenizer();
    }

    /** The encoder below the head. It shares this classifier's weights, threads and memory, and is closed with it. */
    public TextEncoder encoder() {
        return new TextEncoder(model);
    }

    /**
     * Classifies a text.
     *
     * @throws IllegalArgumentException if it is too long for the model, under {@link Truncation#FAIL}; by default it is
     *     cut, see {@link Classification#tokensCut()}
     */
    public Classification classify(String text) {
        return classify(List.of(text)).get(0);
    }

    /** Classifies texts as {@link #classify(String)}; each gets the result that it would get alone. */
    public List<Classification> classify(List<String> texts) {
        Sequences sequences = model.encode(texts);
        List<Classification> results = run(sequences.ids(), sequences, Trace.NONE);
        return model.aggregation() == null ? results : aggregate(sequences, results);
    }

    private List<Classification> aggregate(Sequences sequences, List<Classification> results) {
        List<Classification> aggregated = new ArrayList<>();
        for (int text = 0; text < sequences.texts(); text++) {
            List<Classification> windows = results.subList(sequences.start(text), sequences.end(text));
            if (windows.size() == 1) {
                aggregated.add(windows.get(0));
            } else {
                float[] logits = model.aggregation().aggregate(windows.stream().map(Classification::logits).toList(),
                        sequences.tokens(text));
                int tokens = windows.stream().mapToInt(Classification::tokens).sum();
                aggregated.add(new Classification(labels, logits, probabilities(logits), tokens, 0));
            }
        }
        return List.copyOf(aggregated);
    }

    /**
     * Classifies a sequence of token ids, special tokens included, without the tokenizer.
     *
     * @throws IllegalArgumentException if it is empty, too long for the model, or has an id not in the vocabulary
     */
    public Classification classifyIds(int[] inputIds) {
        return classifyIds(List.of(inputIds)).get(0);
    }

    /** Classifies sequences of token ids, as {@link #classifyIds(int[])}. */
    public List<Classification> classifyIds(List<int[]> inputIds) {
        return run(inputIds, null, Trace.NONE);
    }

    /** Classifies a sequence of token ids and remembers every intermediate in {@code trace}. */
    public Classification classifyIds(int[] inputIds, Trace trace) {
        return run(List.of(inputIds), null, trace).get(0);
    }

    /** Classifies a text and keeps everything that there is to see on the way. It costs more time and memory. */
    public Inspection inspect(String text) {
        Encoding encoding = tokenizer().encode(text);
        return inspect(Tokenization.of(text, encoding, tokenizer()));
    }

    /** As {@link #inspect(String)}, for a sequence of token ids, special tokens included. */
    public Inspection inspectIds(int[] inputIds) {
        return inspect(Tokenization.ofIds(inputIds));
    }

    /** What each word of a text did for its label, by all {@link Attribution.Method}s. */
    public Explanation explain(String text) {
        return explain(text, EnumSet.allOf(Attribution.Method.class));
    }

    /**
     * What each word of a text did for its label. The first call reads the model file again, for weights to go back
     * through: they take as much memory as the model has in float32.
     *
     * @param methods some ways to tell, in the order of their results
     * @throws UnsupportedOperationException if this classifier was loaded out of a stream
     * @throws ModelFormatException if the file is not the one any more that was loaded
     */
    public Explanation explain(String text, Set<Attribution.Method> methods) {
        Encoding encoding = tokenizer().encode(text);
        Classification result = classifyIds(encoding.ids());
        return explain(Tokenization.of(text, encoding, tokenizer()), result.labelId(), result.score(), methods);
    }

    /** As {@link #explain(String, Set)}, for a text that has been inspected. */
    public Explanation explain(Inspection inspection, Set<Attribution.Method> methods) {
        int label = inspection.labelId();
        return explain(inspection.tokenization(), label, inspection.probabilities()[label], methods);
    }

    private Explanation explain(Tokenization tokenization, int label, float probability,
                                Set<Attribution.Method> methods) {
        Vocabulary vocabulary = tokenizer().vocabulary();
        String baseline = vocabulary.id(Explainer.BASELINE) >= 0 ? Explainer.BASELINE : "[UNK]";
        Explainer explainer = new Explainer(differentiable(), vocabulary.id(baseline));
        return new Explanation(tokenization, labels.get(label), probability, baseline,
                explainer.explain(tokenization, label, methods, model.newWorkspace()));
    }

    private synchronized SequenceClassifier differentiable() {
        if (differentiable == null) {
            if (file == null) {
                throw new UnsupportedOperationException("only a classifier that was loaded from a file can explain: the "
                        + "first explanation reads the weights again, and this one came out of a stream");
            }
            try (FlatFile flat = FlatFile.open(file)) {
                if (!flat.fingerprint().equals(fingerprint)) {
                    // Its shares would be another model's than the label that they explain.
                    throw new ModelFormatException(file, "it is not the file any more that was loaded: load it again");
                }
                flat.verify();
                differentiable = SequenceClassifier.load(flat, model.kernels());
            }
        }
        return differentiable;
    }

    private Inspection inspect(Tokenization tokenization) {
        Trace trace = new Trace();
        Inspection[] result = new Inspection[1];
        model.run(List.of(tokenization.ids()), (encoder, batch, workspace) -> encoder.forward(batch, workspace, trace),
                (first, batch, hiddenStates, workspace) -> result[0] = Inspection.of(tokenization, labels,
                        model.config(), trace, head, this::probabilities, workspace));
        return result[0];
    }

    private List<Classification> run(List<int[]> sequences, @Nullable Sequences texts, Trace trace) {
        Classification[] results = new Classification[sequences.size()];
        TextModel.Pass pass = (encoder, batch, workspace) -> encoder.forwardFirst(batch, workspace, trace);
        int together = Math.max(1, SCORES / labels.size());
        model.run(sequences, pass, (first, batch, hiddenStates, workspace) -> {
            for (int start = 0; start < batch.sequences(); start += together) {
                int rows = Math.min(together, batch.sequences() - start);
                long mark = workspace.mark();
                Matrix some = workspace.rows(hiddenStates, start, rows);        // [rows, dim]
                Matrix logits = head.forward(some, workspace, trace);           // [rows, labels]
                for (int row = 0; row < rows; row++) {
                    int s = start + row;
                    int from = logits.row(row);
                    float[] numbers = Arrays.copyOfRange(logits.data(), from, from + labels.size());
                    int tokensCut = texts == null ? 0 : texts.get(first + s).tokensCut();
                    results[first + s] = new Classification(labels, numbers, probabilities(numbers), batch.length(s),
                            tokensCut);
                }
                workspace.release(mark);
            }
        });
        return List.of(results);
    }

    private float[] probabilities(float[] logits) {
        float[] probabilities = logits.clone();
        if (model.config().independentLabels() || logits.length == 1) {
            IntStream.range(0, logits.length).forEach(i ->
                    probabilities[i] = 1 / (1 + MathFunctions.exp(-logits[i])));
        } else {
            model.kernels().softmax(probabilities, 0, probabilities.length);
        }
        return probabilities;
    }

    /** Ends the threads. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        model.close();
    }
}
