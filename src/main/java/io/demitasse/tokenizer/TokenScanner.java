package io.demitasse.tokenizer;

import static io.demitasse.tokenizer.BertNormalizer.ASCII_ALONE;
import static io.demitasse.tokenizer.BertNormalizer.ASCII_SPACE;
import static io.demitasse.tokenizer.BertNormalizer.KIND_MASK;
import static io.demitasse.tokenizer.BertNormalizer.VALUE_SHIFT;

import java.util.Arrays;
import java.util.Objects;

/**
 * One pass over one text: gathers the normalised characters of a word, cuts the word into pieces when it ends, and
 * keeps the pieces' ids and spans. The memory it takes depends on the tokens kept, not on the text.
 */
final class TokenScanner {

    /** A longer word is not looked up (Hugging Face's max_input_chars_per_word). */
    private static final int LONGEST_WORD = 100;    // code points
    private static final int WORD_UNITS = 2 * LONGEST_WORD;

    /** The hash's base to the power of 0, 1, ... */
    private static final int[] POWERS = powers();

    private final String text;
    private final Vocabulary vocabulary;
    private final BertNormalizer normalizer;
    private final SpecialTokens specials;
    private final int unknown;
    private final int keep;
    private final long stop;

    // The word being read. A char's origin is where the code point that it came from starts in the text.
    private final char[] word = new char[WORD_UNITS];
    private final int[] origins = new int[WORD_UNITS];
    private int units;
    private int codePoints;
    private int last;
    private int[] prefixHashes;    // [units + 1], of the word's first 0, 1, ... chars

    // The tokens found. Only the first ones are kept, all are counted.
    private int[] ids;
    private int[] starts;
    private int[] ends;
    private long count;

    /**
     * A scanner that will keep the first {@code keep} tokens, and stops once there are more than {@code stop}.
     */
    TokenScanner(String text, Vocabulary vocabulary, BertNormalizer normalizer, SpecialTokens specials, int unknown,
            int keep, long stop) {
        this.text = Objects.requireNonNull(text, "text");
        this.vocabulary = vocabulary;
        this.normalizer = normalizer;
        this.specials = specials;
        this.unknown = unknown;
        this.keep = keep;
        this.stop = stop;
        int capacity = Math.min(keep, text.length() / 4 + 8);
        ids = new int[capacity];
        starts = new int[capacity];
        ends = new int[capacity];
    }

    /** How many tokens were found. */
    long count() {
        return count;
    }

    /** How many tokens were found and kept. */
    int kept() {
        return (int) Math.min(count, keep);
    }

    /** Copies the first {@code number} tokens that were kept. */
    void copy(int number, int[] ids, int[] starts, int[] ends, int offset) {
        System.arraycopy(this.ids, 0, ids, offset, number);
        System.arraycopy(this.starts, 0, starts, offset, number);
        System.arraycopy(this.ends, 0, ends, offset, number);
    }

    void scan() {
        byte[] ascii = normalizer.ascii();
        int length = text.length();
        int place = 0;
        while (place < length && count <= stop) {
            char c = text.charAt(place);
            if (c >= ascii.length) {
                place = scanCodePoint(place);
                continue;
            }
            byte letter = ascii[c];
            if (letter > 0) {
                append(letter, place++);
            } else if (letter == ASCII_SPACE) {
                endWord();
                place++;
            } else if (letter == ASCII_ALONE) {
                endWord();
                place = scanPunctuation(c, place);
            } else {
                place++;
            }
        }
        endWord();
    }

    /** ASCII punctuation, or the special token that starts with it. */
    private int scanPunctuation(char c, int place) {
        int special = c == SpecialTokens.START ? specials.at(text, place) : -1;
        if (special >= 0) {
            int end = place + specials.length(special);
            add(special, place, end);
            return end;
        }
        append(c, place);
        endWord();
        return place + 1;
    }

    private int scanCodePoint(int place) {
        int codePoint = text.codePointAt(place);
        int result = normalizer.map(codePoint);
        switch (result & KIND_MASK) {
            case BertNormalizer.REMOVED -> { }
            case BertNormalizer.SPACE -> endWord();
            case BertNormalizer.SEVERAL -> {
                for (int part : normalizer.several(codePoint)) {
                    take(part, place);
                }
            }
            default -> take(result, place);
        }
        return place + Character.charCount(codePoint);
    }

    private void take(int result, int origin) {
        if ((result & KIND_MASK) == BertNormalizer.ALONE) {
            endWord();
            append(result >> VALUE_SHIFT, origin);
            endWord();
        } else {
            append(result >> VALUE_SHIFT, origin);
        }
    }

    private void append(int codePoint, int origin) {
        last = origin;
        if (codePoints >= LONGEST_WORD) {
            codePoints = LONGEST_WORD + 1;
            return;
        }
        codePoints++;
        int end = units + Character.toChars(codePoint, word, units);
        Arrays.fill(origins, units, end, origin);
        units = end;
    }

    private void endWord() {
        if (codePoints == 0) {
            return;
        }
        if (codePoints > LONGEST_WORD || !addWhole() && !addPieces()) {
            add(unknown, origins[0], endOf(last));
        }
        units = 0;
        codePoints = 0;
    }

    private boolean addWhole() {
        int hash = 0;
        for (int i = 0; i < units; i++) {
            hash = Vocabulary.HASH_BASE * hash + word[i];
        }
        int id = vocabulary.find(word, 0, units, hash);
        if (id >= 0) {
            add(id, origins[0], endOf(last));
        }
        return id >= 0;
    }

    /** Cuts the word into the longest pieces there are, from the left; if any part of it has none, into nothing. */
    private boolean addPieces() {
        hashPrefixes();
        long before = count;
        int from = 0;
        while (from < units) {
            int to = Math.min(units, from + vocabulary.longest());
            int id = -1;
            for (; to > from; to--) {
                id = piece(from, to);
                if (id >= 0) {
                    break;
                }
            }
            if (id < 0) {
                count = before;
                return false;
            }
            add(id, origins[from], endOf(origins[to - 1]));
            from = to;
        }
        return true;
    }

    private int piece(int from, int to) {
        if (from == 0) {
            return vocabulary.find(word, 0, to, prefixHashes[to]);
        }
        int power = POWERS[to - from];
        int hash = prefixHashes[to] - prefixHashes[from] * power;
        return vocabulary.findContinuation(word, from, to, hash, power);
    }

    private void hashPrefixes() {
        if (prefixHashes == null) {
            prefixHashes = new int[WORD_UNITS + 1];
        }
        for (int i = 0; i < units; i++) {
            prefixHashes[i + 1] = Vocabulary.HASH_BASE * prefixHashes[i] + word[i];
        }
    }

    /** Where the code point that starts at a place in the text ends. */
    private int endOf(int origin) {
        return origin + (Character.isHighSurrogate(text.charAt(origin)) ? 2 : 1);
    }

    private void add(int id, int start, int end) {
        if (count < keep) {
            int i = (int) count;
            if (i == ids.length) {
                grow();
            }
            ids[i] = id;
            starts[i] = start;
            ends[i] = end;
        }
        count++;
    }

    private void grow() {
        int capacity = (int) Math.min(keep, 2L * ids.length);
        ids = Arrays.copyOf(ids, capacity);
        starts = Arrays.copyOf(starts, capacity);
        ends = Arrays.copyOf(ends, capacity);
    }

    private static int[] powers() {
        int[] powers = new int[WORD_UNITS + 1];
        powers[0] = 1;
        for (int i = 1; i < powers.length; i++) {
            powers[i] = Vocabulary.HASH_BASE * powers[i - 1];
        }
        return powers;
    }
}
