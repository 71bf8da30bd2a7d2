package io.demitasse.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.Activation;
import java.nio.file.Path;
import java.util.List;

/**
 * The numbers that make an encoder's shape, from Hugging Face's config.json of a DistilBERT or BERT model.
 *
 * @param vocabSize rows of the word embeddings
 * @param maxPositionEmbeddings the longest sequence, in tokens
 * @param dim the width of hidden states
 * @param layers how many blocks
 * @param heads attention heads a block; each is dim / heads wide
 * @param hiddenDim the width inside the feed-forward layer
 * @param activation what the feed-forward layer's inner outputs go through
 * @param layerNormEps what LayerNorm adds to the variance
 * @param headActivation what the classification head's first layer ends with: ReLU in DistilBERT, tanh in BERT's pooler
 * @param independentLabels whether each label has a probability of its own (a sigmoid) instead of a share (a softmax)
 */
public record Config(int vocabSize, int maxPositionEmbeddings, int dim, int layers, int heads, int hiddenDim,
                     Activation activation, float layerNormEps, Activation headActivation,
                     boolean independentLabels) {

    private static final int LARGEST = 1 << 24;

    /**
     * Reads a config.
     *
     * @param file what error messages name
     * @throws ModelFormatException if a value is missing, not a sensible number, or of a model that this is not
     */
    public static Config parse(Path file, JsonObject json) {
        JsonElement type = json.get("model_type");
        String modelType = type == null || !type.isJsonPrimitive() ? "distilbert" : type.getAsString();
        boolean bert = modelType.equals("bert");
        if (!bert && !modelType.equals("distilbert")) {
            throw ModelFormatException.of(file, "config.model_type", "distilbert or bert", modelType);
        }
        int dim = number(file, json, bert ? "hidden_size" : "dim");
        int heads = number(file, json, bert ? "num_attention_heads" : "n_heads");
        if (dim % heads != 0) {
            throw ModelFormatException.of(file, "config: the width " + dim, "a multiple of the heads", heads + " heads");
        }
        JsonElement problem = json.get("problem_type");
        return new Config(
                number(file, json, "vocab_size"),
                number(file, json, "max_position_embeddings"),
                dim,
                number(file, json, bert ? "num_hidden_layers" : "n_layers"),
                heads,
                number(file, json, bert ? "intermediate_size" : "hidden_dim"),
                activation(file, json, bert ? "hidden_act" : "activation"),
                bert ? epsilon(file, json) : 1e-12f,
                bert ? Activation.TANH : Activation.RELU,
                problem != null && problem.isJsonPrimitive()
                        && problem.getAsString().equals("multi_label_classification"));
    }

    private static int number(Path file, JsonObject json, String name) {
        JsonElement value = json.get(name);
        try {
            if (value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
                int number = Integer.parseInt(value.getAsString());
                if (number >= 1 && number <= LARGEST) {
                    return number;
                }
            }
        } catch (NumberFormatException e) {
            // Said below, with the value.
        }
        throw ModelFormatException.of(file, "config." + name, "a whole number from 1 to " + LARGEST, value);
    }

    private static float epsilon(Path file, JsonObject json) {
        JsonElement value = json.get("layer_norm_eps");
        if (value == null) {
            return 1e-12f;
        }
        if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
            float epsilon = value.getAsFloat();
            if (epsilon >= 0 && epsilon < 1) {
                return epsilon;
            }
        }
        throw ModelFormatException.of(file, "config.layer_norm_eps", "a number from 0 to 1", value);
    }

    private static Activation activation(Path file, JsonObject json, String name) {
        JsonElement value = json.get(name);
        String activation = value == null || !value.isJsonPrimitive() ? "gelu" : value.getAsString();
        return switch (activation) {
            case "gelu" -> Activation.GELU;
            case "relu" -> Activation.RELU;
            default -> throw ModelFormatException.of(file, "config." + name, List.of("gelu", "relu"), activation);
        };
    }
}
