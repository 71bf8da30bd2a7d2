package io.demitasse.tokenizer;

import static io.demitasse.tokenizer.BertNormalizer.KIND_MASK;
import static io.demitasse.tokenizer.BertNormalizer.VALUE_SHIFT;

import java.util.Arrays;

/**
 * A part of a text, normalised as a whole, which only models with normalised added tokens need: blanks are spaces, and
 * ideographs have spaces around them. Each char knows where in the text the code point starts that it came from.
 */
final class NormalizedText implements CharSequence {

    private final boolean setIdeographsApart;
    private char[] chars;
    private byte[] kinds;       // SPACE, LETTER or ALONE; of a pair of surrogates both have it
    private int[] origins;
    private int length;

    private NormalizedText(int capacity, boolean setIdeographsApart) {
        this.setIdeographsApart = setIdeographsApart;
        chars = new char[capacity];
        kinds = new byte[capacity];
        origins = new int[capacity];
    }

    static NormalizedText of(String text, BertNormalizer normalizer) {
        return of(text, 0, text.length(), normalizer);
    }

    static NormalizedText of(String text, int from, int to, BertNormalizer normalizer) {
        NormalizedText normalized = new NormalizedText(to - from + 8, normalizer.setsIdeographsApart());
        for (int place = from; place < to; ) {
            int codePoint = text.codePointAt(place);
            normalized.append(codePoint, normalizer, place);
            place += Character.charCount(codePoint);
        }
        return normalized;
    }

    private void append(int codePoint, BertNormalizer normalizer, int origin) {
        int result = normalizer.map(codePoint);
        boolean apart = setIdeographsApart && UnicodeClasses.CJK.has(codePoint);
        if (apart) {
            append(' ', BertNormalizer.SPACE, origin);
        }
        switch (result & KIND_MASK) {
            case BertNormalizer.REMOVED -> { }
            case BertNormalizer.SPACE -> append(' ', BertNormalizer.SPACE, origin);
            case BertNormalizer.SEVERAL -> {
                for (int part : normalizer.several(codePoint)) {
                    append(part >> VALUE_SHIFT, part & KIND_MASK, origin);
                }
            }
            default -> append(result >> VALUE_SHIFT, result & KIND_MASK, origin);
        }
        if (apart) {
            append(' ', BertNormalizer.SPACE, origin);
        }
    }

    private void append(int codePoint, int kind, int origin) {
        if (length + 2 > chars.length) {
            int capacity = 2 * chars.length + 2;
            chars = Arrays.copyOf(chars, capacity);
            kinds = Arrays.copyOf(kinds, capacity);
            origins = Arrays.copyOf(origins, capacity);
        }
        for (int end = length + Character.toChars(codePoint, chars, length); length < end; length++) {
            kinds[length] = (byte) kind;
            origins[length] = origin;
        }
    }

    int kind(int place) {
        return kinds[place];
    }

    int origin(int place) {
        return origins[place];
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public char charAt(int place) {
        return chars[place];
    }

    @Override
    public CharSequence subSequence(int from, int to) {
        return new String(chars, from, to - from);
    }

    @Override
    public String toString() {
        return new String(chars, 0, length);
    }
}
