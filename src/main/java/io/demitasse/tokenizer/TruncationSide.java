package io.demitasse.tokenizer;

/** Where a text that is too long loses tokens: Hugging Face's {@code truncation_side}. */
public enum TruncationSide {
    /** At its start: the end is kept. */
    LEFT,
    /** At its end: the start is kept. */
    RIGHT
}
