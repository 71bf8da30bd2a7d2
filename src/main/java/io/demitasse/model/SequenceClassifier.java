package io.demitasse.model;

import io.demitasse.file.FlatFile;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.ArrayList;
import java.util.List;

/**
 * Encoder and classification head with parameters that can be trained: Hugging Face's
 * DistilBertForSequenceClassification. Weights are floats here, whatever the file keeps them as.
 *
 * <p>A training step: {@code mark = workspace.mark(); logits = forward(batch, workspace, trace);
 * backward(gradient of the loss by the logits, batch, workspace, trace); workspace.release(mark);} then the optimiser
 * changes the parameters' values, and {@link #zeroGradients}.
 */
public final class SequenceClassifier {

    private final Config config;
    private final List<Parameter> parameters;
    private final Encoder encoder;
    private final ClassificationHead head;

    private SequenceClassifier(Config config, List<Parameter> parameters, Encoder encoder, ClassificationHead head) {
        this.config = config;
        this.parameters = List.copyOf(parameters);
        this.encoder = encoder;
        this.head = head;
    }

    /**
     * Reads an encoder and its head.
     *
     * @throws io.demitasse.file.ModelFormatException if a tensor is missing, damaged, or not of the config's shape
     */
    public static SequenceClassifier load(FlatFile file, Kernels kernels) {
        Config config = Config.parse(file.path(), file.config());
        List<Parameter> parameters = new ArrayList<>();
        Weights weights = Weights.trainable(file, parameters);
        Encoder encoder = Encoder.load(weights, config, kernels);
        ClassificationHead head = ClassificationHead.load(weights, config, file.labels().size(), kernels);
        return new SequenceClassifier(config, parameters, encoder, head);
    }

    /**
     * Reads an encoder, whatever head it has, and draws a new head as Hugging Face does: weights from a normal
     * distribution with the config's initializer_range, biases zero.
     *
     * @throws io.demitasse.file.ModelFormatException if a tensor is missing, damaged, or not of the config's shape
     */
    public static SequenceClassifier loadWithNewHead(FlatFile file, int labels, long seed, Kernels kernels) {
        Config config = Config.parse(file.path(), file.config());
        List<Parameter> parameters = new ArrayList<>();
        Encoder encoder = Encoder.load(Weights.trainable(file, parameters), config, kernels);
        ClassificationHead head = ClassificationHead.draw(seed, config, labels, kernels, parameters);
        return new SequenceClassifier(config, parameters, encoder, head);
    }

    public Config config() {
        return config;
    }

    /** All parameters in the order of Hugging Face's state dict. */
    public List<Parameter> parameters() {
        return parameters;
    }

    /** Sets all gradients to zero, at next to no cost. */
    public void zeroGradients() {
        parameters().forEach(Parameter::zeroGradient);
    }

    /**
     * @param trace a {@link GradientTrace} if a backward pass follows
     * @return logits, {@code [sequences, labels]}, lent by the workspace
     * @throws IllegalArgumentException if an id is not in the vocabulary or a sequence is too long
     */
    public Matrix forward(Batch batch, Workspace workspace, Trace trace) {
        return head.forward(encoder.forwardFirst(batch, workspace, trace), workspace, trace);
    }

    /**
     * {@link #forward(Batch, Workspace, Trace)} from given embeddings instead of those of the batch's ids.
     *
     * @param inputEmbeddings {@code [tokens, dim]}: Hugging Face's {@code inputs_embeds}, to which positions are added
     */
    public Matrix forward(Matrix inputEmbeddings, Batch batch, Workspace workspace, Trace trace) {
        return head.forward(encoder.forwardFirstFrom(inputEmbeddings, batch, workspace, trace), workspace, trace);
    }

    /** The word embeddings of the batch's ids, {@code [tokens, dim]}, lent by the workspace. */
    public Matrix inputEmbeddings(Batch batch, Workspace workspace) {
        return encoder.inputEmbeddings(batch, workspace);
    }

    /**
     * Adds the gradients of all parameters, for a forward pass made with the same batch, workspace and trace; with a
     * trace {@link GradientTrace#ofInputs} it leaves them.
     *
     * @param logitsGradient the loss's gradient by the logits, {@code [sequences, labels]}
     * @return the loss's gradient by the input embeddings, {@code [tokens, dim]}, lent by the workspace
     */
    public Matrix backward(Matrix logitsGradient, Batch batch, Workspace workspace, GradientTrace trace) {
        return encoder.backwardFirst(head.backward(logitsGradient, workspace, trace), batch, workspace, trace);
    }
}
