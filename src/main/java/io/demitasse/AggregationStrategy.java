package io.demitasse;

/** How labels of tokens become those of words and groups: Hugging Face's {@code aggregation_strategy}. */
public enum AggregationStrategy {
    /** Not at all: a label for each token. */
    NONE,
    /** Neighbouring tokens with one label are a group, even if they are pieces of one word. */
    SIMPLE,
    /** A word has its first piece's label; then words are grouped. */
    FIRST,
    /** A word has the label that is best on average over its pieces; then words are grouped. */
    AVERAGE,
    /** A word has the label of the piece that is surest of its own; then words are grouped. */
    MAX
}
