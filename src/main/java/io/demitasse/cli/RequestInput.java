package io.demitasse.cli;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.Task;
import io.demitasse.file.StrictJson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
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

    /** Takes some requests; a command's work. Prints nothing if it throws IllegalArgumentException. */
    @FunctionalInterface
    interface Worker {
        void work(List<JsonElement> requests) throws IOException;
    }

    /** Hands all requests to the worker, some at a time and in order. */
    void forEachBatch(Fields fields, Worker worker) throws IOException {
        if (jsonl) {
            if (!texts.isEmpty() || fields.options.values().stream().anyMatch(value -> value != null)) {
                throw TaskCommand.wrongUsage(spec, "--jsonl reads stdin, so texts cannot be arguments as well");
            }
            readLines(worker, (line, where) -> parse(line, where));
        } else if (fields.isTextAlone()) {
            if (texts.isEmpty()) {
                readLines(worker, (line, where) -> new JsonPrimitive(line));
            } else {
                List<JsonElement> requests = new ArrayList<>();
                texts.forEach(text -> requests.add(new JsonPrimitive(text)));
                for (int first = 0; first < requests.size(); first += BATCH) {
                    work(worker, requests.subList(first, Math.min(requests.size(), first + BATCH)), first);
                }
            }
        } else {
            worker.work(List.of(object(fields)));
        }
    }

    private JsonObject object(Fields fields) throws IOException {
        List<String> arguments = new ArrayList<>(texts);
        if (arguments.isEmpty() && fields.takesManyTogether()) {
            readLines(lines -> lines.forEach(line -> arguments.add(line.getAsString())),
                    (line, where) -> new JsonPrimitive(line));
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

    /** Makes a request of a line. */
    @FunctionalInterface
    private interface Parser {
        JsonElement parse(String line, String where);
    }

    private void readLines(Worker worker, Parser parser) throws IOException {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            List<JsonElement> requests = new ArrayList<>();
            int number = 0;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                if (!line.isBlank()) {
                    requests.add(parser.parse(line, "stdin, line " + number + ": "));
                }
                // Whoever feeds us line by line gets an answer line by line.
                if (requests.size() == BATCH || (!requests.isEmpty() && !reader.ready())) {
                    work(worker, requests, number - requests.size());
                    requests.clear();
                }
            }
            if (!requests.isEmpty()) {
                work(worker, requests, number - requests.size());
            }
        }
    }

    /** Whatever comes before a bad request gets its answer, and the message names the request. */
    private static void work(Worker worker, List<JsonElement> requests, int before) throws IOException {
        try {
            worker.work(requests);
        } catch (IllegalArgumentException e) {
            for (int i = 0; i < requests.size() && requests.size() > 1; i++) {
                try {
                    worker.work(List.of(requests.get(i)));
                } catch (IllegalArgumentException reason) {
                    throw new IllegalArgumentException("text " + (before + i + 1) + ": " + reason.getMessage(), reason);
                }
            }
            throw e;
        }
    }

    private static JsonElement parse(String line, String where) {
        try {
            JsonElement json = StrictJson.parse(line);
            if (json.isJsonObject() || json.isJsonPrimitive() && json.getAsJsonPrimitive().isString()) {
                return json;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(where + e.getMessage(), e);
        }
        throw new IllegalArgumentException(where + "expected a JSON string or object, one a line");
    }
}
