package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.demitasse.kernel.Matrix;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A small model of a head, as a Hugging Face folder, and what Hugging Face's own code makes of it. */
public final class HeadReference implements AutoCloseable {

    private static final Path FOLDERS = Path.of("src/test/resources/heads");
    /** Of what pipelines print, in float32. */
    private static final double PRINTED = 2e-4;

    final Model model;
    final JsonObject expected;

    /** @param folder such as bert-ner */
    HeadReference(String folder, String kernels) {
        model = Model.load(FOLDERS.resolve(folder), Options.defaults().withKernels(kernels));
        try {
            expected = JsonParser.parseString(Files.readString(FOLDERS.resolve(folder).resolve("expected.json")))
                    .getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Both model types on both kernels that every machine has, as folder and kernels. */
    static Stream<List<String>> folders(String... names) {
        return Stream.of(names).flatMap(name -> Stream.of(List.of(name, "plain"), List.of(name, "vector")))
                .filter(pair -> TestModels.kernels().contains(pair.get(1)));
    }

    List<JsonObject> list(String name) {
        JsonArray array = expected.has(name) ? expected.getAsJsonArray(name) : new JsonArray();
        List<JsonObject> objects = new ArrayList<>();
        array.forEach(element -> objects.add(element.getAsJsonObject()));
        return objects;
    }

    /** What a task makes of a request with these parameters, names and values in turns. */
    JsonElement ask(Task task, JsonElement inputs, Object... parameters) {
        return model.run(task.job(model, inputs, new Parameters(Json.object(parameters))));
    }

    static JsonElement text(JsonObject entry) {
        return new JsonPrimitive(entry.get("text").getAsString());
    }

    /** That logits for given ids are within 5e-5 of those in float64, relative where above 1. */
    void checkLogits(String name) {
        assertThat(list("inputs")).isNotEmpty();
        for (JsonObject input : list("inputs")) {
            int[] ids = ints(input.get("input_ids"));
            // A DistilBERT's reference was made from ids alone.
            boolean typed = input.has("token_type_ids") && model.config().isBert();
            Sequence sequence = typed ? Sequence.of(ids, ints(input.get("token_type_ids"))) : Sequence.of(ids);
            close(model.outputs(model.head(), List.of(sequence)).get(0), input.get(name));
        }
    }

    /** @param expected as many numbers, a list or a list of lists */
    static void close(Matrix found, JsonElement expected) {
        List<Double> numbers = new ArrayList<>();
        flatten(expected, numbers);
        float[] all = found.toArray();
        assertThat(all).hasSize(numbers.size());
        for (int i = 0; i < all.length; i++) {
            assertThat((double) all[i]).isCloseTo(numbers.get(i), within(5e-5 * Math.max(1, Math.abs(numbers.get(i)))));
        }
    }

    private static void flatten(JsonElement json, List<Double> numbers) {
        if (json.isJsonArray()) {
            json.getAsJsonArray().forEach(element -> flatten(element, numbers));
        } else {
            numbers.add(json.getAsDouble());
        }
    }

    static int[] ints(JsonElement json) {
        return json.getAsJsonArray().asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }

    /** That names, texts, whole numbers and order are the same, and scores within 2e-4. */
    public static void same(JsonElement found, JsonElement expected) {
        same(found, expected, PRINTED, expected.toString());
    }

    public static void same(JsonElement found, JsonElement expected, double tolerance, String where) {
        if (expected.isJsonObject()) {
            assertThat(found.getAsJsonObject().keySet()).as(where)
                    .containsExactlyInAnyOrderElementsOf(expected.getAsJsonObject().keySet());
            expected.getAsJsonObject().entrySet().forEach(entry ->
                    same(found.getAsJsonObject().get(entry.getKey()), entry.getValue(), tolerance, where));
        } else if (expected.isJsonArray()) {
            assertThat(found.getAsJsonArray()).as(where).hasSameSizeAs(expected.getAsJsonArray());
            for (int i = 0; i < expected.getAsJsonArray().size(); i++) {
                same(found.getAsJsonArray().get(i), expected.getAsJsonArray().get(i), tolerance, where);
            }
        } else if (expected.getAsJsonPrimitive().isNumber()) {
            assertThat(found.getAsDouble()).as(where).isCloseTo(expected.getAsDouble(), within(tolerance));
        } else {
            assertThat(found).as(where).isEqualTo(expected);
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
