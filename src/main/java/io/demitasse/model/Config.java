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
 * @param dropout in training, how probably an embedding or a feed-forward output is dropped
 * @param attentionDropout how probably an attention probability is
 * @param classifierDropout how probably an input of the head's last layer is
 * @param initializerRange the standard deviation that a new head's weights are drawn with
 */
public record Config(int vocabSize, int maxPositionEmbeddings, int dim, int layers, int heads, int hiddenDim,
                     Activation activation, float layerNormEps, Activation headActivation,
                     boolean independentLabels, float dropout, float attentionDropout, float classifierDropout,
                     float initializerRange) {

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
        float dropout = fraction(file, json, bert ? "hidden_dropout_prob" : "dropout", 0.1f);
        return new Config(
                number(file, json, "vocab_size"),
                number(file, json, "max_position_embeddings"),
                dim,
                number(file, json, bert ? "num_hidden_layers" : "n_layers"),
                heads,
                number(file, json, bert ? "intermediate_size" : "hidden_dim"),
                activation(file, json, bert ? "hidden_act" : "activation"),
                bert ? fraction(file, json, "layer_norm_eps", 1e-12f) : 1e-12f,
                bert ? Activation.TANH : Activation.RELU,
                problem != null && problem.isJsonPrimitive()
                        && problem.getAsString().equals("multi_label_classification"),
                dropout,
                fraction(file, json, bert ? "attention_probs_dropout_prob" : "attention_dropout", 0.1f),
                bert ? fraction(file, json, "classifier_dropout", dropout)
                        : fraction(file, json, "seq_classif_dropout", 0.2f),
                fraction(file, json, "initializer_range", 0.02f));
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

    private static float fraction(Path file, JsonObject json, String name, float usual) {
        JsonElement value = json.get(name);
        if (value == null || value.isJsonNull()) {
            return usual;
        }
        if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
            float fraction = value.getAsFloat();
            if (fraction >= 0 && fraction < 1) {
                return fraction;
            }
        }
        throw ModelFormatException.of(file, "config." + name, "a number from 0 to 1", value);
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
