package io.demitasse.tokenizer;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * What a text, or a pair of texts, becomes: a row of tokens with their ids, the spans of the text they came from, and
 * for a pair the number of the text (type id 0 or 1). The first token is {@code [CLS]}, and each text is followed by
 * {@code [SEP]}. Immutable.
 */
public final class Encoding {

    /** The word of a token that no text has: the added {@code [CLS]} and {@code [SEP]}. */
    public static final int NO_WORD = -1;
    /** The sequence of such a token. */
    public static final int NO_SEQUENCE = -1;

    private final Vocabulary vocabulary;
    private final int[] ids;
    private final int[] starts;        // as their complements where a token goes on with a word
    private final int[] ends;
    private final int second;          // the first token of type 1; size() if there is none
    private final int wordsBefore;     // the first token's word starts after as many others that were cut off
    private final int wordsBeforeSecond;
    private final int tokensCut;

    /** Owns the arrays, which are of one length. */
    Encoding(Vocabulary vocabulary, int[] ids, int[] starts, int[] ends, int second, int wordsBefore,
            int wordsBeforeSecond, int tokensCut) {
        this.vocabulary = vocabulary;
        this.ids = ids;
        this.starts = starts;
        this.ends = ends;
        this.wordsBefore = wordsBefore;
        this.wordsBeforeSecond = wordsBeforeSecond;
        this.second = second;
        this.tokensCut = tokensCut;
    }

    /** How many tokens there are, the added special tokens included. */
    public int size() {
        return ids.length;
    }

    /** The ids, as a copy. */
    public int[] ids() {
        return ids.clone();
    }

    /** The id of token i. */
    public int id(int i) {
        return ids[i];
    }

    /** Token i as the vocabulary writes it: {@code ##} before what continues a word. */
    public String token(int i) {
        return vocabulary.token(ids[i]);
    }

    /** All tokens, as an unmodifiable list. */
    public List<String> tokens() {
        return Arrays.stream(ids).mapToObj(vocabulary::token).toList();
    }

    /**
     * Where token i starts in its text, in UTF-16 units as {@link String#substring(int, int)} takes them. The added
     * {@code [CLS]} and {@code [SEP]} have the span [0, 0); a token of type 1 has its span in the second text.
     */
    public int start(int i) {
        int start = starts[i];
        return start < 0 ? ~start : start;
    }

    /** Where token i ends in its text (exclusive), in UTF-16 units. */
    public int end(int i) {
        return ends[i];
    }

    /** 0 for the tokens up to and including the first added {@code [SEP]}, 1 for those after it. */
    public int typeId(int i) {
        return Objects.checkIndex(i, ids.length) < second ? 0 : 1;
    }

    /** The type ids of all tokens, as a new array. */
    public int[] typeIds() {
        int[] types = new int[ids.length];
        Arrays.fill(types, second, types.length, 1);
        return types;
    }

    /** Whether token i was added, as {@code [CLS]} and {@code [SEP]} are; one that stood in the text was not. */
    public boolean isAdded(int i) {
        return Objects.checkIndex(i, ids.length) == 0 || i == second - 1 || i == ids.length - 1;
    }

    /** Which tokens were added (1) and which are a text's own (0), as a new array. */
    public int[] specialTokensMask() {
        return IntStream.range(0, ids.length).map(i -> isAdded(i) ? 1 : 0).toArray();
    }

    /**
     * The numbers of the words that the tokens are parts of, as a new array, with {@link #NO_WORD} for a token that was
     * added. Words are counted from 0 in each text, those that truncation or the window left out included; a punctuation
     * mark and an added token are words, too.
     */
    public int[] words() {
        int[] words = new int[ids.length];
        int word = wordsBefore - 1;
        for (int i = 0; i < words.length; i++) {
            if (i == second) {
                word = wordsBeforeSecond - 1;
            }
            if (isAdded(i)) {
                words[i] = NO_WORD;
            } else {
                word += starts[i] >= 0 ? 1 : 0;
                words[i] = word;
            }
        }
        return words;
    }

    /** 0 for a token of the first text, 1 for one of the second, {@link #NO_SEQUENCE} for one that was added. */
    public int sequence(int i) {
        return isAdded(i) ? NO_SEQUENCE : typeId(i);
    }

    /** The sequences of all tokens, as a new array. */
    public int[] sequences() {
        return IntStream.range(0, ids.length).map(this::sequence).toArray();
    }

    /** Whether tokens were cut off to fit the length asked for. */
    public boolean truncated() {
        return tokensCut > 0;
    }

    /** How many tokens of the text, or of both, were cut off to fit the length asked for. */
    public int tokensCut() {
        return tokensCut;
    }

    /**
     * Copies the ids to {@code target[offset, offset + size())}.
     *
     * @throws IndexOutOfBoundsException if they do not fit
     */
    public void copyIds(int[] target, int offset) {
        System.arraycopy(ids, 0, target, offset, ids.length);
    }
}
