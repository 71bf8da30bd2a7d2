package io.demitasse.model;

import io.demitasse.file.FlatFile;
import io.demitasse.kernel.Activation;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.List;
import java.util.Random;

/**
 * {@code logits = classifier(dropout(relu(preClassifier(hidden state of token 0))))}: the head of Hugging Face's
 * DistilBertForSequenceClassification. For BERT the inner layer is the pooler, which ends with tanh instead.
 */
public final class ClassificationHead {

    private static final String PRE_CLASSIFIER = "pre_classifier";
    private static final String CLASSIFIER = "classifier";

    private final Kernels kernels;
    private final Linear preClassifier;
    private final Linear classifier;
    private final float dropout;

    private ClassificationHead(Kernels kernels, Linear preClassifier, Linear classifier, float dropout) {
        this.kernels = kernels;
        this.preClassifier = preClassifier;
        this.classifier = classifier;
        this.dropout = dropout;
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
        return load(Weights.of(file), config, labels, kernels);
    }

    static ClassificationHead load(Weights root, Config config, int labels, Kernels kernels) {
        return new ClassificationHead(kernels,
                Linear.load(root.of(PRE_CLASSIFIER), kernels, config.dim(), config.dim(), config.headActivation()),
                Linear.load(root.of(CLASSIFIER), kernels, labels, config.dim(), Activation.NONE),
                config.classifierDropout());
    }

    /** A trainable head with random weights, whose parameters are added to the list. */
    static ClassificationHead draw(long seed, Config config, int labels, Kernels kernels, List<Parameter> parameters) {
        Random random = new Random(seed);
        return new ClassificationHead(kernels,
                draw(random, PRE_CLASSIFIER, config.dim(), config.headActivation(), config, kernels, parameters),
                draw(random, CLASSIFIER, labels, Activation.NONE, config, kernels, parameters),
                config.classifierDropout());
    }

    private static Linear draw(Random random, String name, int out, Activation activation, Config config,
                               Kernels kernels, List<Parameter> parameters) {
        float[] values = new float[out * config.dim()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (config.initializerRange() * random.nextGaussian());
        }
        Parameter weight = Parameter.dense(name + ".weight", List.of(out, config.dim()), values);
        Parameter bias = Parameter.dense(name + ".bias", List.of(out), new float[out]);
        parameters.add(weight);
        parameters.add(bias);
        return new Linear(name, kernels, List.of(new Linear.Part(weight, bias)), activation);
    }

    /**
     * @param first the last hidden state of each sequence's first token, {@code [sequences, dim]}
     * @return logits, {@code [sequences, labels]}, lent by the workspace
     */
    public Matrix forward(Matrix first, Workspace workspace, Trace trace) {
        Matrix pooled = preClassifier.forward(first, workspace, trace);   // [sequences, dim]
        trace.dropout().apply(PRE_CLASSIFIER, dropout, pooled, kernels, workspace);
        return classifier.forward(pooled, workspace, trace);              // [sequences, labels]
    }

    /**
     * @param gradient {@code [sequences, labels]}, of the logits
     * @return {@code [sequences, dim]}, of the hidden states that came in, lent by the workspace
     */
    Matrix backward(Matrix gradient, Workspace workspace, GradientTrace trace) {
        Matrix dFirst = workspace.matrix(gradient.rows(), preClassifier.in());     // [sequences, dim]
        Matrix dPooled = workspace.matrix(gradient.rows(), preClassifier.out());   // [sequences, dim]
        classifier.backward(gradient, dPooled, 0f, workspace, trace);
        trace.dropout().apply(PRE_CLASSIFIER, dropout, dPooled, kernels, workspace);
        preClassifier.backward(dPooled, dFirst, 0f, workspace, trace);
        return dFirst;
    }
}
