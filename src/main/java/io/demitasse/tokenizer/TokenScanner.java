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
final class TokenScanner implements TokenMatcher.Parts {

    private static final int USUAL_WORD = 32;       // UTF-16 units

    private final String text;
    private final Vocabulary vocabulary;
    private final BertNormalizer normalizer;
    private final byte[] ascii;
    private final AddedTokens added;
    private final int unknown;
    private final int longestWord;                  // code points
    private final int[] powers;                     // the hash's base to the power of 0, 1, ...
    private final int keep;
    private int limit;                              // of the part of the text being read

    // The word being read. A char's origin is where the code point that it came from starts in the text.
    private char[] word = new char[USUAL_WORD];
    private int[] origins = new int[USUAL_WORD];
    private int[] hashes = new int[USUAL_WORD + 1];    // of the word's first 0, 1, ... chars
    private int units;
    private int codePoints;
    private int last;

    // The tokens found. Only the first ones are kept, all are counted. The start of a token that goes on with a word is
    // kept as its complement, which is negative: an array of words would cost every text a tenth of its time.
    private int[] ids;
    private int[] starts;
    private int[] ends;
    private long count;

    /**
     * A scanner that will keep the first {@code keep} tokens.
     */
    TokenScanner(String text, WordPiece wordPiece, BertNormalizer normalizer, AddedTokens added, int keep) {
        this.text = Objects.requireNonNull(text, "text");
        this.normalizer = normalizer;
        this.added = added;
        this.keep = keep;
        ascii = normalizer.ascii();
        vocabulary = wordPiece.vocabulary();
        unknown = wordPiece.unknown();
        longestWord = wordPiece.longestWord();
        powers = wordPiece.powers();
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

    /** Copies {@code number} of the tokens that were kept, from token {@code from} on. */
    void copy(int from, int number, int[] ids, int[] starts, int[] ends, int offset) {
        System.arraycopy(this.ids, from, ids, offset, number);
        System.arraycopy(this.starts, from, starts, offset, number);
        System.arraycopy(this.ends, from, ends, offset, number);
    }

    /** How many words start before a token that was kept. */
    int wordsBefore(int token) {
        int words = 0;
        for (int i = 0; i < token; i++) {
            words += starts[i] >= 0 ? 1 : 0;
        }
        return words;
    }

    /** Reads the text. */
    void scan() {
        added.inText().split(text, this);
    }

    @Override
    public void text(int from, int to) {
        if (added.inNormalized().isEmpty()) {
            scan(from, to);
        } else {
            NormalizedText normalized = NormalizedText.of(text, from, to, normalizer);
            added.inNormalized().split(normalized, new NormalizedParts(normalized));
        }
    }

    @Override
    public void token(AddedToken token, int from, int to) {
        add(token.id(), from, to);
    }

    private void scan(int from, int to) {
        limit = to;
        int place = scanLetters(from);
        while (place < to) {
            place = scanLetters(scanCharacter(place));
        }
        endWord();
    }

    /** Appends ASCII letters while there are any and the word has room: most of most texts, so without detours. */
    private int scanLetters(int from) {
        byte[] ascii = this.ascii;
        String text = this.text;
        char[] word = this.word;
        int[] origins = this.origins;
        int[] hashes = this.hashes;
        int unit = units;
        int hash = hashes[unit];
        int place = from;
        int end = Math.min(limit - from, Math.min(longestWord - codePoints, word.length - unit)) + from;
        while (place < end) {
            char c = text.charAt(place);
            if (c >= ascii.length || ascii[c] <= 0) {
                break;
            }
            byte letter = ascii[c];
            hash = Vocabulary.HASH_BASE * hash + letter;
            word[unit] = (char) letter;
            origins[unit++] = place++;
            hashes[unit] = hash;
        }
        if (place > from) {
            codePoints += unit - units;
            units = unit;
            last = place - 1;
        }
        return place;
    }

    /** Reads any one character, and says where the next one starts. */
    private int scanCharacter(int place) {
        char c = text.charAt(place);
        if (c >= ascii.length) {
            return scanCodePoint(place);
        }
        byte letter = ascii[c];
        if (letter > 0) {
            append(letter, place);
        } else if (letter == ASCII_SPACE) {
            endWord();
        } else if (letter == ASCII_ALONE) {
            endWord();
            append(c, place);
            endWord();
        }
        return place + 1;
    }

    private int scanCodePoint(int place) {
        int codePoint = text.codePointAt(place);
        int result = normalizer.map(codePoint);
        switch (result & KIND_MASK) {
            case BertNormalizer.REMOVED -> {
                // As if it were not there: the word goes on.
            }
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
        if (codePoints >= longestWord) {
            codePoints = longestWord + 1;
            return;
        }
        codePoints++;
        if (Character.isBmpCodePoint(codePoint)) {
            appendUnit((char) codePoint, origin);
        } else {
            appendUnit(Character.highSurrogate(codePoint), origin);
            appendUnit(Character.lowSurrogate(codePoint), origin);
        }
    }

    private void appendUnit(char unit, int origin) {
        if (units == word.length) {
            int capacity = Math.max(units + 1, Math.min(4 * units, 2 * longestWord));
            word = Arrays.copyOf(word, capacity);
            origins = Arrays.copyOf(origins, capacity);
            hashes = Arrays.copyOf(hashes, capacity + 1);
        }
        word[units] = unit;
        origins[units] = origin;
        hashes[units + 1] = Vocabulary.HASH_BASE * hashes[units] + unit;
        units++;
    }

    private void endWord() {
        if (codePoints == 0) {
            return;
        }
        if (codePoints > longestWord || !addPieces()) {
            add(unknown, origins[0], endOf(last));
        }
        units = 0;
        codePoints = 0;
    }

    /** Cuts the word into the longest pieces there are, from the left; if any part of it has none, into nothing. */
    private boolean addPieces() {
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
            add(id, from == 0 ? origins[from] : ~origins[from], endOf(origins[to - 1]));
            from = to;
        }
        return true;
    }

    private int piece(int from, int to) {
        if (from == 0) {
            return vocabulary.find(word, 0, to, hashes[to]);
        }
        int power = powers[to - from];
        int hash = hashes[to] - hashes[from] * power;
        return vocabulary.findContinuation(word, from, to, hash, power);
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

    /** What lies between normalised added tokens, read from the normalised text. */
    private final class NormalizedParts implements TokenMatcher.Parts {

        private final NormalizedText normalized;

        NormalizedParts(NormalizedText normalized) {
            this.normalized = normalized;
        }

        @Override
        public void text(int from, int to) {
            for (int place = from; place < to; ) {
                int codePoint = Character.codePointAt(normalized, place);
                int kind = normalized.kind(place);
                if (kind == BertNormalizer.SPACE) {
                    endWord();
                } else {
                    take(codePoint << VALUE_SHIFT | kind, normalized.origin(place));
                }
                place += Character.charCount(codePoint);
            }
            endWord();
        }

        @Override
        public void token(AddedToken token, int from, int to) {
            TokenScanner.this.token(token, normalized.origin(from), endOf(normalized.origin(to - 1)));
        }
    }
}
