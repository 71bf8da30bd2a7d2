package io.demitasse.tokenizer;

import static io.demitasse.tokenizer.TokenizerFile.get;
import static io.demitasse.tokenizer.TokenizerFile.integer;
import static io.demitasse.tokenizer.TokenizerFile.shown;
import static io.demitasse.tokenizer.TokenizerFile.string;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A tokenizer.json compared with what BERT's tokenizers are: what is the same is taken, everything else refused. */
final class TokenizerJson {

    static final int USUAL_LONGEST_WORD = 100;

    /** A token of the post-processor's template and the id it has there. */
    record Special(String content, int id) {
    }

    private final TokenizerFile file;
    private final JsonObject content;
    // What is null is filled in by a BERT class, but is nothing where this file alone counts.
    private final boolean required;
    private final JsonObject vocab;
    private final String unknown;
    private final int longestWord;
    private final JsonObject normalizer;
    private final Map<String, Special> template;

    TokenizerJson(TokenizerFile file, JsonObject content, boolean ofFile) {
        this.file = file;
        this.content = content;
        required = ofFile;
        JsonObject model = model();
        unknown = unknown(model);
        longestWord = longestWord(model);
        JsonElement tokens = get(model, "vocab");
        if (tokens == null || !tokens.isJsonObject()) {
            throw file.refuse("model.vocab", "an object of tokens and their ids", shown(tokens));
        }
        vocab = tokens.getAsJsonObject();
        normalizer = normalizer();
        part("pre_tokenizer", "pretokenizers", List.of("BertPreTokenizer"));
        template = postProcessor();
        decoder();
        truncation();
        addedTokens();
    }

    TokenizerFile file() {
        return file;
    }

    /** The model's tokens and their ids, unchecked. */
    JsonObject vocab() {
        return vocab;
    }

    String unknown() {
        return unknown;
    }

    int longestWord() {
        return longestWord;
    }

    /** BertNormalizer's flags; empty if there is none. */
    JsonObject normalizer() {
        if (normalizer != null) {
            return normalizer;
        }
        JsonObject flags = new JsonObject();
        JsonObject part = part("normalizer", "normalizers", List.of("BertNormalizer"));
        if (part == null) {
            return flags;
        }
        if (!file.flag(part, "clean_text", true, "normalizer.clean_text")) {
            throw file.refuse("normalizer.clean_text", "true", "false");
        }
        flags.addProperty("lowercase", file.flag(part, "lowercase", true, "normalizer.lowercase"));
        flags.addProperty("strip_accents", file.flag(part, "strip_accents", null, "normalizer.strip_accents"));
        flags.addProperty("handle_chinese_chars",
                file.flag(part, "handle_chinese_chars", true, "normalizer.handle_chinese_chars"));
        return flags;
    }

    /** The tokens that the post-processor adds, by "cls" and "sep"; empty if there is no post-processor. */
    Map<String, Special> template() {
        return template;
    }

    /** Null if there is none. */
    @Nullable JsonElement truncation() {
        JsonElement truncation = get(content, "truncation");
        if (truncation != null && !truncation.isJsonObject()) {
            throw file.refuse("truncation", "an object", shown(truncation));
        }
        return truncation;
    }

    /** The added tokens, unchecked. */
    JsonArray addedTokens() {
        JsonElement tokens = get(content, "added_tokens");
        if (tokens == null) {
            return new JsonArray();
        }
        if (!tokens.isJsonArray()) {
            throw file.refuse("added_tokens", "an array", shown(tokens));
        }
        return tokens.getAsJsonArray();
    }

    private JsonObject model() {
        JsonElement model = get(content, "model");
        JsonElement kind = get(model, "type");
        // Files of tokenizers before 0.9 name no type; only WordPiece's prefix tells theirs.
        boolean old = kind == null && model != null && model.isJsonObject()
                && model.getAsJsonObject().has("continuing_subword_prefix");
        if (!"WordPiece".equals(string(kind)) && !old) {
            throw file.refuse("model", "WordPiece", shown(kind));
        }
        prefix(model.getAsJsonObject(), "continuing_subword_prefix", "model.continuing_subword_prefix");
        return model.getAsJsonObject();
    }

    private void prefix(JsonObject part, String key, String name) {
        if (part.has(key) && !Vocabulary.CONTINUATION.equals(string(part.get(key)))) {
            throw file.refuse(name, shown(Vocabulary.CONTINUATION), shown(part.get(key)));
        }
    }

    private String unknown(JsonObject model) {
        String token = model.has("unk_token") ? string(model.get("unk_token")) : SpecialTokens.BERT.unk();
        if (token == null) {
            throw file.refuse("model.unk_token", "a text", shown(model.get("unk_token")));
        }
        return token;
    }

    private int longestWord(JsonObject model) {
        String key = "model.max_input_chars_per_word";
        JsonElement value = model.get("max_input_chars_per_word");
        Integer longest = value == null ? Integer.valueOf(USUAL_LONGEST_WORD) : integer(value);
        if (longest == null || longest < 1 || longest > TokenizerSettings.LONGEST_WORD) {
            throw file.refuse(key, "a whole number from 1 to " + TokenizerSettings.LONGEST_WORD, shown(value));
        }
        if (longest != USUAL_LONGEST_WORD && !required) {
            throw file.refuse(key, "100, which a BertTokenizer has whatever stands here", shown(value));
        }
        return longest;
    }

    /** A part of one of the kinds, or a sequence of just that; null if there is none. */
    private @Nullable JsonObject part(String key, String partsKey, List<String> kinds) {
        JsonElement part = get(content, key);
        if (part == null && !required) {
            return null;
        }
        String expected = String.join(" or ", kinds);
        JsonElement kind = get(part, "type");
        JsonElement parts = "Sequence".equals(string(kind)) ? get(part, partsKey) : null;
        if (parts != null && parts.isJsonArray()) {
            JsonArray several = parts.getAsJsonArray();
            if (several.size() != 1 || !several.get(0).isJsonObject()) {
                JsonArray names = new JsonArray();
                several.forEach(one -> names.add(one.isJsonObject() ? get(one, "type") : one));
                throw file.refuse(key, expected, "Sequence " + shown(names));
            }
            part = several.get(0);
            kind = get(part, "type");
        }
        String name = string(kind);
        if (name == null || !kinds.contains(name)) {
            throw file.refuse(key, expected, shown(kind == null ? part : kind));
        }
        return part.getAsJsonObject();
    }

    private Map<String, Special> postProcessor() {
        Map<String, Special> found = new LinkedHashMap<>();
        JsonObject part = part("post_processor", "processors", List.of("TemplateProcessing", "BertProcessing"));
        if (part == null) {
            return found;
        }
        if ("BertProcessing".equals(string(part.get("type")))) {
            found.put("cls", pair(part, "cls"));
            found.put("sep", pair(part, "sep"));
            return found;
        }
        JsonElement single = get(part, "single");
        boolean three = single != null && single.isJsonArray() && single.getAsJsonArray().size() == 3;
        String cls = three ? name(single.getAsJsonArray().get(0)) : null;
        String sep = three ? name(single.getAsJsonArray().get(2)) : null;
        compare(part, "single", "[CLS] A [SEP]", cls, sep, piece("SpecialToken", cls, 0), piece("Sequence", "A", 0),
                piece("SpecialToken", sep, 0));
        compare(part, "pair", "[CLS] A [SEP] B:1 [SEP]:1", cls, sep, piece("SpecialToken", cls, 0),
                piece("Sequence", "A", 0), piece("SpecialToken", sep, 0), piece("Sequence", "B", 1),
                piece("SpecialToken", sep, 1));
        found.put("cls", new Special(cls, templateId(part, cls)));
        found.put("sep", new Special(sep, templateId(part, sep)));
        return found;
    }

    private void compare(JsonObject part, String key, String expected, @Nullable String cls, @Nullable String sep,
            JsonObject... pieces) {
        JsonArray template = new JsonArray();
        List.of(pieces).forEach(template::add);
        JsonElement found = get(part, key);
        // As texts, since 0 and 0.0 are equal numbers; the order of the two keys of a piece is of no account.
        if (cls == null || sep == null || found == null || !template.toString().equals(sorted(found))) {
            throw file.refuse("post_processor." + key, expected, shown(found));
        }
    }

    private static String sorted(JsonElement template) {
        if (!template.isJsonArray()) {
            return "";
        }
        JsonArray sorted = new JsonArray();
        for (JsonElement piece : template.getAsJsonArray()) {
            JsonObject copy = new JsonObject();
            if (piece.isJsonObject()) {
                piece.getAsJsonObject().entrySet().forEach(entry -> {
                    JsonElement inner = entry.getValue();
                    JsonObject ordered = new JsonObject();
                    if (inner.isJsonObject()) {
                        List.of("id", "type_id").forEach(key -> ordered.add(key, inner.getAsJsonObject().get(key)));
                        inner.getAsJsonObject().entrySet().forEach(e -> ordered.add(e.getKey(), e.getValue()));
                    }
                    copy.add(entry.getKey(), ordered);
                });
            }
            sorted.add(copy);
        }
        return sorted.toString();
    }

    private static JsonObject piece(String kind, @Nullable String id, int type) {
        JsonObject inner = new JsonObject();
        inner.add("id", id == null ? null : new JsonPrimitive(id));
        inner.addProperty("type_id", type);
        JsonObject piece = new JsonObject();
        piece.add(kind, inner);
        return piece;
    }

    private static @Nullable String name(JsonElement piece) {
        return string(get(get(piece, "SpecialToken"), "id"));
    }

    private int templateId(JsonObject part, String name) {
        JsonElement entry = get(get(part, "special_tokens"), name);
        JsonElement ids = get(entry, "ids");
        Integer id = ids != null && ids.isJsonArray() && ids.getAsJsonArray().size() == 1
                ? integer(ids.getAsJsonArray().get(0)) : null;
        if (id == null) {
            throw file.refuse("post_processor.special_tokens." + name, "one id", shown(entry));
        }
        return id;
    }

    private Special pair(JsonObject part, String key) {
        JsonElement pair = get(part, key);
        boolean two = pair != null && pair.isJsonArray() && pair.getAsJsonArray().size() == 2;
        String token = two ? string(pair.getAsJsonArray().get(0)) : null;
        Integer id = two ? integer(pair.getAsJsonArray().get(1)) : null;
        if (token == null || id == null) {
            throw file.refuse("post_processor." + key, "a token and its id", shown(pair));
        }
        return new Special(token, id);
    }

    private void decoder() {
        JsonObject part = part("decoder", "decoders", List.of("WordPiece"));
        if (part == null) {
            return;
        }
        prefix(part, "prefix", "decoder.prefix");
        if (!file.flag(part, "cleanup", true, "decoder.cleanup")) {
            throw file.refuse("decoder.cleanup", "true", "false");
        }
    }
}
