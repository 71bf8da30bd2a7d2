package io.demitasse.model;

import io.demitasse.file.FlatFile;
import io.demitasse.kernel.Activation;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;

/**
 * {@code logits = classifier(relu(preClassifier(hidden state of token 0)))}: the head of Hugging Face's
 * DistilBertForSequenceClassification. For BERT the inner layer is the pooler, which ends with tanh instead.
 */
public final class ClassificationHead {

    private static final String PRE_CLASSIFIER = "pre_classifier";
    private static final String CLASSIFIER = "classifier";

    private final Linear preClassifier;
    private final Linear classifier;

    private ClassificationHead(Linear preClassifier, Linear classifier) {
        this.preClassifier = preClassifier;
        this.classifier = classifier;
    }

    /** Whether the file has such a head. */
    public static boolean isIn(FlatFile file) {
        return file.has(CLASSIFIER + ".weight");
    }

    /**
     * Reads the head's weights.
     *
     * @throws io.demitasse.file.ModelFormatException if a tensor is missing, damaged, or not of the expected shape
     */
    public static ClassificationHead load(FlatFile file, Config config, int labels, Kernels kernels) {
        Weights root = new Weights(file, "");
        return new ClassificationHead(
                Linear.load(root.of(PRE_CLASSIFIER), kernels, config.dim(), config.dim(), config.headActivation()),
                Linear.load(root.of(CLASSIFIER), kernels, labels, config.dim(), Activation.NONE));
    }

    /**
     * @param first the last hidden state of each sequence's first token, {@code [sequences, dim]}
     * @return logits, {@code [sequences, labels]}, lent by the workspace
     */
    public Matrix forward(Matrix first, Workspace workspace, Trace trace) {
        Matrix pooled = preClassifier.forward(first, workspace, trace);   // [sequences, dim]
        return classifier.forward(pooled, workspace, trace);              // [sequences, labels]
    }
}
