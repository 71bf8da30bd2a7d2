package io.demitasse.tokenizer;

/** Which text of a pair loses tokens if both together are too long; the names are Hugging Face's. */
public enum TruncationStrategy {
    /** The longer one until it is as short as the other one, then both. */
    LONGEST_FIRST,
    /** The first text alone. */
    ONLY_FIRST,
    /** The second text alone, as for a question and a long text to look for the answer in. */
    ONLY_SECOND
}
