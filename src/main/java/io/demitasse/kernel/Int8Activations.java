package io.demitasse.kernel;

/** How precisely what goes into a product with int8 weights is kept, where that becomes whole numbers itself. */
public enum Int8Activations {
    /** Two bytes a number: logits differ from those of float activations in the third decimal at most. */
    EXACT,
    /** One byte a number: nearly twice as fast, and a text near the border may get another label. */
    FAST
}
