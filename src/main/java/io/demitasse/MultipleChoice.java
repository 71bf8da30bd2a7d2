package io.demitasse;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.model.Architecture;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells which of several choices fits a prompt, with a model that was trained for it ({@code ForMultipleChoice}). A choice
 * is read as the second text of a pair. Immutable and thread-safe; it owns threads and memory until it is closed.
 */
public final class MultipleChoice implements AutoCloseable {

    static final Task TASK = Task.named("multiple-choice")
            .command("choose", "Prints how well each choice fits a prompt, in the order given.")
            .of(Architecture.MULTIPLE_CHOICE)
            .about(Task.Field.option("prompt"), Task.Field.many("choices"))
            .line(MultipleChoice::line)
            .does(MultipleChoice::job);

    private final Model model;

    /**
     * On a model that is open; closing it closes the model.
     *
     * @throws IllegalArgumentException if the model is not made for choosing
     */
    public MultipleChoice(Model model) {
        Tasks.check(model, TASK);
        this.model = model;
    }

    /** Loads a model with {@link Options#defaults()}. */
    public static MultipleChoice load(Path file) {
        return load(file, Options.defaults());
    }

    /**
     * Loads a model.
     *
     * @throws ModelFormatException if the file is damaged, no model, or not made for choosing
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static MultipleChoice load(Path file, Options options) {
        return Tasks.on(file, Model.load(file, options), MultipleChoice::new);
    }

    /** Loads a flat weight file out of a stream with {@link Options#defaults()}. */
    public static MultipleChoice load(InputStream stream) {
        return load(stream, Options.defaults());
    }

    /**
     * Loads a flat weight file out of a stream, as {@link Model#load(InputStream, Options)} does.
     *
     * @throws ModelFormatException as {@link #load(Path, Options)}
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static MultipleChoice load(InputStream stream, Options options) {
        return Tasks.on(FlatFile.STREAM, Model.load(stream, options), MultipleChoice::new);
    }

    /** The model below. */
    public Model model() {
        return model;
    }

    /** The choices' probabilities in their order, which add up to 1. */
    public float[] choose(String prompt, List<String> choices) {
        return model.run(job(prompt, choices));
    }

    /** The work that {@link #choose} does. */
    public Job<float[]> job(String prompt, List<String> choices) {
        List<Input> pairs = new ArrayList<>(choices.size());
        choices.forEach(choice -> pairs.add(Input.of(prompt, choice)));
        return new Job<>(model.head(), model.encode(pairs).all(), outputs -> {
            float[] logits = new float[outputs.size()];
            for (int i = 0; i < logits.length; i++) {
                logits[i] = outputs.get(i).get(0, 0);
            }
            return model.softmax(logits);
        });
    }

    private static Job<JsonElement> job(Model model, JsonElement inputs, Parameters given) {
        JsonObject fields = Parameters.object(inputs, "prompt", "choices");
        List<String> choices = Parameters.texts(fields.get("choices"), "choices");
        return new MultipleChoice(model).job(Parameters.text(fields.get("prompt"), "prompt"), choices)
                .map(scores -> Json.object("choices", Json.texts(choices), "scores", Json.numbers(scores)));
    }

    private static String line(JsonElement result) {
        return Json.columns(result.getAsJsonObject(), "scores", "choices");
    }

    /** Ends the threads. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        model.close();
    }
}
