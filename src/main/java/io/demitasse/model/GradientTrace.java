package io.demitasse.model;

import io.demitasse.kernel.Matrix;

/**
 * Remembers what the backward pass needs, where it lies: what a forward pass with this trace borrows from its workspace
 * stays as it is until the caller releases it, after the backward pass. For one pass there and back.
 */
public final class GradientTrace extends Trace {

    private final Dropout dropout;
    private final boolean ofParameters;

    private GradientTrace(Dropout dropout, boolean ofParameters) {
        this.dropout = dropout;
        this.ofParameters = ofParameters;
    }

    /** For a training step: gradients of all parameters, with dropout as the model's config has it. */
    public static GradientTrace training(long seed, long step) {
        return new GradientTrace(Dropout.of(seed, step), true);
    }

    /** Gradients of all parameters, without dropout. */
    public static GradientTrace withoutDropout() {
        return new GradientTrace(Dropout.NONE, true);
    }

    /** The gradient of the input embeddings alone, without dropout: parameters' gradients are left as they are. */
    public static GradientTrace ofInputs() {
        return new GradientTrace(Dropout.NONE, false);
    }

    @Override
    boolean forBackward() {
        return true;
    }

    /** Whether parameters get gradients. */
    boolean ofParameters() {
        return ofParameters;
    }

    @Override
    Dropout dropout() {
        return dropout;
    }

    @Override
    void remember(String layer, String what, Matrix matrix) {
        keep(layer, what, matrix);
    }

    @Override
    void record(String layer, String what, Matrix matrix) {
        keep(layer, what, matrix);
    }
}
