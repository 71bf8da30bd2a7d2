package io.demitasse.study;

/**
 * One word of a text, or one punctuation mark: what the tokenizer cuts into pieces.
 *
 * @param text as it stands in the text
 * @param normalized as it was looked up in the vocabulary
 * @param firstToken the number of its first piece
 * @param endToken the number after its last piece
 */
public record Word(String text, String normalized, int firstToken, int endToken) {
}
