package io.demitasse.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

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
        List<String> lines = readTable();
        REMOVED = new UnicodeClasses(lines, "removed");
        SPACE = new UnicodeClasses(lines, "space");
        CJK = new UnicodeClasses(lines, "cjk");
        MARK = new UnicodeClasses(lines, "mark");
        PUNCTUATION = new UnicodeClasses(lines, "punct");
    }

    private final int[] firsts;    // of ranges, ascending
    private final int[] lasts;     // inclusive

    private UnicodeClasses(List<String> table, String property) {
        List<String> rows = table.stream().filter(line -> line.startsWith(property + '\t')).toList();
        firsts = new int[rows.size()];
        lasts = new int[rows.size()];
        for (int i = 0; i < rows.size(); i++) {
            String[] fields = rows.get(i).split("\t");
            firsts[i] = Integer.parseInt(fields[1], 16);
            lasts[i] = Integer.parseInt(fields[2], 16);
        }
    }

    boolean has(int codePoint) {
        int place = Arrays.binarySearch(firsts, codePoint);
        int range = place >= 0 ? place : -place - 2;
        return range >= 0 && codePoint <= lasts[range];
    }

    private static List<String> readTable() {
        try (InputStream table = UnicodeClasses.class.getResourceAsStream(TABLE)) {
            if (table == null) {
                throw new IllegalStateException("the resource " + TABLE + " is missing beside " + UnicodeClasses.class);
            }
            return new String(table.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
