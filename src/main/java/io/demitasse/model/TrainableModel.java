package io.demitasse.model;

import io.demitasse.file.FlatFile;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Encoder and head with parameters that can be trained. Weights are floats here, whatever the file keeps them as.
 *
 * <p>A training step: {@code mark = workspace.mark(); outputs = forward(batch, workspace, trace);
 * backward(gradient of the loss by the outputs, batch, workspace, trace); workspace.release(mark);} then the optimiser
 * changes the parameters' values, and {@link #zeroGradients}.
 */
public final class TrainableModel {

    private final List<Parameter> parameters;
    private final Encoder encoder;
    private final Head head;

    private TrainableModel(List<Parameter> parameters, Encoder encoder, Head head) {
        this.parameters = List.copyOf(parameters);
        this.encoder = encoder;
        this.head = head;
    }

    /**
     * Reads an encoder and its head.
     *
     * @throws io.demitasse.file.ModelFormatException if a tensor is missing, damaged, or not of the config's shape
     */
    public static TrainableModel load(FlatFile file, HeadSpec spec, Kernels kernels) {
        List<Parameter> parameters = new ArrayList<>();
        Weights weights = Weights.trainable(file, parameters);
        Encoder encoder = Encoder.load(weights, ModelConfig.of(file), kernels);
        return new TrainableModel(parameters, encoder, Head.load(weights, spec, encoder, kernels));
    }

    /**
     * Reads an encoder and those layers of the head that the file has in the right shape; the others are drawn as
     * Hugging Face does: weights from a normal distribution with the config's initializer_range, biases zero. So a
     * pretrained pooler is kept, and a classifier for another number of labels is new.
     *
     * @param seed of the weights that are drawn
     * @throws io.demitasse.file.ModelFormatException if a tensor of the encoder is missing, or one is damaged
     */
    public static TrainableModel loadOrDraw(FlatFile file, HeadSpec spec, long seed, Kernels kernels) {
        List<Parameter> parameters = new ArrayList<>();
        Weights weights = Weights.trainable(file, parameters);
        ModelConfig config = ModelConfig.of(file);
        Encoder encoder = Encoder.load(weights, config, kernels);
        Weights drawn = weights.drawing(new Random(seed), config.initializerRange());
        return new TrainableModel(parameters, encoder, Head.load(drawn, spec, encoder, kernels));
    }

    public ModelConfig config() {
        return encoder.config();
    }

    /** All parameters in the order of Hugging Face's state dict. */
    public List<Parameter> parameters() {
        return parameters;
    }

    /** Sets all gradients to zero, at next to no cost. */
    public void zeroGradients() {
        parameters().forEach(Parameter::zeroGradient);
    }

    /** Which tokens of a batch the head reads, for a head that needs not be told. */
    public Positions positions(Batch batch) {
        return head.positions(batch);
    }

    /**
     * @param trace a {@link GradientTrace} if a backward pass follows
     * @return the head's outputs for every token that it reads, or a row a sequence, lent by the workspace
     * @throws IllegalArgumentException if an id is not in the vocabulary, a token type is not the model's, or a
     *     sequence is too long
     */
    public Matrix forward(Batch batch, Workspace workspace, Trace trace) {
        return forward(batch, head.positions(batch), workspace, trace);
    }

    /** {@link #forward(Batch, Workspace, Trace)} with a head that is told which tokens to read. */
    public Matrix forward(Batch batch, Positions read, Workspace workspace, Trace trace) {
        return head.forward(encoder.forward(batch, read, workspace, trace), batch, workspace, trace);
    }

    /**
     * {@link #forward(Batch, Workspace, Trace)} from given embeddings instead of those of the batch's ids.
     *
     * @param inputEmbeddings {@code [tokens, dim]}: Hugging Face's {@code inputs_embeds}, to which positions and token
     *     types are added
     * @param read which tokens the head reads
     */
    public Matrix forward(Matrix inputEmbeddings, Batch batch, Positions read, Workspace workspace, Trace trace) {
        return head.forward(encoder.forwardFrom(inputEmbeddings, batch, read, workspace, trace), batch, workspace,
                trace);
    }

    /** The word embeddings of the batch's ids, {@code [tokens, dim]}, lent by the workspace. */
    public Matrix inputEmbeddings(Batch batch, Workspace workspace) {
        return encoder.inputEmbeddings(batch, workspace);
    }

    /**
     * Adds the gradients of all parameters, for a forward pass made with the same batch, workspace and trace; with a
     * trace {@link GradientTrace#ofInputs} it leaves them.
     *
     * @param gradient the loss's gradient by the outputs, in their shape; overwritten
     * @return the loss's gradient by the input embeddings, {@code [tokens, dim]}, lent by the workspace
     */
    public Matrix backward(Matrix gradient, Batch batch, Workspace workspace, GradientTrace trace) {
        return backward(gradient, batch, head.positions(batch), workspace, trace);
    }

    /** {@link #backward(Matrix, Batch, Workspace, GradientTrace)} of a pass whose head was told what to read. */
    public Matrix backward(Matrix gradient, Batch batch, Positions read, Workspace workspace, GradientTrace trace) {
        return encoder.backward(head.backward(gradient, batch, workspace, trace), batch, read, workspace, trace);
    }
}
