package io.demitasse.benchmarks;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.demitasse.tokenizer.TokenizerSettings;
import io.demitasse.tokenizer.Vocabulary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Hugging Face's Rust tokenizer by way of DJL, set up as a Demitasse one is. */
final class RustTokenizer implements AutoCloseable {

    private static final String[] SPECIALS = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

    private final HuggingFaceTokenizer tokenizer;

    RustTokenizer(Vocabulary vocabulary, TokenizerSettings settings) throws IOException {
        String maxLength = Integer.toString(settings.maxLength());
        byte[] json = tokenizerJson(vocabulary, settings).toString().getBytes(StandardCharsets.UTF_8);
        tokenizer = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), Map.of(
                "truncation", "longest_first",
                "maxLength", maxLength,
                "modelMaxLength", maxLength,
                "padding", "false",
                "addSpecialTokens", "true"));
    }

    Encoding encode(String text) {
        return tokenizer.encode(text);
    }

    Encoding encode(String text, String pair) {
        return tokenizer.encode(text, pair);
    }

    /**
     * The spans of an encoding's tokens as Demitasse gives them: in UTF-16 units, [0, 0) for the added tokens. The
     * library counts code points, and has none for added tokens.
     *
     * @return start and end of each token, in turns
     */
    static int[] spans(Encoding encoding, String text, String pair) {
        CharSpan[] spans = encoding.getCharTokenSpans();
        long[] types = encoding.getTypeIds();
        int[] textPlaces = places(text);
        int[] pairPlaces = places(pair);
        int[] flat = new int[2 * spans.length];
        for (int i = 0; i < spans.length; i++) {
            if (spans[i] != null) {
                int[] places = types[i] == 0 ? textPlaces : pairPlaces;
                flat[2 * i] = places[spans[i].getStart()];
                flat[2 * i + 1] = places[spans[i].getEnd()];
            }
        }
        return flat;
    }

    @Override
    public void close() {
        tokenizer.close();
    }

    /** Where each code point starts, and the length. */
    private static int[] places(String text) {
        int[] places = new int[text.codePointCount(0, text.length()) + 1];
        for (int i = 1; i < places.length; i++) {
            places[i] = text.offsetByCodePoints(places[i - 1], 1);
        }
        return places;
    }

    private static JsonObject tokenizerJson(Vocabulary vocabulary, TokenizerSettings settings) {
        JsonObject normalizer = typed("BertNormalizer");
        normalizer.addProperty("clean_text", true);
        normalizer.addProperty("handle_chinese_chars", settings.tokenizeChineseChars());
        normalizer.addProperty("strip_accents", settings.stripAccents());
        normalizer.addProperty("lowercase", settings.lowercase());

        JsonObject ids = new JsonObject();
        for (int id = 0; id < vocabulary.size(); id++) {
            ids.addProperty(vocabulary.token(id), id);
        }
        JsonObject model = typed("WordPiece");
        model.addProperty("unk_token", "[UNK]");
        model.addProperty("continuing_subword_prefix", "##");
        model.addProperty("max_input_chars_per_word", 100);
        model.add("vocab", ids);

        JsonObject json = new JsonObject();
        json.addProperty("version", "1.0");
        json.add("truncation", null);
        json.add("padding", null);
        json.add("added_tokens", addedTokens(vocabulary));
        json.add("normalizer", normalizer);
        json.add("pre_tokenizer", typed("BertPreTokenizer"));
        json.add("post_processor", template(vocabulary));
        json.add("decoder", null);
        json.add("model", model);
        return json;
    }

    private static JsonArray addedTokens(Vocabulary vocabulary) {
        JsonArray added = new JsonArray();
        for (String special : SPECIALS) {
            JsonObject token = new JsonObject();
            token.addProperty("id", vocabulary.id(special));
            token.addProperty("content", special);
            token.addProperty("single_word", false);
            token.addProperty("lstrip", false);
            token.addProperty("rstrip", false);
            token.addProperty("normalized", false);
            token.addProperty("special", true);
            added.add(token);
        }
        return added;
    }

    /** [CLS] A [SEP], and [CLS] A [SEP] B [SEP] with the type ids 0 0 0 1 1. */
    private static JsonObject template(Vocabulary vocabulary) {
        JsonObject specials = new JsonObject();
        for (String special : new String[] {"[CLS]", "[SEP]"}) {
            JsonObject token = new JsonObject();
            token.addProperty("id", special);
            token.add("ids", array(vocabulary.id(special)));
            JsonArray names = new JsonArray();
            names.add(special);
            token.add("tokens", names);
            specials.add(special, token);
        }
        JsonArray single = new JsonArray();
        single.add(part("SpecialToken", "[CLS]", 0));
        single.add(part("Sequence", "A", 0));
        single.add(part("SpecialToken", "[SEP]", 0));
        JsonArray pair = single.deepCopy();
        pair.add(part("Sequence", "B", 1));
        pair.add(part("SpecialToken", "[SEP]", 1));

        JsonObject template = typed("TemplateProcessing");
        template.add("single", single);
        template.add("pair", pair);
        template.add("special_tokens", specials);
        return template;
    }

    private static JsonObject part(String kind, String id, int type) {
        JsonObject value = new JsonObject();
        value.addProperty("id", id);
        value.addProperty("type_id", type);
        JsonObject part = new JsonObject();
        part.add(kind, value);
        return part;
    }

    private static JsonArray array(int value) {
        JsonArray array = new JsonArray();
        array.add(value);
        return array;
    }

    private static JsonObject typed(String type) {
        JsonObject object = new JsonObject();
        object.addProperty("type", type);
        return object;
    }
}
