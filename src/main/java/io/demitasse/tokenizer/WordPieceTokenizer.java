package io.demitasse.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * BERT's WordPiece tokenizer. Gives the ids and the spans that Hugging Face's {@code tokenizers} library gives
 * (BertNormalizer, BertPreTokenizer, WordPiece with {@code ##}, {@code [UNK]} and words of at most 100 code points),
 * whatever the Unicode version of the Java runtime.
 *
 * <p>{@code [PAD] [UNK] [CLS] [SEP] [MASK]} standing in a text are those tokens, unless the settings split them. Any
 * string is accepted: lone surrogates are ignored, as U+FFFD is. Immutable and thread-safe.
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
        specials = settings.splitSpecialTokens() ? SpecialTokens.NONE : new SpecialTokens(vocabulary);
        normalizer = new BertNormalizer(settings);
    }

    /** Encodes a text as {@code [CLS] text [SEP]}, truncated to the settings' length. */
    public Encoding encode(String text) {
        return encode(text, settings.maxLength());
    }

    /**
     * Encodes a text as {@code [CLS] text [SEP]}. Tokens beyond the length are counted but not kept.
     *
     * @param maxLength the most tokens the encoding has, the two added ones included
     * @throws IllegalArgumentException if maxLength is below 2
     */
    public Encoding encode(String text, int maxLength) {
        int room = room(maxLength);
        TokenScanner tokens = scan(text, room);
        return single(tokens, 0, tokens.kept(), tokens.count() - tokens.kept());
    }

    /**
     * Encodes all of a text, however long, as windows {@code [CLS] part [SEP]}. The windows, and what they share, are
     * those of the library's truncation with {@code stride}: the last one ends with the text and may be shorter.
     *
     * @param maxLength the most tokens a window has, the two added ones included
     * @param stride how many of the text's tokens a window shares with the one before it
     * @throws IllegalArgumentException if stride is negative, or not below the maxLength - 2 tokens that a window holds
     */
    public List<Encoding> encodeWindows(String text, int maxLength, int stride) {
        int room = room(maxLength);
        if (stride < 0 || stride >= room) {
            throw new IllegalArgumentException("stride is " + stride + ", but windows of " + room
                    + " tokens can share 0 to " + (room - 1));
        }
        TokenScanner tokens = scan(text, Integer.MAX_VALUE);
        List<Encoding> windows = new ArrayList<>();
        int from = 0;
        int to;
        do {
            to = (int) Math.min((long) from + room, tokens.kept());
            windows.add(single(tokens, from, to, 0));
            from += room - stride;
        } while (to < tokens.kept());
        return windows;
    }

    private static int room(int maxLength) {
        if (maxLength < 2) {
            throw new IllegalArgumentException("max length is " + maxLength + ", but [CLS] and [SEP] need 2");
        }
        return maxLength - 2;
    }

    private Encoding single(TokenScanner tokens, int from, int to, long cut) {
        int size = to - from + 2;
        Assembly assembly = new Assembly(size);
        assembly.add(first);
        assembly.add(tokens, from, to - from);
        assembly.add(separator);
        return assembly.encoding(size, cut);
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
        TokenScanner left = scan(text, room);
        TokenScanner right = scan(pair, room);
        long cut = Math.max(0, left.count() + right.count() - room);
        int leftSize = left.kept();
        int rightSize = right.kept();
        if (cut > 0) {
            int half = room / 2;
            if (leftSize <= half) {
                rightSize = room - leftSize;
            } else if (rightSize <= half) {
                leftSize = room - rightSize;
            } else if (room % 2 == 1 && left.count() > right.count()) {
                leftSize = room - half;
                rightSize = half;
            } else {
                leftSize = half;
                rightSize = room - half;
            }
        }
        Assembly assembly = new Assembly(leftSize + rightSize + 3);
        assembly.add(first);
        assembly.add(left, 0, leftSize);
        assembly.add(separator);
        assembly.add(right, 0, rightSize);
        assembly.add(separator);
        return assembly.encoding(leftSize + 2, cut);
    }

    /**
     * A text as words are cut from it and looked up: without control characters, and for an uncased model without
     * accents and capitals. Only for people to read; encoding a text does this on its own.
     */
    public String normalize(String text) {
        return normalizer.normalize(text);
    }

    /** The vocabulary. */
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    /** The settings. */
    public TokenizerSettings settings() {
        return settings;
    }

    private TokenScanner scan(String text, int keep) {
        TokenScanner scanner = new TokenScanner(text, vocabulary, normalizer, specials, unknown, keep);
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

        void add(TokenScanner tokens, int from, int number) {
            tokens.copy(from, number, ids, starts, ends, size);
            size += number;
        }

        Encoding encoding(int second, long cut) {
            return new Encoding(vocabulary, ids, starts, ends, second, (int) Math.min(cut, Integer.MAX_VALUE));
        }
    }
}
