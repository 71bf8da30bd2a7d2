package io.demitasse.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.Task;
import io.demitasse.file.StrictJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.OptionSpec;

/** What a task's command is asked: its arguments and options, or what a line holds. */
final class RequestInput extends LineInput<JsonElement> {

    private final Task task;
    /** For each field that is no argument. */
    private final Map<String, OptionSpec> options = new LinkedHashMap<>();

    RequestInput(Task task) {
        this.task = task;
        for (Task.Field field : task.fields()) {
            if (!field.argument()) {
                options.put(field.name(), TaskCommand.option(field.name(), "TEXT", String.class,
                        "The " + field.name() + ".").build());
            }
        }
    }

    /** The options that give fields, to be added to the command's own. */
    Iterable<OptionSpec> options() {
        return options.values();
    }

    @Override
    JsonElement ofText(String text) {
        return new JsonPrimitive(text);
    }

    @Override
    JsonElement ofJson(String line) {
        JsonElement json = StrictJson.parseLine(line);
        if (json.isJsonObject() || json.isJsonPrimitive() && json.getAsJsonPrimitive().isString()) {
            return json;
        }
        throw new IllegalArgumentException("expected a JSON string or object, one a line");
    }

    @Override
    boolean hasArguments() {
        return !given().isEmpty();
    }

    @Override
    String whyNoLines() {
        return isTextAlone() ? "" : task.command() + " needs " + task.fields().stream().map(Task.Field::name)
                .collect(Collectors.joining(" and "));
    }

    @Override
    boolean isBrief() {
        return !jsonl && ModelOptions.isBrief(given());
    }

    @Override
    void ofWords(Batches<JsonElement> batches) throws IOException {
        if (isTextAlone()) {
            super.ofWords(batches);
        } else {
            batches.ofOne(object());
        }
    }

    private boolean isTextAlone() {
        return task.fields().size() == 1 && !task.fields().get(0).many();
    }

    /** What the command line says, arguments and options. */
    private List<String> given() {
        List<String> given = new ArrayList<>(texts);
        for (OptionSpec option : options.values()) {
            if (option.getValue() != null) {
                given.add(option.getValue());
            }
        }
        return given;
    }

    private JsonObject object() throws IOException {
        List<String> arguments = new ArrayList<>(texts);
        if (arguments.isEmpty() && task.fields().stream().anyMatch(Task.Field::many)) {
            Batches.tellOfBlank(LineInput.<String>batches(arguments::addAll).ofStdin(line -> line), spec);
        }
        JsonObject object = new JsonObject();
        for (Task.Field field : task.fields()) {
            if (!field.argument()) {
                String value = options.get(field.name()).getValue();
                if (value == null) {
                    throw TaskCommand.wrongUsage(spec, "--" + field.name() + " is missing");
                }
                object.addProperty(field.name(), value);
            } else if (arguments.isEmpty()) {
                throw TaskCommand.wrongUsage(spec, "there are no " + field.name());
            } else if (field.many()) {
                object.add(field.name(), TaskCommand.array(arguments));
            } else {
                object.addProperty(field.name(), arguments.remove(0));
            }
        }
        if (!texts.isEmpty() && task.fields().stream().noneMatch(Task.Field::argument)) {
            throw TaskCommand.wrongUsage(spec, "it takes no arguments but options: " + texts.get(0));
        }
        return object;
    }
}
