package io.demitasse.file;

import com.google.gson.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that a flat file says of its model beside the tensors. The JSON objects are not copied: whoever changes them
 * copies them first.
 *
 * @param config the model's config.json, its architecture resolved to one
 * @param tokenizer the tokenizer's settings; empty for a model without a vocabulary
 * @param labels the names of the classes that a classifier of texts or of tokens tells apart; else empty
 * @param sentenceTransformers how an embedding model pools; null for any other
 * @param metadata where the model comes from, in the order in which it is written
 */
public record ModelHeader(JsonObject config, JsonObject tokenizer, List<String> labels,
                          @Nullable JsonObject sentenceTransformers, Map<String, String> metadata) {

    public ModelHeader {
        labels = List.copyOf(labels);
        metadata = new LinkedHashMap<>(metadata);
    }

    /** The same with other metadata. */
    public ModelHeader withMetadata(Map<String, String> facts) {
        return new ModelHeader(config, tokenizer, labels, sentenceTransformers, facts);
    }

    /** The same with another config. */
    public ModelHeader withConfig(JsonObject other) {
        return new ModelHeader(other, tokenizer, labels, sentenceTransformers, metadata);
    }
}
