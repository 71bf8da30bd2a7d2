package io.demitasse.tokenizer;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a text is normalised and where it is cut; the names are those of Hugging Face's {@code tokenizer_config.json}.
 *
 * @param lowercase            whether letters are lowercased ({@code do_lower_case})
 * @param stripAccents         whether accents are taken off; null means "as {@code lowercase}"
 * @param tokenizeChineseChars whether each CJK ideograph is a word of its own
 * @param maxLength            the most tokens an encoding has, the added special tokens included; at least 2
 * @param splitSpecialTokens   whether {@code [SEP]} and the like standing in a text are plain text, as in
 *                             {@code [ sep ]}; a text from strangers can then not pretend to be two
 * @param truncationSide       where a text that is too long loses tokens
 * @param specialTokens        what the tokens with a part of their own are called
 * @param addedTokens          tokens that are looked for before words are cut, beside the special ones; may name one of
 *                             those to give it other flags
 * @param maxInputCharsPerWord words of more code points are not looked up; from 1 to {@link #LONGEST_WORD}
 * @param cleanUpTokenizationSpaces whether decoding goes over the whole text once more to join marks to words
 */
public record TokenizerSettings(boolean lowercase, @Nullable Boolean stripAccents, boolean tokenizeChineseChars, int maxLength,
        boolean splitSpecialTokens, TruncationSide truncationSide, SpecialTokens specialTokens,
        List<AddedToken> addedTokens, int maxInputCharsPerWord, boolean cleanUpTokenizationSpaces) {

    /** The largest {@code maxInputCharsPerWord} there can be. */
    public static final int LONGEST_WORD = 65_536;

    private static final int USUAL_LONGEST_WORD = 100;

    /** Throws IllegalArgumentException if maxLength is below 2 or maxInputCharsPerWord is out of its range. */
    public TokenizerSettings {
        if (maxLength < 2) {
            throw new IllegalArgumentException("max length is " + maxLength + ", but [CLS] and [SEP] need 2");
        }
        if (maxInputCharsPerWord < 1 || maxInputCharsPerWord > LONGEST_WORD) {
            throw new IllegalArgumentException("max input chars per word is " + maxInputCharsPerWord + ", expected 1 to "
                    + LONGEST_WORD);
        }
        Objects.requireNonNull(truncationSide, "truncationSide");
        Objects.requireNonNull(specialTokens, "specialTokens");
        addedTokens = List.copyOf(addedTokens);
    }

    /** BERT's special tokens and no added ones, words of at most 100 code points, and truncation on the right. */
    public TokenizerSettings(boolean lowercase, @Nullable Boolean stripAccents, boolean tokenizeChineseChars, int maxLength,
            boolean splitSpecialTokens) {
        this(lowercase, stripAccents, tokenizeChineseChars, maxLength, splitSpecialTokens, TruncationSide.RIGHT,
                SpecialTokens.BERT, List.of(), USUAL_LONGEST_WORD, true);
    }

    /** The settings of bert-base-uncased and distilbert-base-uncased. */
    public static TokenizerSettings uncased() {
        return new TokenizerSettings(true, null, true, 512, false);
    }

    public TokenizerSettings withMaxLength(int maxLength) {
        return new TokenizerSettings(lowercase, stripAccents, tokenizeChineseChars, maxLength, splitSpecialTokens,
                truncationSide, specialTokens, addedTokens, maxInputCharsPerWord, cleanUpTokenizationSpaces);
    }

    public TokenizerSettings withSplitSpecialTokens(boolean splitSpecialTokens) {
        return new TokenizerSettings(lowercase, stripAccents, tokenizeChineseChars, maxLength, splitSpecialTokens,
                truncationSide, specialTokens, addedTokens, maxInputCharsPerWord, cleanUpTokenizationSpaces);
    }

    public TokenizerSettings withTruncationSide(TruncationSide truncationSide) {
        return new TokenizerSettings(lowercase, stripAccents, tokenizeChineseChars, maxLength, splitSpecialTokens,
                truncationSide, specialTokens, addedTokens, maxInputCharsPerWord, cleanUpTokenizationSpaces);
    }

    public TokenizerSettings withSpecialTokens(SpecialTokens specialTokens) {
        return new TokenizerSettings(lowercase, stripAccents, tokenizeChineseChars, maxLength, splitSpecialTokens,
                truncationSide, specialTokens, addedTokens, maxInputCharsPerWord, cleanUpTokenizationSpaces);
    }

    public TokenizerSettings withAddedTokens(List<AddedToken> addedTokens) {
        return new TokenizerSettings(lowercase, stripAccents, tokenizeChineseChars, maxLength, splitSpecialTokens,
                truncationSide, specialTokens, addedTokens, maxInputCharsPerWord, cleanUpTokenizationSpaces);
    }

    public TokenizerSettings withMaxInputCharsPerWord(int maxInputCharsPerWord) {
        return new TokenizerSettings(lowercase, stripAccents, tokenizeChineseChars, maxLength, splitSpecialTokens,
                truncationSide, specialTokens, addedTokens, maxInputCharsPerWord, cleanUpTokenizationSpaces);
    }

    public TokenizerSettings withCleanUpTokenizationSpaces(boolean cleanUpTokenizationSpaces) {
        return new TokenizerSettings(lowercase, stripAccents, tokenizeChineseChars, maxLength, splitSpecialTokens,
                truncationSide, specialTokens, addedTokens, maxInputCharsPerWord, cleanUpTokenizationSpaces);
    }

    boolean stripsAccents() {
        return stripAccents == null ? lowercase : stripAccents;
    }
}
