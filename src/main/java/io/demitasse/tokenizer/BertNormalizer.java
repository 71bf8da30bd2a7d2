package io.demitasse.tokenizer;

import java.text.Normalizer;

/**
 * What becomes of each code point before words are cut into pieces: Hugging Face's BertNormalizer (clean the text, set
 * ideographs apart, decompose, drop marks, lowercase) and the punctuation half of its BertPreTokenizer. None of this
 * looks at a code point's neighbours, so it is worked out once for each and kept, a page of code points at a time.
 *
 * <p>Java's decomposition and lowercasing are newer or older than the library's for a few rare scripts. No vocabulary
 * trained for these models has their characters, so no id depends on it.
 */
final class BertNormalizer {

    /** Kinds of result: the low bits of what {@link #map} gives. */
    static final int KIND_MASK = 7;
    /** Nothing is left. */
    static final int REMOVED = 0;
    /** A word ends. */
    static final int SPACE = 1;
    /** One code point that belongs to a word. */
    static final int LETTER = 2;
    /** One code point that is a word of its own. */
    static final int ALONE = 3;
    /** More than one code point, see {@link #several}. */
    static final int SEVERAL = 4;
    /** Where the code point stands in a result that is one. */
    static final int VALUE_SHIFT = 3;

    /** Kinds of ASCII characters that are not letters, in {@link #ascii}. */
    static final byte ASCII_REMOVED = 0;
    static final byte ASCII_SPACE = -1;
    static final byte ASCII_ALONE = -2;

    private static final int PAGE_BITS = 7;
    private static final int PAGE_SIZE = 1 << PAGE_BITS;
    /** The one code point whose default lowercase is two; {@link Character#toLowerCase(int)} gives one. */
    private static final int DOTTED_CAPITAL_I = 0x130;

    private final boolean lowercase;
    private final boolean stripAccents;
    private final boolean setIdeographsApart;
    private final byte[] ascii = new byte[PAGE_SIZE];

    // Threads may build the same page twice; a page is immutable and always the same, so it does not matter which stays.
    private final Page[] pages = new Page[Character.MAX_CODE_POINT + 1 >> PAGE_BITS];

    BertNormalizer(TokenizerSettings settings) {
        lowercase = settings.lowercase();
        stripAccents = settings.stripsAccents();
        setIdeographsApart = settings.tokenizeChineseChars();
        for (int c = 0; c < PAGE_SIZE; c++) {
            int result = map(c);
            ascii[c] = switch (result & KIND_MASK) {
                case LETTER -> (byte) (result >> VALUE_SHIFT);
                case SPACE -> ASCII_SPACE;
                case ALONE -> ASCII_ALONE;
                default -> ASCII_REMOVED;
            };
        }
    }

    boolean setsIdeographsApart() {
        return setIdeographsApart;
    }

    /** For each ASCII character the letter it becomes, or what else it is. Not to be written to. */
    byte[] ascii() {
        return ascii;
    }

    /** What becomes of a code point: its kind, and above it the new code point if there is exactly one. */
    int map(int codePoint) {
        return page(codePoint).results[codePoint & PAGE_SIZE - 1];
    }

    /** The results that a code point of the kind {@link #SEVERAL} becomes, each one a letter or alone. */
    int[] several(int codePoint) {
        return page(codePoint).expansions[codePoint & PAGE_SIZE - 1];
    }

    /** A whole text as words are cut from it: spaces and nothing else where words end. */
    String normalize(String text) {
        StringBuilder normalized = new StringBuilder();
        text.codePoints().forEach(codePoint -> {
            int result = map(codePoint);
            switch (result & KIND_MASK) {
                case REMOVED -> { }
                case SPACE -> normalized.append(' ');
                case SEVERAL -> {
                    for (int part : several(codePoint)) {
                        normalized.appendCodePoint(part >> VALUE_SHIFT);
                    }
                }
                default -> normalized.appendCodePoint(result >> VALUE_SHIFT);
            }
        });
        return normalized.toString();
    }

    private Page page(int codePoint) {
        Page page = pages[codePoint >> PAGE_BITS];
        if (page == null) {
            page = new Page(codePoint & -PAGE_SIZE);
            pages[codePoint >> PAGE_BITS] = page;
        }
        return page;
    }

    /** The results of one code point: none, one space, or one or more that are letters or alone. */
    private int[] normalize(int codePoint) {
        boolean surrogate = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
        if (surrogate || UnicodeClasses.REMOVED.has(codePoint)) {
            return new int[0];
        }
        if (UnicodeClasses.SPACE.has(codePoint)) {
            return new int[] {SPACE};
        }
        boolean ideograph = setIdeographsApart && UnicodeClasses.CJK.has(codePoint);
        String characters = lowercase(stripAccents(Character.toString(codePoint)));
        int[] results = new int[characters.codePointCount(0, characters.length())];
        int place = 0;
        for (int i = 0; i < results.length; i++) {
            int result = characters.codePointAt(place);
            int kind = ideograph || UnicodeClasses.PUNCTUATION.has(result) ? ALONE : LETTER;
            results[i] = result << VALUE_SHIFT | kind;
            place += Character.charCount(result);
        }
        return results;
    }

    private String stripAccents(String character) {
        // ASCII has none, and the first use of Normalizer loads tables that an English text can do without.
        if (!stripAccents || character.charAt(0) < PAGE_SIZE) {
            return character;
        }
        String decomposed = Normalizer.normalize(character, Normalizer.Form.NFD);
        StringBuilder stripped = new StringBuilder();
        for (int i = 0; i < decomposed.length(); i = decomposed.offsetByCodePoints(i, 1)) {
            int codePoint = decomposed.codePointAt(i);
            if (!UnicodeClasses.MARK.has(codePoint)) {
                stripped.appendCodePoint(codePoint);
            }
        }
        return stripped.toString();
    }

    /** Lowercases each code point alone: a capital sigma at a word's end becomes an ordinary small one. */
    private String lowercase(String characters) {
        if (!lowercase) {
            return characters;
        }
        StringBuilder lowered = new StringBuilder();
        for (int i = 0; i < characters.length(); i = characters.offsetByCodePoints(i, 1)) {
            int codePoint = characters.codePointAt(i);
            if (codePoint == DOTTED_CAPITAL_I) {
                lowered.append("i\u0307");
            } else {
                lowered.appendCodePoint(Character.toLowerCase(codePoint));
            }
        }
        return lowered.toString();
    }

    /** The results of {@link #PAGE_SIZE} code points. */
    private final class Page {

        private final int[] results = new int[PAGE_SIZE];
        private final int[][] expansions = new int[PAGE_SIZE][];

        Page(int first) {
            for (int i = 0; i < PAGE_SIZE; i++) {
                int[] several = normalize(first + i);
                if (several.length == 1) {
                    results[i] = several[0];
                } else if (several.length > 1) {
                    results[i] = SEVERAL;
                    expansions[i] = several;
                }
            }
        }
    }
}
