package io.demitasse.convert;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.file.JsonFiles;
import io.demitasse.file.ModelFormatException;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A folder's tokenizer, as the flat file keeps it.
 *
 * @param vocabulary null for a model that is fed with ids
 */
record FolderTokenizer(byte @Nullable [] vocabulary, JsonObject settings) {

    static FolderTokenizer read(Path folder, int vocabSize, int positions) {
        Path tokenizerPath = folder.resolve("tokenizer.json");
        Path configPath = folder.resolve("tokenizer_config.json");
        Path vocabPath = folder.resolve("vocab.txt");
        JsonObject tokenizer = Files.exists(tokenizerPath) ? JsonFiles.readObject(tokenizerPath) : null;
        List<String> tokens;
        if (Files.exists(vocabPath)) {
            tokens = lines(vocabPath);
        } else if (tokenizer != null) {
            JsonObject vocab = tokenizer.getAsJsonObject("model").getAsJsonObject("vocab");
            String[] byId = new String[vocab.size()];
            vocab.entrySet().forEach(entry -> byId[entry.getValue().getAsInt()] = entry.getKey());
            tokens = Arrays.asList(byId);
        } else {
            return new FolderTokenizer(null, new JsonObject());
        }
        if (tokens.isEmpty() || tokens.size() > vocabSize) {
            throw new ModelFormatException(Files.exists(vocabPath) ? vocabPath : tokenizerPath, "expected from 1 to " + vocabSize
                    + " tokens (vocab_size of config.json), found " + tokens.size());
        }
        JsonObject config = Files.exists(configPath) ? JsonFiles.readObject(configPath) : new JsonObject();
        JsonElement n = tokenizer == null ? null : tokenizer.get("normalizer");
        JsonObject normalizer = n != null && n.isJsonObject() && n.getAsJsonObject().has("type")
                && n.getAsJsonObject().get("type").getAsString().equals("BertNormalizer") ? n.getAsJsonObject() : new JsonObject();
        JsonObject settings = new JsonObject();
        settings.add("lowercase", first(config, "do_lower_case", normalizer, "lowercase", new JsonPrimitive(true)));
        settings.add("strip_accents", first(config, "strip_accents", normalizer, "strip_accents", JsonChecks.NULL));
        settings.add("tokenize_chinese_chars", first(config, "tokenize_chinese_chars", normalizer, "handle_chinese_chars", new JsonPrimitive(true)));
        JsonElement length = config.get("model_max_length");
        BigDecimal max = length == null || length.isJsonNull() ? BigDecimal.valueOf(positions) : length.getAsBigDecimal();
        settings.addProperty("max_length", max.min(BigDecimal.valueOf(positions)).intValue());
        StringBuilder text = new StringBuilder();
        tokens.forEach(token -> text.append(token).append('\n'));
        return new FolderTokenizer(text.toString().getBytes(StandardCharsets.UTF_8), settings);
    }

    private static JsonElement first(JsonObject config, String key, JsonObject normalizer, String other, JsonElement otherwise) {
        return config.has(key) ? config.get(key) : normalizer.has(other) ? normalizer.get(other) : otherwise;
    }

    private static List<String> lines(Path path) {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(path))).toString();
            List<String> lines = new ArrayList<>(Arrays.asList(text.replace("\r\n", "\n").split("\n", -1)));
            if (lines.get(lines.size() - 1).isEmpty()) {
                lines.remove(lines.size() - 1);
            }
            return lines;
        } catch (IOException e) {
            throw new ModelFormatException(path, "cannot be read", e);
        }
    }
}
