package io.demitasse.serve;

import com.google.gson.JsonObject;
import io.demitasse.Task;
import io.demitasse.Tasks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a model was made for, its own task first. A request that does not say which it wants, as Hugging Face's clients do
 * not that are given an address, is known by its inputs and parameters.
 */
final class Services {

    private final Map<String, Service> byName = new LinkedHashMap<>();
    private final List<Service> byShape;

    /** @param embedding what every model can, and takes texts as most others do: it has to be asked for by its path */
    private Services(List<Service> services, Service embedding) {
        services.forEach(service -> byName.put(service.name(), service));
        this.byShape = services.stream().filter(service -> service != embedding || service == own()).toList();
    }

    static Services of(Answers answers, Service embedding, Service similarity) {
        List<Service> services = new ArrayList<>();
        for (Task task : Tasks.ALL) {
            if (task.fits(answers.model().model())) {
                services.add(task.name().equals("text-classification") ? new ClassificationService(answers)
                        : task.name().equals(embedding.name()) ? embedding
                        : task.name().equals(similarity.name()) ? similarity : new TaskService(task, answers));
            }
        }
        return new Services(services, embedding);
    }

    /** Those that a request is known for by its inputs and parameters. */
    List<Service> byShape() {
        return byShape;
    }

    /** The model's own task. */
    Service own() {
        return byName.values().iterator().next();
    }

    /** A task by its name; null if the model was not made for it. */
    @Nullable Service named(String name) {
        return byName.get(name);
    }

    /** All that a request may hold that does not say which task it wants. */
    List<Field> fields() {
        Map<String, Field> fields = new LinkedHashMap<>();
        byShape.forEach(service -> service.fields().forEach(field -> fields.putIfAbsent(field.name(), field)));
        String inputs = byShape.stream().map(service -> service.name() + ": " + service.input())
                .collect(Collectors.joining("; "));
        return withInputs(inputs, List.copyOf(fields.values()));
    }

    /** The schema of an answer to such a request. */
    JsonObject response() {
        return byShape.size() == 1 ? own().response()
                : Schemas.any(byShape.stream().map(Service::response).toArray(JsonObject[]::new));
    }

    /** These fields and the inputs before them. */
    static List<Field> withInputs(String description, List<Field> fields) {
        List<Field> all = new ArrayList<>(List.of(Field.inputs(Field.INPUTS, description + "; or a list of such")));
        all.addAll(fields);
        return all;
    }

    /** Answers by the first task whose request it is; if it is nobody's, the model's own task says what is wrong. */
    Answer answer(InferenceRequest request, boolean flat) {
        for (Service service : byShape) {
            if (unknown(service, request) == null && request.inputs().stream().allMatch(service::takes)) {
                return service.answer(request, flat);
            }
        }
        String name = unknown(own(), request);
        if (name != null) {
            throw InferenceRequest.unknown(name, own().fields().stream().map(Field::name).toList());
        }
        return own().answer(request, flat);
    }

    /** Something that a request says and a task does not know; null if it knows all. */
    private static @Nullable String unknown(Service service, InferenceRequest request) {
        List<String> known = service.fields().stream().map(Field::name).toList();
        return request.names().stream().filter(name -> !known.contains(name)).findFirst().orElse(null);
    }
}
