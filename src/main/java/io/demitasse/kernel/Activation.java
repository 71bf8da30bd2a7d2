package io.demitasse.kernel;

/** What a linear layer's outputs may go through, one by one. */
public enum Activation {
    /** x. */
    NONE,
    /** x * Phi(x) with the exact Gaussian distribution function: Hugging Face's {@code gelu}, not its tanh form. */
    GELU,
    /** The tanh form of {@link #GELU}: Hugging Face's {@code gelu_new}, {@code gelu_fast}, {@code gelu_pytorch_tanh}. */
    GELU_TANH,
    /** x * sigmoid(1.702 x). */
    QUICK_GELU,
    /** max(x, 0). */
    RELU,
    /** max(x, 0) squared. */
    RELU2,
    /** x * sigmoid(x), also called swish. */
    SILU,
    /** 1 / (1 + exp(-x)). */
    SIGMOID,
    /** The hyperbolic tangent, which BERT's pooler ends with. */
    TANH
}
