package io.demitasse.kernel;

/** What a linear layer's outputs may go through, one by one. */
public enum Activation {
    /** x. */
    NONE,
    /** x * Phi(x) with the exact Gaussian distribution function: Hugging Face's {@code gelu}, not its tanh form. */
    GELU,
    /** max(x, 0). */
    RELU,
    /** The hyperbolic tangent, which BERT's pooler ends with. */
    TANH
}
