package io.demitasse;

/** What makes scores of a classifier's logits: Hugging Face's {@code function_to_apply}. */
public enum ScoreFunction {
    /** {@code exp(x_i) / sum_j exp(x_j)}: one label is right. */
    SOFTMAX,
    /** {@code 1 / (1 + exp(-x_i))}: each label by itself. */
    SIGMOID,
    /** The logits as they are. */
    NONE
}
