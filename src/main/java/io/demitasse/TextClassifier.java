package io.demitasse;

import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.MathFunctions;
import io.demitasse.model.Architecture;
import io.demitasse.model.ProblemType;
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

/**
 * Puts labels on texts, or on pairs of texts, with a fine-tuned DistilBERT or BERT: Hugging Face's
 * {@code text-classification}. Immutable and thread-safe: share one instance between as many threads as you like. It
 * owns threads and memory until it is closed.
 */
public final class TextClassifier implements AutoCloseable {

    private final Model model;

    /**
     * A classifier on a model that is open; closing it closes the model.
     *
     * @throws IllegalArgumentException if the model is no classifier of texts
     */
    public TextClassifier(Model model) {
        Architecture architecture = model.config().architecture();
        if (architecture != Architecture.SEQUENCE_CLASSIFICATION) {
            throw new IllegalArgumentException("it has no classification head: it is a "
                    + architecture.className(model.config().modelType()));
        }
        this.model = model;
    }

    /** Loads a model with {@link Options#defaults()}. */
    public static TextClassifier load(Path file) {
        return load(file, Options.defaults());
    }

    /**
     * Loads a model.
     *
     * @throws ModelFormatException if the file is damaged, no model, or not a classifier of texts
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TextClassifier load(Path file, Options options) {
        return on(Model.load(file, options), file);
    }

    /** Loads a flat weight file out of a stream with {@link Options#defaults()}. */
    public static TextClassifier load(InputStream stream) {
        return load(stream, Options.defaults());
    }

    /**
     * Loads a flat weight file out of a stream, as {@link Model#load(InputStream, Options)} does.
     *
     * @throws ModelFormatException as {@link #load(Path, Options)}
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static TextClassifier load(InputStream stream, Options options) {
        return on(Model.load(stream, options), Path.of("(stream)"));
    }

    private static TextClassifier on(Model model, Path path) {
        try {
            return new TextClassifier(model);
        } catch (IllegalArgumentException e) {
            model.close();
            throw new ModelFormatException(path, e.getMessage(), e);
        }
    }

    /** The model below. */
    public Model model() {
        return model;
    }

    /** The labels, by number. Two may have one name. */
    public List<String> labels() {
        return model.labels();
    }

    /** The name of the kernels that compute. */
    public String kernels() {
        return model.kernels();
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
    public TextEmbedder encoder() {
        return new TextEmbedder(model);
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
        return classifyAll(texts.stream().map(Input::of).toList());
    }

    /**
     * Classifies a pair of texts, such as a premise and a hypothesis.
     *
     * @throws IllegalArgumentException as {@link #classify(String)}, and if the model is a BERT whose file has lost its
     *     token types
     */
    public Classification classify(String text, String pair) {
        return classify(Input.of(text, pair));
    }

    /** Classifies a text, a pair or token ids. */
    public Classification classify(Input input) {
        return classifyAll(List.of(input)).get(0);
    }

    /** Classifies texts, pairs and token ids; each gets the result that it would get alone. */
    public List<Classification> classifyAll(List<? extends Input> inputs) {
        return model.run(job(inputs));
    }

    /** The work that {@link #classifyAll} does. */
    public Job<List<Classification>> job(List<? extends Input> inputs) {
        Sequences sequences = model.encode(inputs);
        return new Job<>(model.head(), sequences.all(), outputs -> {
            List<Classification> results = new ArrayList<>(inputs.size());
            for (int i = 0; i < inputs.size(); i++) {
                float[] logits = sequences.aggregate(i, outputs);                   // [labels]
                results.add(new Classification(labels(), logits, probabilities(logits), sequences.tokens(i),
                        sequences.tokensCut(i)));
            }
            return List.copyOf(results);
        });
    }

    /**
     * Classifies a sequence of token ids, special tokens included, without the tokenizer.
     *
     * @throws IllegalArgumentException if it is empty, too long for the model, or has an id not in the vocabulary
     */
    public Classification classifyIds(int[] inputIds) {
        return classify(Input.ofIds(inputIds));
    }

    /** Classifies sequences of token ids, as {@link #classifyIds(int[])}. */
    public List<Classification> classifyIds(List<int[]> inputIds) {
        return classifyAll(inputIds.stream().map(Input::ofIds).toList());
    }

    /** Classifies a sequence of token ids and remembers every intermediate in {@code trace}. */
    public Classification classifyIds(int[] inputIds, Trace trace) {
        Job<List<Classification>> job = job(List.of(Input.ofIds(inputIds)));
        return job.result(model.outputs(job.head(), job.sequences(), trace)).get(0);
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
        Explainer explainer = new Explainer(model.trainable(), vocabulary.id(baseline));
        return new Explanation(tokenization, labels().get(label), probability, baseline,
                explainer.explain(tokenization, label, methods, model.newWorkspace()));
    }

    private Inspection inspect(Tokenization tokenization) {
        Trace trace = new Trace();
        classifyIds(tokenization.ids(), trace);
        return Inspection.of(tokenization, labels(), model.config(), trace, model.head(), this::probabilities,
                model.newWorkspace());
    }

    /** As Hugging Face's pipeline makes them: by a softmax, a sigmoid for each label, or not at all. */
    private float[] probabilities(float[] logits) {
        return switch (function()) {
            case SOFTMAX -> model.softmax(logits);
            case SIGMOID -> sigmoid(logits);
            case NONE -> logits.clone();
        };
    }

    /** What scores are made of logits with, if nobody asks for another. */
    private ScoreFunction function() {
        ProblemType problem = model.config().problemType();
        if (problem == ProblemType.REGRESSION) {
            return ScoreFunction.NONE;
        }
        boolean alone = problem == ProblemType.MULTI_LABEL_CLASSIFICATION || labels().size() == 1;
        return alone ? ScoreFunction.SIGMOID : ScoreFunction.SOFTMAX;
    }

    private static float[] sigmoid(float[] logits) {
        float[] probabilities = new float[logits.length];
        for (int i = 0; i < logits.length; i++) {
            probabilities[i] = MathFunctions.sigmoid(logits[i]);
        }
        return probabilities;
    }

    /** Ends the threads. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        model.close();
    }
}
