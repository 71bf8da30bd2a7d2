package io.demitasse.model;

/**
 * Remembers what the backward pass needs, where it lies: what a forward pass with this trace borrows from its workspace
 * stays as it is until the caller releases it, after the backward pass.
 */
public final class GradientTrace extends Trace {

    private final Dropout dropout;
    private final boolean parameters;

    private GradientTrace(Dropout dropout, boolean parameters) {
        this.dropout = dropout;
        this.parameters = parameters;
    }

    /** For a training step: gradients of all parameters, with dropout as the model's config has it. */
    public static GradientTrace training(long seed, long step) {
        return new GradientTrace(new Dropout(seed, step), true);
    }

    /** Gradients of all parameters, without dropout. */
    public static GradientTrace withoutDropout() {
        return new GradientTrace(null, true);
    }

    /** The gradient of the input embeddings alone, without dropout: parameters' gradients are left as they are. */
    public static GradientTrace ofInputs() {
        return new GradientTrace(null, false);
    }
}
