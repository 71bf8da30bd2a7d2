package io.demitasse.model;

import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.Activation;
import io.demitasse.model.Positions.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;

/** Which head a model was saved with: Hugging Face's classes, without the model type's name before it. */
public enum Architecture {
    /** No head: hidden states. */
    MODEL("Model", "", (config, labels) -> HeadSpec.over(Kind.ALL)),
    /** Labels for a text or a pair. BERT's inner layer is the pooler, which ends with tanh. */
    SEQUENCE_CLASSIFICATION("ForSequenceClassification", "classifier", Architecture::classifier),
    /** Labels for each token. */
    TOKEN_CLASSIFICATION("ForTokenClassification", "classifier", (config, labels) -> HeadSpec.over(Kind.ALL)
            .dropout("dropout", config.isBert() ? config.dropouts().classifier() : config.dropouts().hidden())
            .linear("classifier", labels, Activation.NONE)),
    /** Two numbers for each token: whether the answer starts there, and whether it ends there. */
    QUESTION_ANSWERING("ForQuestionAnswering", "qa_outputs", (config, labels) -> HeadSpec.over(Kind.ALL)
            .dropout("dropout", config.dropouts().questionAnswering())
            .linear("qa_outputs", 2, Activation.NONE)),
    /** For a chosen token, a number for each word of the vocabulary. */
    MASKED_LM("ForMaskedLM", "vocab_transform", (config, labels) -> HeadSpec.over(Kind.CHOSEN)
            .linear("vocab_transform", config.shape().dim(), config.activation())
            .layerNorm("vocab_layer_norm")
            .tied("vocab_projector")),
    /** One number for a text with one of several endings. */
    MULTIPLE_CHOICE("ForMultipleChoice", "classifier", (config, labels) -> classifier(config, 1));

    private final String suffix;
    private final String layer;     // one by which a file with this head is known
    private final BiFunction<ModelConfig, Integer, HeadSpec> head;

    Architecture(String suffix, String layer, BiFunction<ModelConfig, Integer, HeadSpec> head) {
        this.suffix = suffix;
        this.layer = layer;
        this.head = head;
    }

    private static HeadSpec classifier(ModelConfig config, int labels) {
        return HeadSpec.over(Kind.FIRST)
                .linear("pre_classifier", config.shape().dim(), config.isBert() ? Activation.TANH : Activation.RELU)
                .dropout("pre_classifier", config.dropouts().classifier())
                .linear("classifier", labels, Activation.NONE);
    }

    /** This architecture's head on a model, for so many labels where it has labels. */
    public HeadSpec head(ModelConfig config, int labels) {
        return head.apply(config, labels);
    }

    /** What follows the model type in Hugging Face's class name, such as {@code ForTokenClassification}. */
    public String suffix() {
        return suffix;
    }

    /** Hugging Face's class for a model type, such as {@code BertForTokenClassification}. */
    public String className(String modelType) {
        return (modelType.equals("bert") ? "Bert" : "DistilBert") + suffix;
    }

    /**
     * What the file's config says, or, where it says nothing or the file has nothing of that head, what its tensors do:
     * files of the format's first version held a classifier or an encoder, whatever the config said.
     *
     * @param names config.architectures
     * @throws ModelFormatException if the config names a class that is none of these
     */
    static Architecture of(FlatFile file, List<String> names) {
        if (!names.isEmpty()) {
            String name = names.get(0);
            Architecture found = Arrays.stream(values())
                    .filter(a -> name.equals("Bert" + a.suffix) || name.equals("DistilBert" + a.suffix))
                    .findFirst().orElse(null);
            if (found != null && (found == MODEL || file.has(found.layer + ".weight"))) {
                return found;
            }
            if (found == null && file.has("classifier.weight") && !file.has("pre_classifier.weight")) {
                throw ModelFormatException.of(file.path(), "config.architectures", "a class with one of the heads "
                        + Arrays.stream(values()).map(Architecture::suffix).toList(), names);
            }
        }
        return file.has("classifier.weight") ? SEQUENCE_CLASSIFICATION : MODEL;
    }
}
