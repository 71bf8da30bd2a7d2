package io.demitasse;

import io.demitasse.file.ModelFormatException;
import io.demitasse.model.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** All tasks, one line each. The first that fits a model is the model's own. */
public final class Tasks {

    /** All tasks. */
    public static final List<Task> ALL = List.of(
            TextClassifier.TASK,
            Reranker.TASK,
            ZeroShotClassifier.TASK,
            TokenClassifier.TASK,
            QuestionAnswerer.TASK,
            FillMask.TASK,
            MultipleChoice.TASK,
            TextEmbedder.TASK,
            TextEmbedder.SIMILARITY);

    private Tasks() {
    }

    /** The tasks that a model was made for, its own first. */
    public static List<Task> of(ModelConfig config, List<String> labels) {
        return ALL.stream().filter(task -> task.fits(config, labels)).toList();
    }

    /** The task that a model was made for. */
    public static Task of(Model model) {
        return ALL.stream().filter(task -> task.fits(model)).findFirst().orElse(TextEmbedder.TASK);
    }

    /** Throws IllegalArgumentException if a model is not made for a task; the message says for which it is. */
    public static void check(Model model, Task task) {
        if (!task.worksOn(model)) {
            Task own = of(model);
            throw new IllegalArgumentException("the model is a "
                    + model.config().architecture().className(model.config().modelType()) + " with "
                    + model.labels().size() + " labels, which is not for " + task.name() + "; it is for " + own.name()
                    + ": try the command " + own.command());
        }
    }

    /**
     * Something that stands on a model.
     *
     * @throws ModelFormatException if the model is not made for it; the model is then closed
     */
    static <T> T on(Path path, Model model, Function<Model, T> constructor) {
        try {
            return constructor.apply(model);
        } catch (IllegalArgumentException e) {
            model.close();
            throw new ModelFormatException(path, e.getMessage(), e);
        }
    }

    /** A task by its name, such as {@code token-classification}; null if there is none. */
    public static @Nullable Task named(String name) {
        return ALL.stream().filter(task -> task.name().equals(name)).findFirst().orElse(null);
    }
}
