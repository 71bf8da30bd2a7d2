package io.demitasse;

import com.google.gson.JsonElement;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.model.Architecture;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Puts labels on texts that no training has seen, with a model that knows whether one sentence follows from another (Yin,
 * Hay and Roth 2019): Hugging Face's {@code zero-shot-classification}. For each label it asks whether "This example is
 * (label)." follows from the text. Immutable and thread-safe; it owns threads and memory until it is closed.
 */
public final class ZeroShotClassifier implements AutoCloseable {

    /** What a label is put into, in place of the braces. */
    public static final String TEMPLATE = "This example is {}.";

    private static final String PLACE = "{}";
    private static final String ENTAILMENT = "entail";

    static final Task TASK = Task.named("zero-shot-classification")
            .command("zero-shot", "Prints how well labels of your own choice fit a text, best first.")
            .of(Architecture.SEQUENCE_CLASSIFICATION).where(labels -> entailment(labels) >= 0)
            .parameter("candidate_labels", "labels", Task.Kind.TEXTS, "", "The labels, with commas between them")
            .parameter("hypothesis_template", Task.Kind.TEXT, TEMPLATE, "What a label is put into, in place of {}")
            .parameter("multi_label", Task.Kind.FLAG, "false", "Let each label have a score of its own")
            .does(ZeroShotClassifier::job);

    /**
     * What labels fit a text how well, best first.
     *
     * @param sequence the text
     * @param labels its labels, best first
     * @param scores as many as labels
     */
    public record Result(String sequence, List<String> labels, List<Float> scores) {
    }

    private final Model model;
    private final int entailment;
    private final int contradiction;

    /**
     * On a model that is open; closing it closes the model.
     *
     * @throws IllegalArgumentException if the model is no classifier with a label that begins with "entail"
     */
    public ZeroShotClassifier(Model model) {
        Tasks.check(model, TASK);
        this.model = model;
        this.entailment = entailment(model.labels());
        // As Hugging Face's pipeline chooses it.
        this.contradiction = entailment == 0 ? model.labels().size() - 1 : 0;
    }

    /** Loads a model with {@link Options#defaults()}. */
    public static ZeroShotClassifier load(Path file) {
        return load(file, Options.defaults());
    }

    /**
     * Loads a model.
     *
     * @throws ModelFormatException if the file is damaged, no model, or no classifier of entailment
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static ZeroShotClassifier load(Path file, Options options) {
        return Tasks.on(file, Model.load(file, options), ZeroShotClassifier::new);
    }

    /** Loads a flat weight file out of a stream with {@link Options#defaults()}. */
    public static ZeroShotClassifier load(InputStream stream) {
        return load(stream, Options.defaults());
    }

    /**
     * Loads a flat weight file out of a stream, as {@link Model#load(InputStream, Options)} does.
     *
     * @throws ModelFormatException as {@link #load(Path, Options)}
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static ZeroShotClassifier load(InputStream stream, Options options) {
        return Tasks.on(FlatFile.STREAM, Model.load(stream, options), ZeroShotClassifier::new);
    }

    /** The label that says that one text follows from another; -1 if there is none. */
    private static int entailment(List<String> labels) {
        for (int i = 0; i < labels.size(); i++) {
            if (labels.get(i).toLowerCase(Locale.ROOT).startsWith(ENTAILMENT)) {
                return i;
            }
        }
        return -1;
    }

    /** The model below. */
    public Model model() {
        return model;
    }

    /** How well labels fit a text; their scores add up to 1. */
    public Result classify(String text, List<String> labels) {
        return classify(text, labels, TEMPLATE, false);
    }

    /**
     * How well labels fit a text.
     *
     * @param template what a label is put into, in place of {@code {}}
     * @param multiLabel whether each label has a score of its own, instead of a share
     * @throws IllegalArgumentException if there are no labels, or the template has no place for one
     */
    public Result classify(String text, List<String> labels, String template, boolean multiLabel) {
        return model.run(job(text, labels, template, multiLabel));
    }

    /** The work that {@link #classify(String, List, String, boolean)} does. */
    public Job<Result> job(String text, List<String> labels, String template, boolean multiLabel) {
        int place = template.indexOf(PLACE);
        if (place < 0 || template.indexOf(PLACE, place + 1) >= 0) {
            throw new IllegalArgumentException("the hypothesis template \"" + template
                    + "\" has not one place for a label, {}");
        }
        if (labels.isEmpty()) {
            throw new IllegalArgumentException("there are no candidate labels");
        }
        List<Sequence> pairs = new ArrayList<>(labels.size());
        for (String label : labels) {
            pairs.add(Sequences.firstCut(model, text, template.replace(PLACE, label)));
        }
        return new Job<>(model.head(), pairs, outputs -> {
            float[] scores = new float[labels.size()];
            boolean alone = multiLabel || labels.size() == 1;
            for (int i = 0; i < scores.length; i++) {
                float logit = outputs.get(i).get(0, entailment);
                scores[i] = !alone ? logit
                        : model.softmax(new float[] {outputs.get(i).get(0, contradiction), logit})[1];
            }
            return sorted(text, labels, alone ? scores : model.softmax(scores));
        });
    }

    private static Result sorted(String text, List<String> labels, float[] scores) {
        List<LabelScore> all = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            all.add(new LabelScore(labels.get(i), scores[i]));
        }
        all.sort(Comparator.comparing(LabelScore::score).reversed());
        return new Result(text, all.stream().map(LabelScore::label).toList(),
                all.stream().map(LabelScore::score).toList());
    }

    private static Job<JsonElement> job(Model model, JsonElement inputs, Parameters given) {
        String template = given.text("hypothesis_template");
        return new ZeroShotClassifier(model).job(Parameters.field(inputs, "text"), given.texts("candidate_labels"),
                        template == null ? TEMPLATE : template, given.flag("multi_label", false))
                .map(result -> Json.object("sequence", result.sequence, "labels", Json.texts(result.labels),
                        "scores", Json.array(result.scores, score -> Json.number(score))));
    }

    /** Ends the threads. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        model.close();
    }
}
