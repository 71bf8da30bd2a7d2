package io.demitasse.file;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What Hugging Face's files of each model type call things: the table model-types.json, which tools/ reads as well. */
public final class ModelTypes {

    /**
     * One model type.
     *
     * @param name as config.json's {@code model_type} has it
     * @param prefix what the encoder's tensors begin with
     * @param layers what its blocks' tensors begin with behind the prefix
     * @param config its own names of config.json's keys, by the table's
     */
    public record ModelType(String name, String prefix, String layers, Map<String, String> config) {
    }

    private static final JsonObject TABLE = read();
    private static final Map<String, String> ACTIVATIONS = texts(TABLE.getAsJsonObject("activations"));

    private ModelTypes() {
    }

    private static JsonObject read() {
        try (InputStreamReader in = new InputStreamReader(
                ModelTypes.class.getResourceAsStream("model-types.json"), StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(in).getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> texts(JsonObject object) {
        Map<String, String> texts = new LinkedHashMap<>();
        object.entrySet().forEach(entry -> texts.put(entry.getKey(), entry.getValue().getAsString()));
        return Collections.unmodifiableMap(texts);
    }

    /** The model types that are known, such as {@code bert}. */
    public static Set<String> names() {
        return TABLE.getAsJsonObject("model_types").keySet();
    }

    /** A model type by its name; null if it is not known. */
    public static @Nullable ModelType of(String name) {
        JsonElement type = TABLE.getAsJsonObject("model_types").get(name);
        if (type == null) {
            return null;
        }
        JsonObject object = type.getAsJsonObject();
        return new ModelType(name, object.get("prefix").getAsString(), object.get("layers").getAsString(),
                texts(object.getAsJsonObject("config")));
    }

    /** Names of activations, as {@code hidden_act} has them, and what the kernels call each. */
    public static Map<String, String> activations() {
        return ACTIVATIONS;
    }
}
