package io.demitasse.convert;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.JsonFiles;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.ModelHeader;
import io.demitasse.file.Requantizer;
import io.demitasse.file.SafetensorsFolder;
import io.demitasse.file.StoredTensor;
import io.demitasse.file.TensorPart;
import io.demitasse.tokenizer.TokenizerFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A folder as Hugging Face's transformers or sentence-transformers save it: config.json, safetensors and the
 * tokenizer's files. All that its files say is either obeyed or refused; docs/huggingface-files.md lists every key.
 */
public final class HuggingFaceFolder implements Closeable {

    /** What metadata says made a file; tools/convert.py says the same, since it writes the same bytes. */
    private static final String CONVERTER = "demitasse convert";

    private final FlatFile file;
    private final List<String> notes;

    private HuggingFaceFolder(FlatFile file, List<String> notes) {
        this.file = file;
        this.notes = notes;
    }

    /**
     * Opens a folder. Its tables are checked, and its tensors are read where they are when they are asked for: nothing
     * is written, and no weight is held twice.
     *
     * @throws ModelFormatException if anything about the folder is off, or means what is not computed here
     */
    public static HuggingFaceFolder open(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new ModelFormatException(folder,
                    "not a folder, expected one with config.json and model.safetensors");
        }
        SentenceModules modules = SentenceModules.read(folder);
        SafetensorsFolder weights = null;
        try {
            Path place = modules == null ? folder : modules.transformer();
            Path configPath = place.resolve("config.json");
            JsonObject json = JsonFiles.readObjectOfAllNumbers(configPath);
            weights = SafetensorsFolder.open(place);
            return open(folder, place, configPath, json, modules, weights);
        } catch (RuntimeException e) {
            close(modules, weights);
            throw e;
        }
    }

    private static HuggingFaceFolder open(Path folder, Path place, Path configPath, JsonObject json,
                                          @Nullable SentenceModules modules, SafetensorsFolder weights) {
        boolean embeds = modules != null && modules.header() != null;
        Map<String, StoredTensor> stored = TensorNames.withoutTensorFlowNames(weights);
        FolderConfig config = FolderConfig.read(configPath, json, stored.keySet(), embeds);
        TensorNames names = new TensorNames(config, weights.path(), stored);
        List<String> leftOut = modules(names.leftOut());
        TokenizerFiles tokenizer = tokenizer(place, config);
        if (modules != null) {
            obey(modules, config, tokenizer.header());
        }
        List<TensorPart> parts = new ArrayList<>();
        if (tokenizer.tokens() != null) {
            parts.add(TensorPart.of(FlatFile.VOCABULARY, vocabulary(tokenizer.tokens())));
        }
        parts.addAll(names.parts());
        if (modules != null) {
            parts.addAll(modules.dense());
        }
        ModelHeader header = new ModelHeader(config.json(), tokenizer.header(), names.labels(),
                embeds ? modules.header() : null, metadata(folder));
        FlatFile file = FlatFile.of(folder, header, parts, () -> close(modules, weights));
        List<String> notes = new ArrayList<>();
        if (!leftOut.isEmpty()) {
            notes.add("left out, as no part of " + config.type().architecture(config.head()) + ": "
                    + String.join(", ", leftOut));
        }
        notes.addAll(tokenizer.notes());
        return new HuggingFaceFolder(file, notes);
    }

    private static TokenizerFiles tokenizer(Path folder, FolderConfig config) {
        JsonElement named = config.json().get("tokenizer_class");
        if (named != null && !named.isJsonNull() && !(named instanceof JsonPrimitive name && name.isString())) {
            throw ModelFormatException.of(config.path(), "tokenizer_class", "a name", named);
        }
        try {
            return TokenizerFiles.read(folder, config.sizes().get("vocab_size"),
                    config.sizes().get("max_position_embeddings"),
                    named == null || named.isJsonNull() ? null : named.getAsString());
        } catch (IllegalArgumentException e) {
            throw ModelFormatException.named(e);
        } catch (IOException e) {
            throw new ModelFormatException(folder, "the tokenizer's files cannot be read: " + e.getMessage(), e);
        }
    }

    private static byte[] vocabulary(List<String> tokens) {
        StringBuilder lines = new StringBuilder();
        tokens.forEach(token -> lines.append(token).append('\n'));
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Puts what sentence-transformers say of a model where readers look for it. */
    private static void obey(SentenceModules modules, FolderConfig config, JsonObject tokenizer) {
        if (modules.header() != null) {
            modules.checkSizes(config.sizes().get("dim"));
        } else if (modules.activation() != null && !config.json().has("sentence_transformers")) {
            // Where its older versions wrote it: in config.json.
            JsonObject said = new JsonObject();
            said.addProperty("activation_fn", modules.activation());
            config.json().add("sentence_transformers", said);
        }
        if (tokenizer.size() == 0) {
            return;
        }
        if (modules.maxSeqLength() != null) {
            tokenizer.addProperty("max_length",
                    Math.min(modules.maxSeqLength(), config.sizes().get("max_position_embeddings")));
        }
        if (modules.lowerCase() && !tokenizer.get("lowercase").getAsBoolean()) {
            // A step before the tokenizer's own: accents stay, which a tokenizer that lowercases would take away.
            tokenizer.addProperty("lowercase", true);
            tokenizer.addProperty("strip_accents", new JsonPrimitive(true).equals(tokenizer.get("strip_accents")));
        }
    }

    private static Map<String, String> metadata(Path folder) {
        Map<String, String> metadata = new LinkedHashMap<>();
        try {
            Path name = folder.toRealPath().getFileName();
            metadata.put("source", name == null ? "" : name.toString());
        } catch (IOException e) {
            throw new ModelFormatException(folder, "cannot be read: " + e.getMessage(), e);
        }
        metadata.put("converter", CONVERTER);
        metadata.put("dtype", Requantizer.name(null));
        return metadata;
    }

    /** Tensors' names without their last part, each once. */
    private static List<String> modules(List<String> tensors) {
        Set<String> modules = new LinkedHashSet<>();
        tensors.forEach(name -> modules.add(name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : name));
        return List.copyOf(modules);
    }

    private static void close(@Nullable SentenceModules modules, @Nullable SafetensorsFolder weights) {
        if (modules != null) {
            modules.close();
        }
        if (weights != null) {
            weights.close();
        }
    }

    /** The folder as the flat file that a conversion would make; it is this folder's, and closed with it. */
    public FlatFile file() {
        return file;
    }

    /** What the user should know, a line each: weights that are no part of the model, a cased vocabulary. */
    public List<String> notes() {
        return notes;
    }

    /**
     * Writes the flat file, the same bytes as tools/convert.py.
     *
     * @param dtype F32, F16 or I8; null to keep what each tensor is, F64 as F32
     * @param metadata what to add to the converter's own
     * @throws IllegalArgumentException if a number does not fit into {@code dtype}
     * @throws IOException if the target cannot be written
     */
    public void write(Path target, @Nullable Dtype dtype, Map<String, String> metadata) throws IOException {
        Map<String, String> all = new LinkedHashMap<>(file.metadata());
        all.put("dtype", Requantizer.name(dtype));
        all.putAll(metadata);
        Requantizer.write(file, target, dtype, all);
    }

    @Override
    public void close() {
        file.close();
    }
}
