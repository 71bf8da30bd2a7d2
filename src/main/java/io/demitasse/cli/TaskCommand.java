package io.demitasse.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.Job;
import io.demitasse.Model;
import io.demitasse.Parameters;
import io.demitasse.Task;
import io.demitasse.Tasks;
import io.demitasse.file.ModelFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command of a task: its options are the task's parameters, and what it prints is what the task writes. */
@Command(sortOptions = false)
final class TaskCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Mixin
    ModelOptions model;

    @Mixin
    RequestInput input;

    @Mixin
    FolderOptions folder;

    @Option(names = "--split-special-tokens",
            description = "Take a [SEP] or [MASK] in a text for plain text, not for the special token.")
    boolean splitSpecialTokens;

    @Option(names = "--json", description = "Print JSON, an object or a list a line.")
    boolean json;

    private final Task task;
    private final Map<Task.Parameter, OptionSpec> parameters = new LinkedHashMap<>();

    private TaskCommand(Task task) {
        this.task = task;
        this.input = new RequestInput(task);
    }

    /** A command line for a task. */
    static CommandLine of(Task task) {
        TaskCommand command = new TaskCommand(task);
        CommandLine line = new CommandLine(command);
        CommandSpec spec = line.getCommandSpec();
        spec.usageMessage().description(task.description());
        task.parameters().forEach(parameter -> command.parameters.put(parameter, option(parameter)));
        command.input.options().forEach(spec::addOption);
        command.parameters.values().forEach(spec::addOption);
        return line;
    }

    static OptionSpec.Builder option(String name, String label, Class<?> type, String description) {
        return OptionSpec.builder("--" + name).paramLabel(label).type(type).description(description);
    }

    private static OptionSpec option(Task.Parameter parameter) {
        String usual = parameter.usual();
        String description = parameter.description() + (usual.isEmpty() || parameter.kind() == Task.Kind.FLAG ? "."
                : ". Default: " + usual + ".");
        return switch (parameter.kind()) {
            case INTEGER -> option(parameter.option(), "N", Integer.class, description).build();
            case TEXT -> option(parameter.option(), "TEXT", String.class, description).build();
            case TEXTS -> option(parameter.option(), "A,B", String.class, description).build();
            // Without a value of its own, so that it is known whether anybody said it.
            case FLAG -> option(parameter.option(), "", Boolean.class, description).arity("0").negatable(true)
                    .fallbackValue("true").build();
        };
    }

    @Override
    public Integer call() throws IOException {
        Parameters given = new Parameters(given());
        folder.check(input);
        try (Model opened = Model.load(model.file(task),
                model.options(input.isBrief()).withSplitSpecialTokens(splitSpecialTokens))) {
            checkFits(opened);
            return folder.forEachBatch(input, model.file(task), opened, (requests, output) -> {
                List<JsonElement> results = results(opened, requests, given);
                for (int i = 0; i < results.size(); i++) {
                    print(output, requests.get(i), results.get(i));
                }
            });
        }
    }

    private List<JsonElement> results(Model opened, List<JsonElement> requests, Parameters given) {
        try {
            List<Job<JsonElement>> jobs = new ArrayList<>();
            requests.forEach(request -> jobs.add(task.job(opened, request, given)));
            return opened.run(Job.all(jobs));
        } catch (IllegalArgumentException e) {
            throw asUsage(e);
        }
    }

    /** What is wrong with a parameter's value is wrong with the command line, if it stands there. */
    private RuntimeException asUsage(IllegalArgumentException e) {
        for (Map.Entry<Task.Parameter, OptionSpec> parameter : parameters.entrySet()) {
            int place = e.getMessage().indexOf("\"" + parameter.getKey().name() + "\" ");
            if (place >= 0 && parameter.getValue().getValue() != null) {
                return wrongUsage(spec, parameter.getValue().longestName()
                        + e.getMessage().substring(place + parameter.getKey().name().length() + 2));
            }
        }
        return e;
    }

    private void checkFits(Model opened) {
        try {
            Tasks.check(opened, task);
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(model.file(task), e.getMessage(), e);
        }
    }

    private void print(Output output, JsonElement request, JsonElement result) {
        for (JsonElement object : task.objects(request, result)) {
            if (json || folder.areGiven()) {
                output.json(object);
            } else {
                output.line(task.line(object));
            }
        }
    }

    private JsonObject given() {
        JsonObject given = new JsonObject();
        parameters.forEach((parameter, option) -> {
            Object value = option.getValue();
            if (value != null) {
                given.add(parameter.name(), json(value));
            }
        });
        return given;
    }

    private static JsonElement json(Object value) {
        if (value instanceof Integer number) {
            return new JsonPrimitive(number);
        }
        return value instanceof Boolean flag ? new JsonPrimitive(flag) : new JsonPrimitive((String) value);
    }

    /** A list of texts as JSON. */
    static JsonArray array(List<String> texts) {
        JsonArray array = new JsonArray(texts.size());
        texts.forEach(array::add);
        return array;
    }

    /** Wrong usage of this command. */
    static ParameterException wrongUsage(CommandSpec spec, String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
