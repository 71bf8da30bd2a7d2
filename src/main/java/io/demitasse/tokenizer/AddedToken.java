package io.demitasse.tokenizer;

import java.util.Objects;

/**
 * A token that is looked for in the text as it stands, before words are cut into pieces; the flags are those of Hugging
 * Face's {@code AddedToken}.
 *
 * @param id         its id; within the vocabulary, or behind it
 * @param content    what is looked for
 * @param lstrip     whether blanks before it belong to it
 * @param rstrip     whether blanks behind it belong to it
 * @param singleWord whether it counts only where no letter, digit or underscore touches it
 * @param normalized whether it is looked for in the normalised text, itself normalised
 * @param special    whether decoding can leave it out, and texts from strangers cannot contain it
 */
public record AddedToken(int id, String content, boolean lstrip, boolean rstrip, boolean singleWord, boolean normalized,
        boolean special) {

    /** Throws IllegalArgumentException if the id is negative, or the content empty or with a lone surrogate. */
    public AddedToken {
        Objects.requireNonNull(content, "content");
        if (id < 0) {
            throw new IllegalArgumentException("the added token \"" + content + "\" has the id " + id);
        }
        if (content.isEmpty()) {
            throw new IllegalArgumentException("the added token with the id " + id + " is empty");
        }
        if (content.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw new IllegalArgumentException("the added token with the id " + id + " has a lone surrogate");
        }
    }

    /** A special token without any of the other flags, as {@code [CLS]} is one. */
    public static AddedToken special(int id, String content) {
        return new AddedToken(id, content, false, false, false, false, true);
    }
}
