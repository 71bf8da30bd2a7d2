package io.demitasse.tokenizer;

/** What counts as a blank and as part of a word beside an added token: {@code \s} and {@code \w} as Unicode has them. */
final class Blanks {

    private Blanks() {
    }

    /** Unicode's White_Space, which no version of it has changed for long. */
    static boolean isBlank(int c) {
        return c >= 0x09 && c <= 0x0D || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 || c >= 0x2000 && c <= 0x200A
                || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
    }

    /** Where the blanks that end at a place start. */
    static int before(CharSequence text, int place) {
        int start = place;
        while (start > 0 && isBlank(text.charAt(start - 1))) {
            start--;
        }
        return start;
    }

    /** Where the blanks that start at a place end. */
    static int behind(CharSequence text, int place) {
        int end = place;
        while (end < text.length() && isBlank(text.charAt(end))) {
            end++;
        }
        return end;
    }

    static boolean endsWithWord(CharSequence text, int place) {
        return place > 0 && isWord(Character.codePointBefore(text, place));
    }

    static boolean startsWithWord(CharSequence text, int place) {
        return place < text.length() && isWord(Character.codePointAt(text, place));
    }

    private static boolean isWord(int c) {
        if (Character.isAlphabetic(c) || c == 0x200C || c == 0x200D) {
            return true;
        }
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK,
                    Character.DECIMAL_DIGIT_NUMBER, Character.CONNECTOR_PUNCTUATION -> true;
            default -> false;
        };
    }
}
