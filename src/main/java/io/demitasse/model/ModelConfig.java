package io.demitasse.model;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.ModelTypes;
import io.demitasse.kernel.Activation;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model is, by its own files: Hugging Face's config.json of a DistilBERT or BERT model, typed. The names of the
 * keys are those of {@link ModelTypes}' table, so each stands in one place whatever a model type calls it.
 *
 * @param modelType {@code distilbert} or {@code bert}
 * @param architecture which head the model was saved with
 * @param shape the sizes of the encoder
 * @param activation what the feed-forward layer's inner outputs go through
 * @param layerNormEps what LayerNorm adds to the variance
 * @param dropouts how probably numbers are dropped in training
 * @param initializerRange the standard deviation that a new head's weights are drawn with
 * @param problemType what a classifier's logits mean
 * @param padTokenId the token whose embedding is never trained (PyTorch's padding_idx); -1 if there is none
 * @param crossEncoderActivation PyTorch's class that sentence-transformers' CrossEncoder puts scores through; null if
 *     the config names none
 */
public record ModelConfig(String modelType, Architecture architecture, Shape shape, Activation activation,
                          float layerNormEps, Dropouts dropouts, float initializerRange, ProblemType problemType,
                          int padTokenId, @Nullable String crossEncoderActivation) {

    /** What DistilBERT's LayerNorm adds, and what BERT's does where its config says nothing. */
    private static final float LAYER_NORM_EPS = 1e-12f;
    private static final int LARGEST = 1 << 24;

    /**
     * The sizes of an encoder.
     *
     * @param vocabSize rows of the word embeddings
     * @param maxPositionEmbeddings the longest sequence, in tokens
     * @param typeVocabSize rows of the token type embeddings; 0 if the model, or its file, has none
     * @param dim the width of hidden states
     * @param layers how many blocks
     * @param heads attention heads a block; each is dim / heads wide
     * @param hiddenDim the width inside the feed-forward layer
     */
    public record Shape(int vocabSize, int maxPositionEmbeddings, int typeVocabSize, int dim, int layers, int heads,
                        int hiddenDim) {
    }

    /**
     * Probabilities of dropout.
     *
     * @param hidden of an embedding or a feed-forward output
     * @param attention of an attention probability
     * @param classifier of an input of a classifier's last layer
     * @param questionAnswering of an input of the layer that finds spans
     */
    public record Dropouts(float hidden, float attention, float classifier, float questionAnswering) {
    }

    /**
     * Reads a model file's config.
     *
     * @throws ModelFormatException if a value is missing, not a sensible one, or of a model that this is not
     */
    public static ModelConfig of(FlatFile file) {
        return new Reader(file.path(), file.config()).read(file);
    }

    /** Whether the model is a BERT, whose classifiers stand on a pooler; a DistilBERT if not. */
    public boolean isBert() {
        return modelType.equals("bert");
    }

    /** One config.json and the words of its model type. */
    private static final class Reader {

        private final Path path;
        private final JsonObject json;
        private final ModelTypes.Type type;

        Reader(Path path, JsonObject json) {
            this.path = path;
            this.json = json;
            JsonElement name = json.get("model_type");
            String modelType = name == null || !name.isJsonPrimitive() ? "distilbert" : name.getAsString();
            this.type = ModelTypes.type(modelType);
            if (type == null) {
                throw ModelFormatException.of(path, "config.model_type", String.join(" or ", ModelTypes.names()),
                        modelType);
            }
        }

        ModelConfig read(FlatFile file) {
            int dim = size("dim");
            int heads = size("heads");
            if (dim % heads != 0) {
                throw ModelFormatException.of(path, "config: the width " + dim, "a multiple of the heads",
                        heads + " heads");
            }
            Shape shape = new Shape(size("vocab_size"), size("max_position_embeddings"),
                    tokenTypes(file),
                    dim, size("layers"), heads, size("hidden_dim"));
            float hidden = fraction("dropout", 0.1f);
            Dropouts dropouts = new Dropouts(hidden, fraction("attention_dropout", 0.1f),
                    fraction("classifier_dropout", type.name().equals("bert") ? hidden : 0.2f),
                    fraction("qa_dropout", type.name().equals("bert") ? 0f : 0.1f));
            return new ModelConfig(type.name(), Architecture.of(file, architectures()), shape, activation(),
                    fraction("layer_norm_eps", LAYER_NORM_EPS), dropouts, fraction("initializer_range", 0.02f),
                    problemType(), padTokenId(shape.vocabSize()), crossEncoderActivation());
        }

        /** Asks the tensor, not the config: files of the format's first version have lost it. */
        private static int tokenTypes(FlatFile file) {
            List<Integer> shape = file.has(Embeddings.TOKEN_TYPES)
                    ? file.tensor(Embeddings.TOKEN_TYPES).shape() : List.of();
            return shape.isEmpty() ? 0 : shape.get(0);
        }

        /** The model type's own name of a key; null if it has none. */
        private String key(String name) {
            return type.key(name);
        }

        private int size(String name) {
            JsonElement value = json.get(key(name));
            int number = wholeNumber(value);
            if (number < 1 || number > LARGEST) {
                throw ModelFormatException.of(path, "config." + key(name), "a whole number from 1 to " + LARGEST, value);
            }
            return number;
        }

        /** -1 if it is not one. */
        private static int wholeNumber(JsonElement value) {
            try {
                return value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()
                        ? Integer.parseInt(value.getAsString()) : -1;
            } catch (NumberFormatException e) {
                return -1;   // 3.5, or more digits than an int has
            }
        }

        private float fraction(String name, float usual) {
            JsonElement value = key(name) == null ? null : json.get(key(name));
            if (value == null || value.isJsonNull()) {
                return usual;
            }
            if (value.isJsonPrimitive() && value.getAsJsonPrimitive().isNumber()) {
                float fraction = value.getAsFloat();
                if (fraction >= 0 && fraction < 1) {
                    return fraction;
                }
            }
            throw ModelFormatException.of(path, "config." + key(name), "a number from 0 to 1", value);
        }

        private List<String> architectures() {
            JsonElement value = json.get("architectures");
            if (value == null || value.isJsonNull()) {
                return List.of();
            }
            if (value.isJsonArray()) {
                JsonArray array = value.getAsJsonArray();
                if (array.asList().stream().allMatch(name -> name.isJsonPrimitive())) {
                    return array.asList().stream().map(JsonElement::getAsString).toList();
                }
            }
            throw ModelFormatException.of(path, "config.architectures", "a list of names", value);
        }

        private Activation activation() {
            JsonElement value = json.get(key("activation"));
            String name = value == null || !value.isJsonPrimitive() ? "gelu" : value.getAsString();
            String constant = ModelTypes.activations().get(name);
            if (constant == null) {
                throw ModelFormatException.of(path, "config." + key("activation"), "one of "
                        + ModelTypes.activations().keySet(), name);
            }
            return Activation.valueOf(constant);
        }

        private ProblemType problemType() {
            JsonElement value = json.get("problem_type");
            if (value == null || value.isJsonNull()) {
                return ProblemType.UNSTATED;
            }
            ProblemType problem = value.isJsonPrimitive() ? ProblemType.named(value.getAsString()) : null;
            if (problem == null) {
                throw ModelFormatException.of(path, "config.problem_type", ProblemType.names() + " or null", value);
            }
            return problem;
        }

        /** Where sentence-transformers writes it, and where it did before its version 4. */
        private @Nullable String crossEncoderActivation() {
            JsonElement today = json.get("sentence_transformers");
            JsonElement value = today != null && today.isJsonObject()
                    && today.getAsJsonObject().has("activation_fn") ? today.getAsJsonObject().get("activation_fn")
                    : json.get("sbert_ce_default_activation_function");
            if (value == null || value.isJsonNull()) {
                return null;
            }
            if (!value.isJsonPrimitive() || !value.getAsJsonPrimitive().isString()) {
                throw ModelFormatException.of(path, "config's cross-encoder activation", "a name", value);
            }
            return value.getAsString();
        }

        private int padTokenId(int vocabSize) {
            JsonElement value = json.get(key("pad_token_id"));
            if (value == null) {
                return 0;   // what both model types' configs say where a file leaves it out
            }
            if (value.isJsonNull()) {
                return -1;
            }
            int id = wholeNumber(value);
            if (id < 0 || id >= vocabSize) {
                throw ModelFormatException.of(path, "config." + key("pad_token_id"), "a token id below " + vocabSize
                        + " or null", value);
            }
            return id;
        }
    }
}
