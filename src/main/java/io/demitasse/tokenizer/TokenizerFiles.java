package io.demitasse.tokenizer;

import static io.demitasse.tokenizer.TokenizerFile.get;
import static io.demitasse.tokenizer.TokenizerFile.shown;
import static io.demitasse.tokenizer.TokenizerFile.string;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A tokenizer as the files of a Hugging Face folder have it: {@code vocab.txt} or {@code tokenizer.json},
 * {@code tokenizer_config.json}, {@code special_tokens_map.json} and {@code added_tokens.json}. What transformers would
 * read differently from two of them, or what this library does not do, is refused.
 *
 * @param tokens the vocabulary, a token an id, added tokens behind it left out; null for a model that is fed with ids
 * @param header the settings as a flat file's header has them; empty if there is no vocabulary
 * @param notes  what the user should know, a line each
 */
public record TokenizerFiles(@Nullable List<String> tokens, JsonObject header, List<String> notes) {

    private static final String SPLIT = "split_special_tokens";
    private static final String CLEAN_UP = "clean_up_tokenization_spaces";

    /** transformers builds these from tokenizer_config.json, whatever else tokenizer.json says ... */
    private static final List<String> BERT_CLASSES = List.of("BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer",
            "DistilBertTokenizerFast");
    /** ... and these from tokenizer.json alone. */
    private static final List<String> FILE_CLASSES = List.of("PreTrainedTokenizerFast", "TokenizersBackend");

    /**
     * Reads a folder's tokenizer.
     *
     * @param vocabSize how many ids the model has (config.json's vocab_size)
     * @param positions how many tokens a text can have at most (config.json's max_position_embeddings)
     * @param tokenizerClass config.json's tokenizer_class, which counts where tokenizer_config.json has none
     * @throws IllegalArgumentException if the tokenizer is another one than BERT's, or its files are damaged or at odds
     *     with each other; the message is one line that names the file, the key and the value
     * @throws IOException if a file cannot be read
     */
    public static TokenizerFiles read(Path folder, int vocabSize, int positions, @Nullable String tokenizerClass)
            throws IOException {
        TokenizerFile configFile = new TokenizerFile(folder.resolve("tokenizer_config.json"));
        TokenizerFile jsonFile = new TokenizerFile(folder.resolve("tokenizer.json"));
        TokenizerFile vocabFile = new TokenizerFile(folder.resolve("vocab.txt"));
        JsonObject stated = configFile.json();
        JsonObject config = stated == null ? new JsonObject() : stated;
        boolean ofFile = isOfFile(configFile, config, new TokenizerFile(folder.resolve("config.json")), tokenizerClass,
                jsonFile);
        JsonObject json = jsonFile.json();
        if (json == null && !vocabFile.exists()) {
            return new TokenizerFiles(null, new JsonObject(), List.of());
        }
        TokenizerJson tokenizer = json == null ? null : new TokenizerJson(jsonFile, json, ofFile);
        VocabularyFiles vocabulary = VocabularyFiles.read(vocabFile, tokenizer, vocabSize);
        JsonObject header = new Settings(configFile, config, tokenizer, ofFile).read(positions);
        AddedTokenFiles added = new AddedTokenFiles(folder, config, tokenizer, ofFile);
        added.read(vocabulary, vocabSize);
        addIfAny(header, "special_tokens", added.specialTokens());
        addIfAny(header, "added_tokens", added.addedTokens());
        if (tokenizer != null && tokenizer.longestWord() != TokenizerJson.USUAL_LONGEST_WORD) {
            header.addProperty("max_input_chars_per_word", tokenizer.longestWord());
        }
        if (configFile.flag(config, SPLIT, false, SPLIT)) {
            header.addProperty(SPLIT, true);
        }
        if (!configFile.flag(config, CLEAN_UP, true, CLEAN_UP)) {
            header.addProperty(CLEAN_UP, false);
        }
        boolean cased = header.get("lowercase").getAsBoolean() && vocabulary.isCased();
        return new TokenizerFiles(vocabulary.tokens(), header, cased ? List.of(new TokenizerFile(folder).line(
                "the vocabulary has capitals, but texts are read in lower case (do_lower_case)")) : List.of());
    }

    private static void addIfAny(JsonObject header, String key, JsonElement value) {
        boolean empty = value.isJsonArray() ? value.getAsJsonArray().isEmpty() : value.getAsJsonObject().isEmpty();
        if (!empty) {
            header.add(key, value);
        }
    }

    /** Whether tokenizer.json alone counts. */
    private static boolean isOfFile(TokenizerFile configFile, JsonObject config, TokenizerFile modelConfigFile,
            @Nullable String tokenizerClass, TokenizerFile jsonFile) {
        JsonElement stated = get(config, "tokenizer_class");
        TokenizerFile file = stated == null ? modelConfigFile : configFile;
        JsonElement kind = stated != null || tokenizerClass == null ? stated : new JsonPrimitive(tokenizerClass);
        JsonElement custom = get(config, "auto_map");
        if (custom != null && (custom.isJsonArray() || get(custom, "AutoTokenizer") != null)) {
            throw configFile.refuse("auto_map", "no tokenizer of its own", shown(custom));
        }
        String name = string(kind);
        if (kind != null && (name == null || !BERT_CLASSES.contains(name) && !FILE_CLASSES.contains(name))) {
            throw file.refuse("tokenizer_class", "BertTokenizer, DistilBertTokenizer or PreTrainedTokenizerFast",
                    shown(kind));
        }
        checkFixed(configFile, config, "do_basic_tokenize", new JsonPrimitive(true));
        checkFixed(configFile, config, "wordpieces_prefix", new JsonPrimitive(Vocabulary.CONTINUATION));
        checkFixed(configFile, config, "clean_text", new JsonPrimitive(true));
        JsonElement neverSplit = get(config, "never_split");
        if (neverSplit != null && !(neverSplit.isJsonArray() && neverSplit.getAsJsonArray().isEmpty())) {
            throw configFile.refuse("never_split", "none", shown(neverSplit));
        }
        boolean ofFile = name != null && FILE_CLASSES.contains(name);
        if (ofFile && !jsonFile.exists()) {
            throw file.refuse("tokenizer_class", "tokenizer.json beside it, which " + name + " is read from", "none");
        }
        return ofFile;
    }

    /** What older classes knew and no reader of today does; only this value of it is obeyed by leaving it out. */
    private static void checkFixed(TokenizerFile file, JsonObject config, String key, JsonPrimitive expected) {
        JsonElement value = get(config, key);
        if (value != null && !value.equals(expected)) {
            throw file.refuse(key, shown(expected), shown(value));
        }
    }

    /** The settings that are not about single tokens. */
    private record Settings(TokenizerFile configFile, JsonObject config, @Nullable TokenizerJson tokenizer,
            boolean ofFile) {

        JsonObject read(int positions) {
            JsonObject settings = new JsonObject();
            add(settings, "lowercase", "do_lower_case", "lowercase", true);
            add(settings, "strip_accents", "strip_accents", "strip_accents", null);
            add(settings, "tokenize_chinese_chars", "tokenize_chinese_chars", "handle_chinese_chars", true);
            settings.addProperty("max_length", maxLength(positions));
            if (truncatesLeft()) {
                settings.addProperty("truncation_side", "left");
            }
            return settings;
        }

        private void add(JsonObject settings, String name, String configKey, String normalizerKey,
                @Nullable Boolean otherwise) {
            JsonObject normalizer = tokenizer == null ? new JsonObject() : tokenizer.normalizer();
            Boolean stated = normalizer.has(normalizerKey)
                    ? Settings.nullable(normalizer.get(normalizerKey)) : otherwise;
            Boolean value = stated;
            if (!ofFile) {
                value = configFile.flag(config, configKey, otherwise, configKey);
                boolean same = Objects.equals(effective(stated, settings), effective(value, settings));
                if (!config.has(configKey) && !same) {
                    throw tokenizer.file().refuse("normalizer." + normalizerKey, otherwise + ", which transformers takes"
                            + " where tokenizer_config.json does not say " + configKey, String.valueOf(stated));
                }
            }
            settings.add(name, value == null ? JsonNull.INSTANCE : new JsonPrimitive(value));
        }

        private static @Nullable Boolean nullable(JsonElement flag) {
            return flag.isJsonNull() ? null : Boolean.valueOf(flag.getAsBoolean());
        }

        private static @Nullable Boolean effective(@Nullable Boolean value, JsonObject settings) {
            return value != null || !settings.has("lowercase") ? value
                    : Boolean.valueOf(settings.get("lowercase").getAsBoolean());
        }

        private int maxLength(int positions) {
            TokenizerFile file = configFile;
            String key = get(config, "model_max_length") != null ? "model_max_length" : "max_len";
            JsonElement length = get(config, key);
            if (length == null && tokenizer != null) {
                file = tokenizer.file();
                key = "truncation.max_length";
                length = get(tokenizer.truncation(), "max_length");
            }
            if (length == null) {
                return positions;
            }
            // Hugging Face writes 1e30, as a whole number or not, where there is no limit.
            double number = length.isJsonPrimitive() && length.getAsJsonPrimitive().isNumber()
                    ? length.getAsDouble() : Double.NaN;
            if (!(number >= 1)) {
                throw file.refuse(key, "a number from 1 up", shown(length));
            }
            return (int) Math.min(number, positions);
        }

        private boolean truncatesLeft() {
            TokenizerFile file = configFile;
            String key = "truncation_side";
            JsonElement side = get(config, key);
            String name = string(side);
            if (side == null && tokenizer != null) {
                file = tokenizer.file();
                key = "truncation.direction";
                side = get(tokenizer.truncation(), "direction");
                name = string(side);
                name = "Left".equals(name) ? "left" : "Right".equals(name) ? "right" : name;
            }
            if (side != null && !"left".equals(name) && !"right".equals(name)) {
                throw file.refuse(key, "left or right", shown(side));
            }
            return "left".equals(name);
        }
    }
}
