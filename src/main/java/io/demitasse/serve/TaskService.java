package io.demitasse.serve;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.Job;
import io.demitasse.Parameters;
import io.demitasse.Sequence;
import io.demitasse.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A task as {@link Task} describes it: its fields, parameters and results are Hugging Face's pipeline's. */
final class TaskService implements Service {

    /** What the Hub's service does where the pipeline does otherwise; its JavaScript client relies on it. */
    private static final Map<String, String> USUAL = Map.of("aggregation_strategy", "simple");
    private static final String TOP_K = "top_k";
    /** What one of the results that top_k counts takes, and what it takes for each token of the text that may be in it. */
    private static final int RESULT_BYTES = 300;
    private static final int RESULT_TOKEN_BYTES = 24;
    private static final int LONGEST_MESSAGE = 400;

    private final Task task;
    private final Answers answers;
    private final ServedModel model;
    private final TaskLengths lengths;

    TaskService(Task task, Answers answers) {
        this.task = task;
        this.answers = answers;
        this.model = answers.model();
        this.lengths = new TaskLengths(task, model);
    }

    @Override
    public String name() {
        return task.name();
    }

    @Override
    public String description() {
        // What the command prints, the server answers.
        String description = task.description().replaceFirst("^Prints ", "").replaceFirst("\\.$", "");
        return description.substring(0, 1).toUpperCase(Locale.ROOT) + description.substring(1);
    }

    @Override
    public String input() {
        return isOfOneText() ? "a text" : task.fields().stream()
                .map(field -> "\"" + field.name() + "\"" + (field.many() ? ": [...]" : ""))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    private boolean isOfOneText() {
        return lengths.isOfOneText();
    }

    @Override
    public List<Field> fields() {
        List<Field> fields = new ArrayList<>(task.parameters().stream().map(parameter ->
                Field.of(parameter).withUsual(USUAL.getOrDefault(parameter.name(), parameter.usual()))).toList());
        fields.add(Field.TRUNCATE);
        return fields;
    }

    @Override
    public boolean takes(Item item) {
        return isOfOneText() ? item.isText() : item.fields() != null && item.fields().keySet()
                .equals(task.fields().stream().map(Task.Field::name).collect(Collectors.toSet()));
    }

    @Override
    public JsonObject response() {
        JsonObject score = Schemas.number();
        JsonObject one = switch (task.name()) {
            case "token-classification" -> Schemas.array(Schemas.optional(Schemas.object("entity_group", Schemas.text(),
                    "entity", Schemas.text(), "index", Schemas.integer(), "score", score, "word", Schemas.text(),
                    "start", Schemas.integer(), "end", Schemas.integer()), "entity_group", "entity", "index"));
            case "question-answering" -> Schemas.object("score", score, "start", Schemas.integer(),
                    "end", Schemas.integer(), "answer", Schemas.text());
            case "fill-mask" -> Schemas.array(Schemas.object("score", score, "token", Schemas.integer(),
                    "token_str", Schemas.text(), "sequence", Schemas.text()));
            case "zero-shot-classification" -> Schemas.object("sequence", Schemas.text(),
                    "labels", Schemas.array(Schemas.text()), "scores", Schemas.array(score));
            case "multiple-choice" -> Schemas.object("choices", Schemas.array(Schemas.text()),
                    "scores", Schemas.array(score));
            case "text-ranking" -> Schemas.array(Schemas.object("index", Schemas.integer(), "score", score,
                    "text", Schemas.text()));
            default -> throw new IllegalStateException("no schema for " + task.name());
        };
        return Schemas.any(one, Schemas.array(one));
    }

    @Override
    public Answer answer(InferenceRequest request, boolean flat) {
        Set<String> names = task.parameters().stream().map(Task.Parameter::name).collect(Collectors.toSet());
        JsonObject given = request.values(names);
        USUAL.forEach((name, usual) -> {
            if (names.contains(name) && !given.has(name)) {
                given.addProperty(name, usual);
            }
        });
        List<Job<JsonElement>> jobs = new ArrayList<>();
        long bytes = 0;
        long tokens = 0;
        for (Item item : request.inputs()) {
            lengths.checkWindows(item, given, tokens);
            Job<JsonElement> job = job(item, request.isSingle(), given);
            tokens += job.sequences().stream().mapToLong(Sequence::size).sum();
            lengths.checkTokens(tokens);
            jobs.add(job);
            bytes += item.bytes() + resultBytes(job, given);
        }
        boolean single = request.isSingle();
        return answers.of(Job.all(jobs), lengths.truncated(request), bytes,
                results -> Response.json(single ? results.get(0) : array(results)));
    }

    private Job<JsonElement> job(Item item, boolean single, JsonObject given) {
        if (isOfOneText() && item.fields() == null) {
            item.text();
        } else if (isOfOneText() && !item.isText()) {
            throw RequestReader.malformed("\"" + item.where() + "\" is an object, but " + name() + " takes a text");
        }
        if (!isOfOneText() && item.fields() == null) {
            throw RequestReader.malformed("\"" + item.where() + "\" is not an object, but " + name() + " takes " + input());
        }
        try {
            return task.job(model.model(), item.json(), new Parameters(given));
        } catch (IllegalArgumentException e) {
            throw refused(single ? e.getMessage() : "\"" + item.where() + "\": " + e.getMessage());
        }
    }

    private static RequestException refused(String message) {
        String line = message.replaceAll("[\\p{Cntrl}\u2028\u2029]", " ");
        return RequestReader.malformed(line.length() <= LONGEST_MESSAGE ? line
                : line.substring(0, LONGEST_MESSAGE) + "...");
    }

    private static long resultBytes(Job<?> job, JsonObject given) {
        long results = given.has(TOP_K) ? Math.min(given.get(TOP_K).getAsInt(), 1 << 17) : 1;
        long tokens = job.sequences().stream().mapToLong(Sequence::size).sum();
        long places = job.sequences().stream().mapToLong(sequence -> Math.max(1, sequence.places().length)).sum();
        return results * places * (RESULT_BYTES + RESULT_TOKEN_BYTES * tokens);
    }

    private static JsonArray array(List<JsonElement> results) {
        JsonArray array = new JsonArray(results.size());
        results.forEach(array::add);
        return array;
    }
}
