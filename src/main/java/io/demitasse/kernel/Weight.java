package io.demitasse.kernel;

/**
 * The weight of a linear layer, {@code [out, in]}, in the form that one kind of {@link Kernels} reads fastest. Made by
 * {@link Kernels#weight} and understood only by the kernels that made it. Immutable.
 */
public interface Weight {

    /** Outputs a row. */
    int out();

    /** Inputs a row. */
    int in();
}
