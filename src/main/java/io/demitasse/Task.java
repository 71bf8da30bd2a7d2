package io.demitasse;

import com.google.gson.JsonElement;
import io.demitasse.model.Architecture;
import io.demitasse.model.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What a model can be asked to do: one of Hugging Face's pipelines. It says which models can, what a request holds, how
 * that becomes work for the model, and how the result is written. The command line and the server are made of
 * {@link Tasks#ALL}: a task that stands there has a command and a route. Immutable.
 *
 * <p>Requests and results are JSON in the names and shapes of Hugging Face's pipelines; offsets in them count Unicode
 * code points. The classes that an app calls, such as {@link TokenClassifier}, say the same in Java.
 */
public final class Task {

    /**
     * Something that a request may say beside its inputs, by Hugging Face's name. On the command line it is an option:
     * {@code aggregation_strategy} becomes {@code --aggregation-strategy}.
     *
     * @param name as in a request
     * @param option its name on the command line, without the hyphens before it
     * @param kind what it holds
     * @param usual what holds if nobody says it, as text; empty if nothing does
     * @param description one sentence without its full stop
     */
    public record Parameter(String name, String option, Kind kind, String usual, String description) {
    }

    /** What a parameter holds. */
    public enum Kind {
        /** A whole number. */
        INTEGER,
        /** True or false; on the command line the option alone, or with {@code --no-} before its name. */
        FLAG,
        /** A text. */
        TEXT,
        /** A list of texts, or one text with commas between them. */
        TEXTS
    }

    /**
     * A text, or several, that a request is about.
     *
     * @param name as in a request's {@code inputs}
     * @param many whether it is a list
     * @param argument whether it is an argument of the command, and not an option
     */
    public record Field(String name, boolean many, boolean argument) {

        /** A text that is given as an argument. */
        static Field one(String name) {
            return new Field(name, false, true);
        }

        /** Texts that are given as arguments. */
        static Field many(String name) {
            return new Field(name, true, true);
        }

        /** A text that is given by an option. */
        static Field option(String name) {
            return new Field(name, false, false);
        }
    }

    /** Makes work of a request. */
    @FunctionalInterface
    public interface Pipeline {
        /**
         * @param inputs a text, or an object with the task's fields
         * @throws IllegalArgumentException if they are not, or a parameter has a value that it cannot have
         */
        Job<JsonElement> job(Model model, JsonElement inputs, Parameters parameters);
    }

    private final String name;
    private final String command;
    private final String description;
    private final Set<Architecture> architectures;
    private final Predicate<List<String>> own;
    private final boolean anyEncoder;
    private final List<Field> fields;
    private final List<Parameter> parameters;
    private final Pipeline pipeline;
    private final BiFunction<JsonElement, JsonElement, List<JsonElement>> objects;
    private final Function<JsonElement, String> line;

    private Task(Builder builder) {
        this.name = builder.name;
        this.command = builder.command;
        this.description = builder.description;
        this.architectures = builder.architectures;
        this.own = builder.own;
        this.anyEncoder = builder.anyEncoder;
        this.fields = List.copyOf(builder.fields);
        this.parameters = List.copyOf(builder.parameters);
        this.pipeline = builder.pipeline;
        this.objects = builder.objects;
        this.line = builder.line;
    }

    /** Hugging Face's name, such as {@code token-classification}. */
    public String name() {
        return name;
    }

    /** The command that does it, such as {@code tag}. */
    public String command() {
        return command;
    }

    /** What the command does, in a sentence. */
    public String description() {
        return description;
    }

    /** Whether a model was made for this task, among others perhaps. */
    public boolean fits(Model model) {
        return fits(model.config(), model.labels());
    }

    /** {@link #fits(Model)}, of a model that is not loaded. */
    public boolean fits(ModelConfig config, List<String> labels) {
        return architectures.contains(config.architecture()) && own.test(labels);
    }

    /** Whether a model can do it, even if it was made for something else. */
    public boolean worksOn(Model model) {
        return anyEncoder || fits(model);
    }

    /** What a request is about; one field called {@code text} may also be a text by itself. */
    public List<Field> fields() {
        return fields;
    }

    /** What a request may say beside its inputs. */
    public List<Parameter> parameters() {
        return parameters;
    }

    /**
     * Work for a model.
     *
     * @param inputs a text, or an object with the task's fields
     * @throws IllegalArgumentException if they are not, or a parameter is not one of the task's or has a value that it
     *     cannot have, or the model is not for this task
     */
    public Job<JsonElement> job(Model model, JsonElement inputs, Parameters given) {
        given.checkNames(name, parameters.stream().map(Parameter::name).toList());
        return pipeline.job(model, inputs, given);
    }

    /** A request's result as the command line's JSON lines. */
    public List<JsonElement> objects(JsonElement inputs, JsonElement result) {
        return objects.apply(inputs, result);
    }

    /** One of {@link #objects} as a line to be read by people; may have line ends in it. */
    public String line(JsonElement object) {
        return line.apply(object);
    }

    static Builder named(String name) {
        return new Builder(name);
    }

    /** Collects what a task is. */
    static final class Builder {

        private final String name;
        private String command = "";
        private String description = "";
        private Set<Architecture> architectures = Set.of();
        private Predicate<List<String>> own = labels -> true;
        private boolean anyEncoder;
        private List<Field> fields = List.of(Field.one("text"));
        private final List<Parameter> parameters = new ArrayList<>();
        private Pipeline pipeline = (model, inputs, given) -> {
            throw new IllegalStateException("a task without work");
        };
        private BiFunction<JsonElement, JsonElement, List<JsonElement>> objects = (inputs, result) -> List.of(result);
        private Function<JsonElement, String> line = JsonElement::toString;

        private Builder(String name) {
            this.name = name;
        }

        Builder command(String command, String description) {
            this.command = command;
            this.description = description;
            return this;
        }

        Builder of(Architecture... architectures) {
            this.architectures = Set.of(architectures);
            return this;
        }

        /** A further condition on a model's labels, beside its architecture. */
        Builder where(Predicate<List<String>> condition) {
            this.own = condition;
            return this;
        }

        /** Whatever head stands on it: the encoder alone does it. */
        Builder onAnyEncoder() {
            this.anyEncoder = true;
            return this;
        }

        Builder about(Field... fields) {
            this.fields = List.of(fields);
            return this;
        }

        Builder parameter(String name, Kind kind, String usual, String description) {
            return parameter(name, name.replace('_', '-'), kind, usual, description);
        }

        /** A parameter that the command line calls otherwise. */
        Builder parameter(String name, String option, Kind kind, String usual, String description) {
            parameters.add(new Parameter(name, option, kind, usual, description));
            return this;
        }

        /** As JSON lines on the command line; without it, the result as it is on one line. */
        Builder objects(BiFunction<JsonElement, JsonElement, List<JsonElement>> objects) {
            this.objects = objects;
            return this;
        }

        /** As text on the command line; without it, JSON. */
        Builder line(Function<JsonElement, String> line) {
            this.line = line;
            return this;
        }

        Task does(Pipeline pipeline) {
            this.pipeline = pipeline;
            return new Task(this);
        }
    }
}
