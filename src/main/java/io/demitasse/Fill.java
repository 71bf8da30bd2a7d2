package io.demitasse;

/**
 * A word in place of a mask, named as Hugging Face's {@code fill-mask} names it.
 *
 * @param score its probability among all words of the vocabulary
 * @param token its id
 * @param tokenStr the word
 * @param sequence the text with the word in it, as the tokenizer writes it
 */
public record Fill(float score, int token, String tokenStr, String sequence) {
}
