package io.demitasse.tokenizer;

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
 */
public record TokenizerSettings(boolean lowercase, @Nullable Boolean stripAccents, boolean tokenizeChineseChars, int maxLength,
        boolean splitSpecialTokens) {

    /** Throws IllegalArgumentException if maxLength is below 2. */
    public TokenizerSettings {
        if (maxLength < 2) {
            throw new IllegalArgumentException("max length is " + maxLength + ", but [CLS] and [SEP] need 2");
        }
    }

    /** The settings of bert-base-uncased and distilbert-base-uncased. */
    public static TokenizerSettings uncased() {
        return new TokenizerSettings(true, null, true, 512, false);
    }

    public TokenizerSettings withSplitSpecialTokens(boolean splitSpecialTokens) {
        return new TokenizerSettings(lowercase, stripAccents, tokenizeChineseChars, maxLength, splitSpecialTokens);
    }

    boolean stripsAccents() {
        return stripAccents == null ? lowercase : stripAccents;
    }
}
