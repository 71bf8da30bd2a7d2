package io.demitasse.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.Task;
import io.demitasse.file.StrictJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a task's command is asked: by arguments and options, by stdin line by line, or by JSON lines. */
final class RequestInput {

    /** Requests that are worked on together. */
    private static final int BATCH = 32;

    @Spec(Spec.Target.MIXEE)
    CommandSpec spec;

    @Parameters(paramLabel = "TEXT", arity = "0..*", description = "The texts; without any, stdin, one a line.")
    List<String> texts = List.of();

    @Option(names = "--jsonl", description = "Read stdin as one JSON string or object a line, an object having the"
            + " fields of the task.")
    boolean jsonl;

    /**
     * What a request of a task holds.
     *
     * @param options the fields that options give
     */
    record Fields(Task task, Map<String, @Nullable String> options) {

        private boolean isTextAlone() {
            return task.fields().size() == 1 && !task.fields().get(0).many();
        }

        private boolean takesArguments() {
            return task.fields().stream().anyMatch(Task.Field::argument);
        }

        private boolean takesManyTogether() {
            return task.fields().stream().anyMatch(Task.Field::many);
        }
    }

    /** Hands all requests to the worker, some at a time and in order. */
    void forEachBatch(Fields fields, Batches.Worker<JsonElement> worker) throws IOException {
        Batches<JsonElement> batches = new Batches<>(BATCH, worker);
        if (jsonl) {
            if (!texts.isEmpty() || fields.options.values().stream().anyMatch(value -> value != null)) {
                throw TaskCommand.wrongUsage(spec, "--jsonl reads stdin, so texts cannot be arguments as well");
            }
            batches.ofStdin(RequestInput::parse);
        } else if (!fields.isTextAlone()) {
            worker.work(List.of(object(fields)));
        } else if (!texts.isEmpty()) {
            batches.ofArguments(texts, JsonPrimitive::new);
        } else {
            Batches.tellOfBlank(batches.ofStdin(JsonPrimitive::new), spec);
        }
    }

    private JsonObject object(Fields fields) throws IOException {
        List<String> arguments = new ArrayList<>(texts);
        if (arguments.isEmpty() && fields.takesManyTogether()) {
            Batches.tellOfBlank(new Batches<String>(BATCH, arguments::addAll).ofStdin(line -> line), spec);
        }
        JsonObject object = new JsonObject();
        for (Task.Field field : fields.task.fields()) {
            if (!field.argument()) {
                String value = fields.options.get(field.name());
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
        if (!fields.takesArguments() && !texts.isEmpty()) {
            throw TaskCommand.wrongUsage(spec, "it takes no arguments but options: " + texts.get(0));
        }
        return object;
    }

    private static JsonElement parse(String line) {
        JsonElement json = StrictJson.parseLine(line);
        if (json.isJsonObject() || json.isJsonPrimitive() && json.getAsJsonPrimitive().isString()) {
            return json;
        }
        throw new IllegalArgumentException("expected a JSON string or object, one a line");
    }
}
