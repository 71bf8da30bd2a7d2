package io.demitasse.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What kind of character a code point is to Hugging Face's library, from the table {@code wordpiece-unicode.tsv}.
 * {@link Character#getType} would not do: the library's categories are those of Unicode 8, the runtime's are newer,
 * and they differ from one Java version to the next.
 */
final class UnicodeClasses {

    /** Control, format and private-use characters: taken out of the text. */
    static final UnicodeClasses REMOVED;
    /** Taken for a space. */
    static final UnicodeClasses SPACE;
    /** Ideographs, each a word of its own. */
    static final UnicodeClasses CJK;
    /** Nonspacing marks: accents, once a character is decomposed. */
    static final UnicodeClasses MARK;
    /** Punctuation, each a word of its own. */
    static final UnicodeClasses PUNCTUATION;

    private static final String TABLE = "wordpiece-unicode.tsv";

    static {
        String[] rows = readTable().split("\n");
        REMOVED = new UnicodeClasses(rows, "removed\t");
        SPACE = new UnicodeClasses(rows, "space\t");
        CJK = new UnicodeClasses(rows, "cjk\t");
        MARK = new UnicodeClasses(rows, "mark\t");
        PUNCTUATION = new UnicodeClasses(rows, "punct\t");
    }

    private final int[] firsts;    // of ranges, ascending
    private final int[] lasts;     // inclusive

    private UnicodeClasses(String[] rows, String property) {
        int[] from = new int[rows.length];
        int[] to = new int[rows.length];
        int size = 0;
        for (String row : rows) {
            if (row.startsWith(property)) {
                int tab = row.lastIndexOf('\t');
                from[size] = Integer.parseInt(row, property.length(), tab, 16);
                to[size] = Integer.parseInt(row, tab + 1, row.length(), 16);
                size++;
            }
        }
        firsts = Arrays.copyOf(from, size);
        lasts = Arrays.copyOf(to, size);
    }

    boolean has(int codePoint) {
        int place = Arrays.binarySearch(firsts, codePoint);
        int range = place >= 0 ? place : -place - 2;
        return range >= 0 && codePoint <= lasts[range];
    }

    private static String readTable() {
        try (InputStream table = UnicodeClasses.class.getResourceAsStream(TABLE)) {
            if (table == null) {
                throw new IllegalStateException("the resource " + TABLE + " is missing beside " + UnicodeClasses.class);
            }
            return new String(table.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
