package io.demitasse;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.Activation;
import io.demitasse.model.HeadSpec;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a model's maker means its vectors to be made: what sentence-transformers keeps beside a model.
 *
 * @param pooling how hidden states become one vector
 * @param normalize whether vectors are scaled to length 1
 * @param prompts what is put before a text, by the name of a use such as {@code query}
 * @param defaultPromptName the prompt that is used if nobody names one; null for none
 * @param includePrompt whether the prompt's own tokens are pooled, too
 * @param head the layers behind the encoder
 * @param dim how many numbers a vector has
 */
record EmbeddingSettings(Pooling pooling, boolean normalize, Map<String, String> prompts,
                         @Nullable String defaultPromptName, boolean includePrompt, HeadSpec head, int dim) {

    private static final Map<String, Activation> ACTIVATIONS = Map.of("identity", Activation.NONE, "tanh",
            Activation.TANH, "relu", Activation.RELU, "gelu", Activation.GELU, "sigmoid", Activation.SIGMOID, "silu",
            Activation.SILU);

    /** A file's, or, where it says nothing, the mean of all tokens as it is. */
    static EmbeddingSettings of(FlatFile file, int dim) {
        JsonObject json = file.sentenceTransformers();
        return json == null
                ? new EmbeddingSettings(Pooling.MEAN, false, Map.of(), null, true, Pooling.MEAN.head(), dim)
                : new Reader(file, json).read(dim);
    }

    /** The text to read for a text, with the prompt of a name before it; null asks for the model's default. */
    String prompted(String text, @Nullable String promptName) {
        String name = promptName == null ? defaultPromptName : promptName;
        if (name == null) {
            return text;
        }
        String prompt = prompts.get(name);
        if (prompt == null) {
            throw new IllegalArgumentException("the model has no prompt \"" + name + "\"; it has "
                    + (prompts.isEmpty() ? "none" : String.join(", ", prompts.keySet())));
        }
        if (!includePrompt && !prompt.isEmpty()) {
            throw new IllegalArgumentException("the model leaves prompts out of its pooling (include_prompt is false),"
                    + " which is not supported");
        }
        return prompt + text;
    }

    /** Checks while it reads; the converters have checked it before, but a file may come from anywhere. */
    private record Reader(FlatFile file, JsonObject json) {

        EmbeddingSettings read(int dim) {
            Pooling pooling = pooling();
            HeadSpec head = pooling.head();
            int out = dim;
            JsonArray dense = json.has("dense") && json.get("dense").isJsonArray() ? json.getAsJsonArray("dense")
                    : new JsonArray();
            for (int i = 0; i < dense.size(); i++) {
                JsonObject layer = dense.get(i).isJsonObject() ? dense.get(i).getAsJsonObject() : new JsonObject();
                out = file.tensor("dense." + i + ".weight").shape().get(0);
                Activation activation = ACTIVATIONS.get(text(layer, "activation"));
                if (activation == null) {
                    throw bad("dense[" + i + "].activation", "one of " + ACTIVATIONS.keySet(), layer.get("activation"));
                }
                head = flag(layer, "bias", true) ? head.linear("dense." + i, out, activation)
                        : head.linearWithoutBias("dense." + i, out, activation);
            }
            String promptName = json.has("default_prompt_name") && !json.get("default_prompt_name").isJsonNull()
                    ? text(json, "default_prompt_name") : null;
            return new EmbeddingSettings(pooling, flag(json, "normalize", false), prompts(), promptName,
                    flag(json, "include_prompt", true), head, out);
        }

        private Pooling pooling() {
            String name = text(json, "pooling");
            for (Pooling pooling : Pooling.values()) {
                if (pooling.name().toLowerCase(Locale.ROOT).equals(name)) {
                    return pooling;
                }
            }
            throw bad("pooling", "cls, mean, max or mean_sqrt_len", json.get("pooling"));
        }

        private Map<String, String> prompts() {
            Map<String, String> prompts = new LinkedHashMap<>();
            JsonElement all = json.get("prompts");
            if (all != null && all.isJsonObject()) {
                all.getAsJsonObject().keySet().forEach(name -> prompts.put(name, text(all.getAsJsonObject(), name)));
            } else if (all != null) {
                throw bad("prompts", "an object of texts", all);
            }
            return Collections.unmodifiableMap(prompts);
        }

        private String text(JsonObject object, String name) {
            JsonElement value = object.get(name);
            if (value == null || !value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
                throw bad(name, "a text", value);
            }
            return value.getAsString();
        }

        private boolean flag(JsonObject object, String name, boolean usual) {
            JsonElement value = object.get(name);
            if (value == null) {
                return usual;
            }
            if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isBoolean()) {
                throw bad(name, "true or false", value);
            }
            return value.getAsBoolean();
        }

        private ModelFormatException bad(String name, String expected, @Nullable JsonElement found) {
            return ModelFormatException.of(file.path(), "sentence_transformers." + name, expected, found);
        }
    }
}
