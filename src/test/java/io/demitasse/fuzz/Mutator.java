package io.demitasse.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes an input that is almost right out of one that is: a few bytes changed, cut, doubled, or put where they hurt. */
public final class Mutator {

    /** What stands in JSON, in tables, and in the nightmares of those who parse them. */
    private static final List<byte[]> NASTY = List.of("0", "-1", "1", "-0", "1e9", "1e999", "0.5", "2147483647",
            "2147483648", "-2147483648", "4294967296", "9223372036854775807", "9223372036854775808",
            "99999999999999999999", "null", "true", "false", "\"\"", "\"1\"", "{}", "[]", "[[[[[[[[", "{\"a\":", "}", "]", ",",
            ":", "\"", "\\", "\\u0000", "\\ud800", "NaN", "Infinity", "\u0000", "\uFEFF", "\t", "\r", "\n", "\r\n", " ",
            "F32", "I8", "U8", "BF16", "scales", "offset", "64", "63", "dtype", "shape").stream()
            .map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();

    private final Random random;

    public Mutator(Random random) {
        this.random = random;
    }

    /** Changes bytes in {@code [from, to)} of a copy. */
    public byte[] mutate(byte[] input, int from, int to) {
        byte[] bytes = input.clone();
        int end = to;
        for (int i = 0, changes = 1 + random.nextInt(4); i < changes && end > from; i++) {
            int at = from + random.nextInt(end - from);
            int length = Math.min(end - at, 1 + random.nextInt(random.nextInt(10) == 0 ? 400 : 8));
            int before = bytes.length;
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> bytes = replace(bytes, at, length, new byte[0]);
                case 3 -> bytes = replace(bytes, at, 0, Arrays.copyOfRange(bytes, at, at + length));
                case 4 -> bytes = replace(bytes, at, random.nextInt(length + 1), NASTY.get(random.nextInt(NASTY.size())));
                default -> bytes = replaceNumber(bytes, at, end);
            }
            end += bytes.length - before;
        }
        return bytes;
    }

    /** Puts another number, or anything, in the place of the next one: what a random byte seldom hits. */
    private byte[] replaceNumber(byte[] bytes, int at, int end) {
        int start = at;
        while (start < end && !Character.isDigit(bytes[start])) {
            start++;
        }
        int stop = start;
        while (stop < end && Character.isDigit(bytes[stop])) {
            stop++;
        }
        byte[] number = random.nextBoolean() ? NASTY.get(random.nextInt(NASTY.size()))
                : Integer.toString(random.nextInt(300)).getBytes(StandardCharsets.US_ASCII);
        return start == stop ? bytes : replace(bytes, start, stop - start, number);
    }

    private static byte[] replace(byte[] bytes, int at, int length, byte[] by) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length + by.length);
        out.write(bytes, 0, at);
        out.writeBytes(by);
        out.write(bytes, at + length, bytes.length - at - length);
        return out.toByteArray();
    }
}
