package io.demitasse.convert;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.ModelTypes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A config.json that can be obeyed, every word of it.
 *
 * @param json the config with its architecture resolved to one
 * @param sizes by the flat file's words for them
 * @param head of ModelTypes
 * @param labels null where config.json names none, or the head has none
 * @param numberOfLabels null where config.json does not even count them
 */
record FolderConfig(Path path, JsonObject json, ModelTypes.Type type, Map<String, Integer> sizes, String head,
                    @Nullable List<String> labels, @Nullable Integer numberOfLabels) {

    private static final int LARGEST_SIZE = 1 << 24;

    /** Which head a model without architectures has, by the tensors that only that head has. */
    private static final Map<String, String> TELLING = telling();

    private static Map<String, String> telling() {
        Map<String, String> telling = new LinkedHashMap<>();
        telling.put("qa_outputs.", "ForQuestionAnswering");
        telling.put("cls.predictions.", "ForMaskedLM");
        telling.put("vocab_transform.", "ForMaskedLM");
        return telling;
    }

    /**
     * Checks a config.json.
     *
     * @param tensors their names decide where it names no architecture
     * @param base whether the encoder alone is read, whatever stands there, as sentence-transformers do
     */
    static FolderConfig read(Path path, JsonObject config, Set<String> tensors, boolean base) {
        JsonElement name = config.get("model_type");
        ModelTypes.Type type = isText(name) ? ModelTypes.type(name.getAsString()) : null;
        if (type == null) {
            throw ModelFormatException.of(path, "model_type", String.join(" or ", ModelTypes.names()), name);
        }
        JsonChecks checks = new JsonChecks(path, config);
        ModelTypes.only().forEach(checks::only);
        type.aliases().forEach((key, same) -> {
            JsonElement value = config.get(key);
            if (value != null && !value.equals(config.get(same))) {
                throw ModelFormatException.of(path, key, "the same as " + same + " (" + config.get(same) + ")", value);
            }
        });
        Map<String, Integer> sizes = sizes(path, checks, type);
        checkNumbers(path, checks, type, sizes);
        String head = base ? ModelTypes.BASE : head(path, config.get("architectures"), type, tensors);
        JsonArray architectures = new JsonArray();
        architectures.add(type.architecture(head));
        config.add("architectures", architectures);
        List<String> labels = ModelTypes.LABELLED.contains(head) ? labels(path, config.get("id2label")) : null;
        Integer count = labels != null ? Integer.valueOf(labels.size())
                : ModelTypes.LABELLED.contains(head) ? checks.size("num_labels", null, LARGEST_SIZE) : null;
        return new FolderConfig(path, config, type, sizes, head, labels, count);
    }

    /** config.json's key for a size, or the size itself where it is no word for one. */
    String key(String size) {
        String key = type.key(size);
        return key == null ? size : key;
    }

    /** Whether the output over words takes the word embeddings in place of weights of its own. */
    boolean tiesWords() {
        JsonElement ties = json.get("tie_word_embeddings");
        return ties == null || ties.getAsBoolean();
    }

    private static boolean isText(@Nullable JsonElement value) {
        return value instanceof JsonPrimitive primitive && primitive.isString();
    }

    private static Map<String, Integer> sizes(Path path, JsonChecks checks, ModelTypes.Type type) {
        Map<String, Integer> sizes = new LinkedHashMap<>();
        for (String size : ModelTypes.sizes()) {
            String key = type.key(size);
            if (key != null) {
                // The one size that config.json need not have: older BERTs do not say that they know two types.
                sizes.put(size, checks.size(key, new JsonPrimitive(size.equals("type_vocab_size") ? 2 : 0),
                        LARGEST_SIZE));
            }
        }
        if (sizes.get("dim") % sizes.get("heads") != 0) {
            throw ModelFormatException.of(path, type.key("dim"), "a multiple of " + type.key("heads") + " ("
                    + sizes.get("heads") + ")", sizes.get("dim"));
        }
        return sizes;
    }

    /** What no tensor's shape would show. */
    private static void checkNumbers(Path path, JsonChecks checks, ModelTypes.Type type, Map<String, Integer> sizes) {
        for (String word : ModelTypes.fractions()) {
            if (type.key(word) != null) {
                checks.fraction(type.key(word));
            }
        }
        String key = type.key("activation");
        JsonElement activation = checks.get(key);
        if (activation != null
                && !(isText(activation) && ModelTypes.activations().containsKey(activation.getAsString()))) {
            throw ModelFormatException.of(path, key, "one of " + String.join(", ", ModelTypes.activations().keySet()),
                    activation);
        }
        String padding = type.key("pad_token_id");
        int vocabulary = sizes.get("vocab_size");
        JsonElement id = checks.get(padding);
        if (id != null && !id.isJsonNull() && !(JsonChecks.count(id) >= 0 && JsonChecks.count(id) < vocabulary)) {
            throw ModelFormatException.of(path, padding, "a whole number below " + vocabulary + " (vocab_size)", id);
        }
    }

    private static String head(Path path, @Nullable JsonElement architectures, ModelTypes.Type type,
                               Set<String> tensors) {
        if (architectures == null || architectures instanceof JsonNull
                || architectures.isJsonArray() && architectures.getAsJsonArray().isEmpty()) {
            return headByTensors(type, tensors);
        }
        if (!architectures.isJsonArray() || !isText(architectures.getAsJsonArray().get(0))) {
            throw ModelFormatException.of(path, "architectures", "a list of names", architectures);
        }
        // Where there are several, Hugging Face's pipelines take the first that fits.
        String name = architectures.getAsJsonArray().get(0).getAsString();
        String head = name.startsWith(type.classes()) ? name.substring(type.classes().length()) : "";
        head = ModelTypes.sameHeads().getOrDefault(head, head);
        if (!ModelTypes.heads().contains(head)) {
            List<String> known = Stream.concat(ModelTypes.heads().stream(), ModelTypes.sameHeads().keySet().stream())
                    .map(type::architecture).toList();
            throw ModelFormatException.of(path, "architectures", "one of " + String.join(", ", known),
                    new JsonPrimitive(name));
        }
        return head;
    }

    private static String headByTensors(ModelTypes.Type type, Set<String> names) {
        if (names.stream().anyMatch(name -> name.startsWith("classifier."))) {
            String before = type.name().equals("distilbert") ? "pre_classifier." : "pooler.dense.";
            boolean pooled = names.stream().anyMatch(name ->
                    name.startsWith(before) || name.startsWith(type.prefix() + before));
            return pooled ? "ForSequenceClassification" : "ForTokenClassification";
        }
        return TELLING.entrySet().stream()
                .filter(telling -> names.stream().anyMatch(name -> name.startsWith(telling.getKey())))
                .map(Map.Entry::getValue).findFirst().orElse(ModelTypes.BASE);
    }

    private static @Nullable List<String> labels(Path path, @Nullable JsonElement id2label) {
        if (id2label == null || id2label.isJsonNull()) {
            return null;
        }
        JsonObject object = id2label.isJsonObject() ? id2label.getAsJsonObject() : new JsonObject();
        String[] labels = new String[object.size()];
        for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
            int number = entry.getKey().matches("0|[1-9][0-9]{0,8}") ? Integer.parseInt(entry.getKey()) : -1;
            boolean named = entry.getValue() instanceof JsonPrimitive label && !label.isBoolean();
            if (number >= 0 && number < labels.length && named) {
                // A label that is a number in JSON is the text of that number.
                labels[number] = entry.getValue().getAsString();
            }
        }
        if (labels.length == 0 || Arrays.asList(labels).contains(null)) {
            throw ModelFormatException.of(path, "id2label", "texts numbered from 0 without gaps", id2label);
        }
        return new ArrayList<>(Arrays.asList(labels));
    }
}
