package io.demitasse.file;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What Hugging Face's files of each model type call what the flat file calls otherwise: model-types.json, the table
 * that tools/model_types.py reads too. The flat file's own names are those of Hugging Face's DistilBERT.
 */
public final class ModelTypes {

    /** The head of a model that is an encoder alone: DistilBertModel, BertModel. */
    public static final String BASE = "Model";

    /** The heads whose classes have names. */
    public static final Set<String> LABELLED = Set.of("ForSequenceClassification", "ForTokenClassification");

    private static final JsonObject TABLE = load();

    /**
     * One model type.
     *
     * @param name as {@code model_type} of config.json says it
     * @param classes what the names of its classes begin with: DistilBert, Bert
     * @param prefix what stands before the names of an encoder's tensors in a model with a head
     * @param layers what the list of its layers is called
     * @param keys config.json's key by the flat file's word for it, such as dim, layers, heads, activation
     * @param aliases keys of config.json that say the same as another key
     */
    public record Type(String name, String classes, String prefix, String layers, Map<String, String> keys,
                       Map<String, String> aliases) {

        /** config.json's key for a word, or null where the model type has no such thing. */
        public @Nullable String key(String word) {
            return keys.get(word);
        }

        /** The class of this type with a head: BertForSequenceClassification. */
        public String architecture(String head) {
            return classes + head;
        }
    }

    /**
     * A tensor that a model has.
     *
     * @param name the flat file's name
     * @param theirs the model type's own name, in a model with a head
     * @param shape numbers, or words for sizes: dim, vocab_size, labels
     * @param optional whether a model may lack it
     * @param tied whether it counts only where config.json unties it from the word embeddings
     */
    public record Tensor(String name, String theirs, List<String> shape, boolean optional, boolean tied) {
    }

    private ModelTypes() {
    }

    private static JsonObject load() {
        try (InputStream stream = ModelTypes.class.getResourceAsStream("model-types.json")) {
            return StrictJson.parse(new String(stream.readAllBytes(), StandardCharsets.UTF_8)).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The names of all model types. */
    public static Set<String> names() {
        return TABLE.getAsJsonObject("model_types").keySet();
    }

    /** A model type by its name, or null. */
    public static @Nullable Type type(String name) {
        JsonObject entry = TABLE.getAsJsonObject("model_types").getAsJsonObject(name);
        return entry == null ? null : new Type(name, entry.get("class").getAsString(),
                entry.get("prefix").getAsString(), entry.get("layers").getAsString(),
                texts(entry.getAsJsonObject("config")), texts(entry.getAsJsonObject("aliases")));
    }

    /** The heads that a flat file may have, BASE among them. */
    public static Set<String> heads() {
        return TABLE.getAsJsonObject("heads").keySet();
    }

    /** Heads that are read as another one, whose parts they have. */
    public static Map<String, String> sameHeads() {
        return texts(TABLE.getAsJsonObject("same_heads"));
    }

    /** Hugging Face's name of an activation to the name of the kernels' constant. */
    public static Map<String, String> activations() {
        return texts(TABLE.getAsJsonObject("activations"));
    }

    /** What config.json may say of these keys; with any other value a model computes what is not computed here. */
    public static Map<String, List<JsonElement>> only() {
        Map<String, List<JsonElement>> only = new LinkedHashMap<>();
        TABLE.getAsJsonObject("only").entrySet().forEach(entry ->
                only.put(entry.getKey(), entry.getValue().getAsJsonArray().asList()));
        return only;
    }

    /** The words for sizes, whole numbers above 0. */
    public static List<String> sizes() {
        return strings(TABLE.getAsJsonArray("sizes"));
    }

    /** The words for numbers from 0 to 1. */
    public static List<String> fractions() {
        return strings(TABLE.getAsJsonArray("fractions"));
    }

    /** The encoder's tensors, in the flat file's order. */
    public static List<Tensor> encoderTensors(Type type, int layers) {
        Type ours = type("distilbert");
        List<Tensor> tensors = new ArrayList<>();
        for (JsonElement element : TABLE.getAsJsonArray("embeddings")) {
            JsonObject entry = element.getAsJsonObject();
            List<String> shape = strings(entry.getAsJsonArray("shape"));
            if (type.keys.keySet().containsAll(shape)) {
                String name = entry.get("name").getAsString();
                tensors.add(new Tensor(ours.prefix + name, type.prefix + name, shape, false, false));
            }
        }
        for (int layer = 0; layer < layers; layer++) {
            for (JsonElement element : TABLE.getAsJsonArray("layer")) {
                JsonObject entry = element.getAsJsonObject();
                String name = ours.prefix + ours.layers + "." + layer + "." + entry.get("name").getAsString();
                String theirs = type.prefix + type.layers + "." + layer + "."
                        + entry.get(type.name.equals(ours.name) ? "name" : type.name).getAsString();
                List<String> shape = strings(entry.getAsJsonArray("shape"));
                tensors.add(new Tensor(name + ".weight", theirs + ".weight", shape, false, false));
                tensors.add(new Tensor(name + ".bias", theirs + ".bias", shape.subList(0, 1), false, false));
            }
        }
        return tensors;
    }

    /** The tensors of a head, in the flat file's order; of the BASE, BERT's pooler. */
    public static List<Tensor> headTensors(Type type, String head) {
        List<Tensor> tensors = new ArrayList<>();
        for (JsonElement element : TABLE.getAsJsonObject("heads").getAsJsonArray(head)) {
            JsonObject entry = element.getAsJsonObject();
            if (!entry.has(type.name)) {
                continue;
            }
            String name = entry.get("name").getAsString();
            String theirs = entry.get(type.name).getAsString();
            String bias = entry.has(type.name + "_bias") ? entry.get(type.name + "_bias").getAsString()
                    : theirs + ".bias";
            List<String> shape = strings(entry.getAsJsonArray("shape"));
            boolean optional = entry.has("optional");
            tensors.add(new Tensor(name + ".weight", theirs + ".weight", shape, optional, entry.has("tied")));
            tensors.add(new Tensor(name + ".bias", bias, shape.subList(0, 1), optional, false));
        }
        return tensors;
    }

    private static Map<String, String> texts(JsonObject object) {
        Map<String, String> texts = new LinkedHashMap<>();
        object.entrySet().forEach(entry -> texts.put(entry.getKey(), entry.getValue().getAsString()));
        return Collections.unmodifiableMap(texts);
    }

    private static List<String> strings(JsonArray array) {
        return array.asList().stream().map(JsonElement::getAsString).toList();
    }
}
