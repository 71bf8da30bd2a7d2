package io.demitasse.tokenizer;

/**
 * How a text is normalised and where it is cut; the names are those of Hugging Face's {@code tokenizer_config.json}.
 *
 * @param lowercase            whether letters are lowercased ({@code do_lower_case})
 * @param stripAccents         whether accents are taken off; null means "as {@code lowercase}"
 * @param tokenizeChineseChars whether each CJK ideograph is a word of its own
 * @param maxLength            the most tokens an encoding has, the added special tokens included; at least 2
 */
public record TokenizerSettings(
        boolean lowercase, Boolean stripAccents, boolean tokenizeChineseChars, int maxLength) {

    /** Throws IllegalArgumentException if maxLength is below 2. */
    public TokenizerSettings {
        if (maxLength < 2) {
            throw new IllegalArgumentException("max length is " + maxLength + ", but [CLS] and [SEP] need 2");
        }
    }

    /** The settings of bert-base-uncased and distilbert-base-uncased. */
    public static TokenizerSettings uncased() {
        return new TokenizerSettings(true, null, true, 512);
    }

    boolean stripsAccents() {
        return stripAccents == null ? lowercase : stripAccents;
    }
}
