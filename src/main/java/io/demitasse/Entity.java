package io.demitasse;

/**
 * A stretch of a text with a label, named as Hugging Face's {@code token-classification} names it.
 *
 * @param entity the label of a single token, such as {@code B-PER}, or of a group, such as {@code PER}
 * @param score its probability, or the mean of its tokens'
 * @param index the token's number among all tokens, special ones included; -1 for a group
 * @param word the token, or the group's tokens joined
 * @param start the first place in the text, in UTF-16 units, as String counts
 * @param end the place behind the last
 */
public record Entity(String entity, float score, int index, String word, int start, int end) {

    /** Whether it is a group of tokens. */
    public boolean isGroup() {
        return index < 0;
    }
}
