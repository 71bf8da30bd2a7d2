package io.demitasse.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.FlatFileWriter;
import io.demitasse.model.ModelConfig;
import io.demitasse.model.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a trained model's file has of the file that training began with.
 *
 * @param vocabulary null for a model without one
 */
record ModelTemplate(JsonObject config, JsonObject tokenizer, List<String> labels, Map<String, String> metadata,
                     byte @Nullable [] vocabulary) {

    /** Everything but the tensors, for a model that is trained to this with these labels. */
    static ModelTemplate of(FlatFile file, Objective objective, List<String> labels) {
        Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
        metadata.put("dtype", "f32");
        return new ModelTemplate(trained(file.config(), ModelConfig.of(file).modelType(), objective, labels),
                file.tokenizer(), labels, metadata, file.has(FlatFile.VOCABULARY) ? file.bytes(FlatFile.VOCABULARY) : null);
    }

    private static JsonObject trained(JsonObject original, String modelType, Objective objective,
                                      List<String> labels) {
        JsonObject config = original.deepCopy();
        JsonArray architectures = new JsonArray();
        architectures.add(objective.architecture().className(modelType));
        config.add("architectures", architectures);
        if (objective.problemType() != null) {
            config.addProperty("problem_type", objective.problemType());
        } else {
            config.remove("problem_type");
        }
        JsonObject id2label = new JsonObject();
        JsonObject label2id = new JsonObject();
        for (int i = 0; i < labels.size(); i++) {
            id2label.addProperty(Integer.toString(i), labels.get(i));
            label2id.addProperty(labels.get(i), i);
        }
        config.add("id2label", id2label);
        config.add("label2id", label2id);
        return config;
    }

    /** A writer with all of a model in F32; {@code facts} are added to the metadata. */
    FlatFileWriter writer(List<Parameter> parameters, Map<String, String> facts) {
        Map<String, String> all = new LinkedHashMap<>(metadata);
        // In one order, so that the same training gives the same bytes.
        all.putAll(new TreeMap<>(facts));
        FlatFileWriter writer = new FlatFileWriter(config, tokenizer, labels, all);
        if (vocabulary != null) {
            writer.bytes(FlatFile.VOCABULARY, vocabulary);
        }
        for (Parameter parameter : parameters) {
            writer.floats(parameter.name(), parameter.shape(), parameter.values(), Dtype.F32);
        }
        return writer;
    }
}
