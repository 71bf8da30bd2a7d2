package io.demitasse.tokenizer;

import java.util.Objects;

/**
 * BERT's WordPiece tokenizer. Gives the ids and the spans that Hugging Face's {@code tokenizers} library gives
 * (BertNormalizer, BertPreTokenizer, WordPiece with {@code ##}, {@code [UNK]} and words of at most 100 code points),
 * whatever the Unicode version of the Java runtime.
 *
 * <p>{@code [PAD] [UNK] [CLS] [SEP] [MASK]} standing in a text are those tokens. Any string is accepted: lone
 * surrogates are ignored, as U+FFFD is. Immutable and thread-safe.
 */
public final class WordPieceTokenizer {

    private static final String UNKNOWN = "[UNK]";
    private static final String FIRST = "[CLS]";
    private static final String SEPARATOR = "[SEP]";

    private final Vocabulary vocabulary;
    private final TokenizerSettings settings;
    private final BertNormalizer normalizer;
    private final SpecialTokens specials;
    private final int unknown;
    private final int first;
    private final int separator;

    /**
     * A tokenizer for a vocabulary.
     *
     * @throws IllegalArgumentException if the vocabulary lacks {@code [UNK]}, {@code [CLS]} or {@code [SEP]}
     */
    public WordPieceTokenizer(Vocabulary vocabulary, TokenizerSettings settings) {
        this.vocabulary = Objects.requireNonNull(vocabulary, "vocabulary");
        this.settings = Objects.requireNonNull(settings, "settings");
        unknown = required(vocabulary, UNKNOWN);
        first = required(vocabulary, FIRST);
        separator = required(vocabulary, SEPARATOR);
        specials = new SpecialTokens(vocabulary);
        normalizer = new BertNormalizer(settings);
    }

    /** Encodes a text as {@code [CLS] text [SEP]}, truncated to the settings' length. */
    public Encoding encode(String text) {
        return encode(text, settings.maxLength());
    }

    /**
     * Encodes a text as {@code [CLS] text [SEP]}. Stops reading it as soon as there are too many tokens, so the end
     * of a text that is far too long costs nothing.
     *
     * @param maxLength the most tokens the encoding has, the two added ones included
     * @throws IllegalArgumentException if maxLength is below 2
     */
    public Encoding encode(String text, int maxLength) {
        if (maxLength < 2) {
            throw new IllegalArgumentException("max length is " + maxLength + ", but [CLS] and [SEP] need 2");
        }
        int room = maxLength - 2;
        TokenScanner tokens = scan(text, room, room);
        int size = tokens.kept() + 2;
        Assembly assembly = new Assembly(size);
        assembly.add(first);
        assembly.add(tokens, tokens.kept());
        assembly.add(separator);
        return assembly.encoding(size, tokens.count() > room);
    }

    /** Encodes two texts as {@code [CLS] text [SEP] pair [SEP]}, truncated to the settings' length. */
    public Encoding encode(String text, String pair) {
        return encode(text, pair, settings.maxLength());
    }

    /**
     * Encodes two texts as {@code [CLS] text [SEP] pair [SEP]}. If they are too long, tokens are cut off the longer
     * one until it is as short as the other one, then off both: the library's {@code longest_first}.
     *
     * @param maxLength the most tokens the encoding has, the three added ones included
     * @throws IllegalArgumentException if maxLength is below 3
     */
    public Encoding encode(String text, String pair, int maxLength) {
        if (maxLength < 3) {
            throw new IllegalArgumentException("max length is " + maxLength + ", but [CLS], [SEP] and [SEP] need 3");
        }
        int room = maxLength - 3;
        TokenScanner left = scan(text, room, room);
        TokenScanner right = scan(pair, room, room);
        boolean truncated = left.count() + right.count() > room;
        int leftSize = left.kept();
        int rightSize = right.kept();
        if (truncated) {
            int half = room / 2;
            if (leftSize <= half) {
                rightSize = room - leftSize;
            } else if (rightSize <= half) {
                leftSize = room - rightSize;
            } else if (room % 2 == 1 && isLonger(text, left, pair, right, room)) {
                leftSize = room - half;
                rightSize = half;
            } else {
                leftSize = half;
                rightSize = room - half;
            }
        }
        Assembly assembly = new Assembly(leftSize + rightSize + 3);
        assembly.add(first);
        assembly.add(left, leftSize);
        assembly.add(separator);
        assembly.add(right, rightSize);
        assembly.add(separator);
        return assembly.encoding(leftSize + 2, truncated);
    }

    /** The vocabulary. */
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    /** The settings. */
    public TokenizerSettings settings() {
        return settings;
    }

    /**
     * Whether the text has more tokens than the pair, which decides who gets the odd token where both are cut. If both
     * scans stopped early they cannot tell, and the texts are counted to their ends.
     */
    private boolean isLonger(String text, TokenScanner left, String pair, TokenScanner right, int room) {
        if (left.count() <= room || right.count() <= room) {
            return left.count() > right.count();
        }
        long pairTokens = scan(pair, 0, Long.MAX_VALUE).count();
        return scan(text, 0, pairTokens).count() > pairTokens;
    }

    private TokenScanner scan(String text, int keep, long stop) {
        TokenScanner scanner = new TokenScanner(text, vocabulary, normalizer, specials, unknown, keep, stop);
        scanner.scan();
        return scanner;
    }

    private static int required(Vocabulary vocabulary, String token) {
        int id = vocabulary.id(token);
        if (id < 0) {
            throw new IllegalArgumentException("the vocabulary has no " + token);
        }
        return id;
    }

    /** An encoding being put together. */
    private final class Assembly {

        private final int[] ids;
        private final int[] starts;
        private final int[] ends;
        private int size;

        Assembly(int capacity) {
            ids = new int[capacity];
            starts = new int[capacity];
            ends = new int[capacity];
        }

        void add(int special) {
            ids[size++] = special;
        }

        void add(TokenScanner tokens, int number) {
            tokens.copy(number, ids, starts, ends, size);
            size += number;
        }

        Encoding encoding(int second, boolean truncated) {
            return new Encoding(vocabulary, ids, starts, ends, second, truncated);
        }
    }
}
