package io.demitasse;

import com.google.gson.JsonElement;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.MathFunctions;
import io.demitasse.model.Architecture;
import io.demitasse.model.ProblemType;
import io.demitasse.model.Trace;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Puts labels on texts, or on pairs of texts, with a fine-tuned DistilBERT or BERT: Hugging Face's
 * {@code text-classification}. Immutable and thread-safe: share one instance between as many threads as you like. It
 * owns threads and memory until it is closed.
 */
public final class TextClassifier implements AutoCloseable {

    static final Task TASK = Task.named("text-classification")
            .command("classify", "Prints label, score and text, a line each.")
            .of(Architecture.SEQUENCE_CLASSIFICATION)
            .parameter("top_k", Task.Kind.INTEGER, "1", "How many labels to give, best first")
            .parameter("function_to_apply", Task.Kind.TEXT, "",
                    "What makes scores of logits: softmax, sigmoid or none; the model's own if not said")
            .does(TextClassifier::job);

    private final Model model;

    /**
     * A classifier on a model that is open; closing it closes the model.
     *
     * @throws IllegalArgumentException if the model is no classifier of texts
     */
    public TextClassifier(Model model) {
        Tasks.check(model, TASK);
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
        return Tasks.on(file, Model.load(file, options), TextClassifier::new);
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
        return Tasks.on(FlatFile.STREAM, Model.load(stream, options), TextClassifier::new);
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
        return classify(Input.of(text));
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

    /** As {@link #classifyAll(List)}, with scores made by a function of one's own choice. */
    public List<Classification> classifyAll(List<? extends Input> inputs, ScoreFunction function) {
        return model.run(job(inputs, function));
    }

    private static Job<JsonElement> job(Model model, JsonElement inputs, Parameters given) {
        Input input = inputs.isJsonObject() && inputs.getAsJsonObject().has("text_pair")
                ? Input.of(Parameters.field(Parameters.object(inputs, "text", "text_pair"), "text"),
                        Parameters.field(inputs, "text_pair"))
                : Input.of(Parameters.field(inputs, "text"));
        TextClassifier classifier = new TextClassifier(model);
        int k = given.integer("top_k", 1, 1);
        ScoreFunction function = given.choice("function_to_apply", classifier.function());
        return classifier.job(List.of(input), function).map(results -> Json.array(results.get(0).top(k),
                label -> Json.object("label", label.label(), "score", label.score())));
    }

    /** The work that {@link #classifyAll(List)} does. */
    public Job<List<Classification>> job(List<? extends Input> inputs) {
        return job(inputs, function());
    }

    /** The work that {@link #classifyAll(List, ScoreFunction)} does. */
    public Job<List<Classification>> job(List<? extends Input> inputs, ScoreFunction function) {
        Sequences sequences = model.encode(inputs);
        return new Job<>(model.head(), sequences.all(), outputs -> {
            List<Classification> results = new ArrayList<>(inputs.size());
            for (int i = 0; i < inputs.size(); i++) {
                float[] logits = sequences.aggregate(i, outputs);                   // [labels]
                results.add(new Classification(labels(), logits, scores(logits, function), sequences.tokens(i),
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

    /** The scores that logits have, {@code [labels]}, by this model's own function. */
    public float[] scores(float[] logits) {
        return scores(logits, function());
    }

    private float[] scores(float[] logits, ScoreFunction function) {
        return switch (function) {
            case SOFTMAX -> model.softmax(logits);
            case SIGMOID -> sigmoid(logits);
            case NONE -> logits.clone();
        };
    }

    /** What makes scores of logits if nobody asks for another: as Hugging Face's pipeline chooses by the model. */
    public ScoreFunction function() {
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
