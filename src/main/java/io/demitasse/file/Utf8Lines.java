package io.demitasse.file;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a UTF-8 text, read only as far as they are asked for. A line feed ends a line, or a carriage return and a
 * line feed, as for {@code wc -l}; no other character does, since it may stand in a text. A byte order mark is no part
 * of the first. Bytes that are not UTF-8 are refused with their line: put away silently, they would take letters along.
 */
public final class Utf8Lines implements Closeable {

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    /** Characters that are shown of what stands before a bad byte. */
    private static final int EXCERPT = 20;
    /** Bytes of a line; a file of another kind may have no line ends in all its gigabytes. */
    private static final int LONGEST = 1 << 26;

    private final InputStream stream;
    private final String name;
    private final byte[] buffer = new byte[1 << 14];
    private int at;
    private int limit;
    private int number;

    /**
     * @param name what messages call it
     */
    public Utf8Lines(InputStream stream, String name) {
        this.stream = stream;
        this.name = name;
    }

    /**
     * The next line, without its end; null behind the last.
     *
     * @throws IllegalArgumentException if it is not UTF-8, or too long to be a text; the message names the line
     */
    public @Nullable String next() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        boolean any = false;
        while (at < limit || fill()) {
            any = true;
            int end = at;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            if (line.size() > LONGEST) {
                throw new IllegalArgumentException(name + ", line " + (number + 1) + ": is longer than "
                        + LONGEST / (1 << 20) + " MB: are there line ends in it?");
            }
            line.write(buffer, at, end - at);
            at = end;
            if (end < limit) {
                at++;
                break;
            }
        }
        if (!any) {
            return null;
        }
        number++;
        byte[] bytes = line.toByteArray();
        if (number == 1) {
            bytes = withoutMark(bytes, name);
        }
        boolean carriageReturn = bytes.length > 0 && bytes[bytes.length - 1] == '\r';
        return decode(carriageReturn ? Arrays.copyOf(bytes, bytes.length - 1) : bytes, name, number);
    }

    /** The number of the line that {@link #next} gave last, from 1. */
    public int number() {
        return number;
    }

    /** Whether there is more to read without waiting for it. */
    public boolean ready() throws IOException {
        return at < limit || stream.available() > 0;
    }

    private boolean fill() throws IOException {
        at = 0;
        limit = Math.max(0, stream.read(buffer));
        return limit > 0;
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }

    /**
     * A whole text.
     *
     * @param name what messages call it
     * @throws IllegalArgumentException if it is not UTF-8; the message names the line
     */
    public static String decode(byte[] bytes, String name) {
        return decode(withoutMark(bytes, name), name, 1);
    }

    private static byte[] withoutMark(byte[] bytes, String name) {
        int first = bytes.length > 0 ? bytes[0] & 0xFF : -1;
        int second = bytes.length > 1 ? bytes[1] & 0xFF : -1;
        // A mark of its own, or a letter of ASCII, which has a zero beside it there.
        if (first == 0xFF && second == 0xFE || first == 0xFE && second == 0xFF || first > 0 && second == 0
                || first == 0 && second > 0) {
            throw new IllegalArgumentException(name + ": is UTF-16, expected UTF-8, which iconv -f UTF-16 -t UTF-8 makes"
                    + " of it");
        }
        boolean marked = bytes.length >= BYTE_ORDER_MARK.length
                && Arrays.equals(bytes, 0, BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length);
        return marked ? Arrays.copyOfRange(bytes, BYTE_ORDER_MARK.length, bytes.length) : bytes;
    }

    private static String decode(byte[] bytes, String name, int line) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, out, true);
        out.flip();
        if (!result.isError()) {
            return out.toString();
        }
        String before = out.toString();
        int lines = (int) before.chars().filter(c -> c == '\n').count();
        String start = before.substring(before.lastIndexOf('\n') + 1);
        String excerpt = start.length() <= EXCERPT ? start : "..." + start.substring(start.length() - EXCERPT);
        throw new IllegalArgumentException(String.format(Locale.ROOT, "%s, line %d: not UTF-8: the byte 0x%02X behind"
                + " \"%s\"; iconv -f WINDOWS-1252 -t UTF-8 makes it of the most common other encoding", name,
                line + lines, bytes[in.position()] & 0xFF, excerpt.replace('\r', ' ').replace('\t', ' ')));
    }
}
