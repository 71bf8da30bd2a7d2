package io.demitasse.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * BERT's WordPiece tokenizer. Gives the ids and the spans that Hugging Face's {@code tokenizers} library gives
 * (BertNormalizer, BertPreTokenizer, WordPiece with {@code ##}, BERT's template of special tokens), whatever the Unicode
 * version of the Java runtime.
 *
 * <p>{@code [PAD] [UNK] [CLS] [SEP] [MASK]} (or what the settings call them) standing in a text are those tokens, unless
 * the settings split them; so are the settings' added tokens. Any string is accepted: lone surrogates are ignored, as
 * U+FFFD is. Immutable and thread-safe.
 */
public final class WordPieceTokenizer {

    private static final int ADDED_TO_ONE = 2;
    private static final int ADDED_TO_TWO = 3;

    private final Vocabulary vocabulary;
    private final TokenizerSettings settings;
    private final BertNormalizer normalizer;
    private final AddedTokens added;
    private final WordPiece wordPiece;
    private final int first;
    private final int separator;

    /**
     * A tokenizer for a vocabulary.
     *
     * @throws IllegalArgumentException if the vocabulary lacks the settings' {@code [UNK]}, {@code [CLS]} or
     *     {@code [SEP]}, or an added token has an id that is another token's
     */
    public WordPieceTokenizer(Vocabulary vocabulary, TokenizerSettings settings) {
        this.vocabulary = vocabulary.with(settings.addedTokens());
        this.settings = Objects.requireNonNull(settings, "settings");
        SpecialTokens names = settings.specialTokens();
        int unknown = required(names.unk());
        first = required(names.cls());
        separator = required(names.sep());
        normalizer = new BertNormalizer(settings);
        added = AddedTokens.of(settings, this.vocabulary, normalizer);
        wordPiece = new WordPiece(this.vocabulary, unknown, settings.maxInputCharsPerWord());
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
        return encode(text, maxLength, settings.truncationSide());
    }

    /**
     * Encodes a text as {@code [CLS] text [SEP]}.
     *
     * @param maxLength the most tokens the encoding has, the two added ones included
     * @param side where tokens beyond the length are cut off
     * @throws IllegalArgumentException if maxLength is below 2
     */
    public Encoding encode(String text, int maxLength, TruncationSide side) {
        int room = room(maxLength);
        TokenScanner tokens = scan(text, room, side);
        int size = (int) Math.min(tokens.count(), room);
        int from = from(tokens, size, side);
        return single(tokens, from, from + size, tokens.count() - size);
    }

    /**
     * Encodes all of a text, however long, as windows {@code [CLS] part [SEP]}. The windows, and what they share, are
     * those of the library's truncation with {@code stride}: the last one ends with the text and may be shorter. Where
     * the settings truncate on the left, the first one ends with the text, and the last one starts with it.
     *
     * @param maxLength the most tokens a window has, the two added ones included
     * @param stride how many of the text's tokens a window shares with the one before it
     * @throws IllegalArgumentException if stride is negative, or not below the maxLength - 2 tokens that a window holds
     */
    public List<Encoding> encodeWindows(String text, int maxLength, int stride) {
        int room = room(maxLength);
        checkStride(stride, room);
        TokenScanner tokens = scan(text, Integer.MAX_VALUE, TruncationSide.RIGHT);
        List<Encoding> windows = new ArrayList<>();
        for (Windows places = new Windows(tokens.kept(), room, stride, settings.truncationSide()); places.next(); ) {
            windows.add(single(tokens, places.from(), places.to(), 0));
        }
        return windows;
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
        return encode(text, pair, maxLength, TruncationStrategy.LONGEST_FIRST);
    }

    /**
     * Encodes two texts as {@code [CLS] text [SEP] pair [SEP]}, each truncated on the settings' side.
     *
     * @param maxLength the most tokens the encoding has, the three added ones included
     * @param strategy which text loses tokens if they are too long
     * @throws IllegalArgumentException if maxLength is below 3, or the text that may lose tokens has too few of them
     */
    public Encoding encode(String text, String pair, int maxLength, TruncationStrategy strategy) {
        return encode(text, pair, maxLength, strategy, settings.truncationSide());
    }

    /** The same, truncated on the side given. */
    public Encoding encode(String text, String pair, int maxLength, TruncationStrategy strategy, TruncationSide side) {
        int room = roomForTwo(maxLength);
        TokenScanner left = scan(text, room, side);
        TokenScanner right = scan(pair, room, side);
        long cut = Math.max(0, left.count() + right.count() - room);
        int leftSize = (int) Math.min(left.count(), room);
        int rightSize = (int) Math.min(right.count(), room);
        if (cut > 0) {
            leftSize = switch (strategy) {
                case LONGEST_FIRST -> longestFirst(left.count(), right.count(), room);
                case ONLY_FIRST -> remaining(room, right.count(), "second");
                case ONLY_SECOND -> room - remaining(room, left.count(), "first");
            };
            rightSize = room - leftSize;
        }
        int leftFrom = from(left, leftSize, side);
        int rightFrom = from(right, rightSize, side);
        return pair(left, leftFrom, leftFrom + leftSize, right, rightFrom, rightFrom + rightSize, cut);
    }

    /**
     * Encodes all of two texts as windows {@code [CLS] text [SEP] pair [SEP]}, of which each has one text whole and a
     * part of the other, as the library's truncation with {@code stride} does it. If both fit there is one window.
     *
     * @param maxLength the most tokens a window has, the three added ones included
     * @param stride how many tokens of the text that is cut a window shares with the one before it
     * @param strategy which text is cut: {@code ONLY_FIRST} or {@code ONLY_SECOND}
     * @throws IllegalArgumentException if strategy is {@code LONGEST_FIRST}, or if stride is negative, or not below the
     *     number of tokens that a window holds of the text that is cut
     */
    public List<Encoding> encodeWindows(String text, String pair, int maxLength, int stride, TruncationStrategy strategy) {
        int room = roomForTwo(maxLength);
        if (strategy == TruncationStrategy.LONGEST_FIRST) {
            throw new IllegalArgumentException("windows are of one text of a pair: only_first or only_second");
        }
        if (stride < 0) {
            throw new IllegalArgumentException("stride is " + stride);
        }
        TokenScanner left = scan(text, Integer.MAX_VALUE, TruncationSide.RIGHT);
        TokenScanner right = scan(pair, Integer.MAX_VALUE, TruncationSide.RIGHT);
        if (left.count() + right.count() <= room) {
            return List.of(pair(left, 0, left.kept(), right, 0, right.kept(), 0));
        }
        boolean first = strategy == TruncationStrategy.ONLY_FIRST;
        int part = first ? remaining(room, right.count(), "second") : remaining(room, left.count(), "first");
        checkStride(stride, part);
        List<Encoding> windows = new ArrayList<>();
        TokenScanner cut = first ? left : right;
        for (Windows places = new Windows(cut.kept(), part, stride, settings.truncationSide()); places.next(); ) {
            windows.add(first ? pair(left, places.from(), places.to(), right, 0, right.kept(), 0)
                    : pair(left, 0, left.kept(), right, places.from(), places.to(), 0));
        }
        return windows;
    }

    /**
     * How many tokens are added to a text, or to a pair of texts: {@code [CLS]}, and {@code [SEP]} behind each.
     */
    public int addedTokens(boolean pair) {
        return pair ? ADDED_TO_TWO : ADDED_TO_ONE;
    }

    /**
     * The text of ids: words with spaces between them, without a space before a mark. What the normalisation took off
     * (capitals, accents, blanks) does not come back. Ids that no token has are left out.
     *
     * @param skipSpecialTokens whether {@code [CLS]} and the other special tokens are left out
     * @throws IllegalArgumentException if an id is negative
     */
    public String decode(int[] ids, boolean skipSpecialTokens) {
        WordPieceDecoder decoder = new WordPieceDecoder();
        for (int id : ids) {
            if (id < 0) {
                throw new IllegalArgumentException("an id is " + id);
            }
            // Of a token that stands twice, the library knows the later id alone.
            boolean known = id < vocabulary.size() && vocabulary.id(vocabulary.token(id)) == id;
            if (known && !(skipSpecialTokens && added.isSpecial(id))) {
                decoder.add(vocabulary.token(id));
            }
        }
        return decoder.text(settings.cleanUpTokenizationSpaces());
    }

    /** Joins tokens to a text, as Hugging Face's {@code convert_tokens_to_string} does. */
    public String join(List<String> tokens) {
        WordPieceDecoder decoder = new WordPieceDecoder();
        tokens.forEach(decoder::add);
        return decoder.text(false);
    }

    /**
     * A text as words are cut from it and looked up: without control characters, and for an uncased model without
     * accents and capitals. Only for people to read; encoding a text does this on its own.
     */
    public String normalize(String text) {
        return normalizer.normalize(text);
    }

    /** The vocabulary, added tokens included. */
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    /** The settings. */
    public TokenizerSettings settings() {
        return settings;
    }

    private static int room(int maxLength) {
        if (maxLength < ADDED_TO_ONE) {
            throw new IllegalArgumentException("max length is " + maxLength + ", but [CLS] and [SEP] need 2");
        }
        return maxLength - ADDED_TO_ONE;
    }

    private static int roomForTwo(int maxLength) {
        if (maxLength < ADDED_TO_TWO) {
            throw new IllegalArgumentException("max length is " + maxLength + ", but [CLS], [SEP] and [SEP] need 3");
        }
        return maxLength - ADDED_TO_TWO;
    }

    private static void checkStride(int stride, int room) {
        if (stride < 0 || stride >= room) {
            throw new IllegalArgumentException("stride is " + stride + ", but windows of " + room
                    + " tokens can share 0 to " + (room - 1));
        }
    }

    /** What the text that is kept whole leaves for the other one. */
    private static int remaining(int room, long whole, String which) {
        if (whole >= room) {
            throw new IllegalArgumentException("the " + which + " text is not to be cut, but its " + whole
                    + " tokens leave none of " + room + " for the other one");
        }
        return (int) (room - whole);
    }

    /** How many tokens of the left text stay if both together are too long. */
    private static int longestFirst(long left, long right, int room) {
        int half = room / 2;
        if (left <= half) {
            return (int) left;
        }
        if (right <= half) {
            return room - (int) right;
        }
        return room % 2 == 1 && left > right ? room - half : half;
    }

    /** Which of a scanner's tokens is the first of those that stay. */
    private static int from(TokenScanner tokens, int size, TruncationSide side) {
        return side == TruncationSide.LEFT ? tokens.kept() - size : 0;
    }

    /** Of a text that is cut at its start, what is kept is known at its end only: all is. */
    private TokenScanner scan(String text, int keep, TruncationSide side) {
        TokenScanner scanner = new TokenScanner(text, wordPiece, normalizer, added,
                side == TruncationSide.LEFT ? Integer.MAX_VALUE : keep);
        scanner.scan();
        return scanner;
    }

    private Encoding single(TokenScanner tokens, int from, int to, long cut) {
        int size = to - from + ADDED_TO_ONE;
        Assembly assembly = new Assembly(size);
        assembly.add(first);
        assembly.add(tokens, from, to);
        assembly.add(separator);
        return assembly.encoding(size, cut);
    }

    private Encoding pair(TokenScanner left, int leftFrom, int leftTo, TokenScanner right, int rightFrom, int rightTo,
            long cut) {
        int leftSize = leftTo - leftFrom;
        Assembly assembly = new Assembly(leftSize + rightTo - rightFrom + ADDED_TO_TWO);
        assembly.add(first);
        assembly.add(left, leftFrom, leftTo);
        assembly.add(separator);
        assembly.add(right, rightFrom, rightTo);
        assembly.add(separator);
        return assembly.encoding(leftSize + 2, cut);
    }

    private int required(String token) {
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
        private int wordsBefore;
        private int wordsBeforeSecond;
        private int size;

        Assembly(int capacity) {
            ids = new int[capacity];
            starts = new int[capacity];
            ends = new int[capacity];
        }

        void add(int special) {
            ids[size++] = special;
        }

        void add(TokenScanner tokens, int from, int to) {
            wordsBeforeSecond = tokens.wordsBefore(from);
            wordsBefore = size == 1 ? wordsBeforeSecond : wordsBefore;
            tokens.copy(from, to - from, ids, starts, ends, size);
            size += to - from;
        }

        Encoding encoding(int second, long cut) {
            return new Encoding(vocabulary, ids, starts, ends, second, wordsBefore, wordsBeforeSecond,
                    (int) Math.min(cut, Integer.MAX_VALUE));
        }
    }
}
