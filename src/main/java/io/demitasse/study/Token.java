package io.demitasse.study;

/**
 * One token that a model read.
 *
 * @param piece as the vocabulary writes it: {@code ##} before what continues a word
 * @param id the row of the word embeddings
 * @param start where it starts in the text, in UTF-16 units; an added {@code [CLS]} or {@code [SEP]} has [0, 0)
 * @param end where it ends in the text, exclusive
 * @param word the number of the word it is a piece of, or -1 for an added token
 * @param unknown whether it stands for a word that the vocabulary cannot spell
 */
public record Token(String piece, int id, int start, int end, int word, boolean unknown) {

    /** Whether the tokenizer added it: {@code [CLS]} and {@code [SEP]}, which no word of the text is behind. */
    public boolean added() {
        return word < 0;
    }
}
