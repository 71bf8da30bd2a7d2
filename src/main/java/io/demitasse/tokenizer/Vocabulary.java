package io.demitasse.tokenizer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The tokens a model knows, in the order of their ids, as {@code vocab.txt} has them: one a line, the line's number
 * (from 0) is the id. Where a token stands twice, looking it up gives the last id. Immutable.
 */
public final class Vocabulary {

    static final String CONTINUATION = "##";

    /** {@link String#hashCode} is the polynomial with this base, so a prefix's hash gives that of any part of it. */
    static final int HASH_BASE = 31;

    private static final int CONTINUATION_HASH = CONTINUATION.hashCode();

    private final String[] tokens;
    private final char[] text;      // all tokens end to end
    private final int[] offsets;    // [size + 1], where each token starts in text
    private final long[] slots;     // open addressing: the hash above, id + 1 below; 0 is empty
    private final int shift;
    private final int longest;

    private Vocabulary(List<String> list) {
        tokens = list.toArray(String[]::new);
        offsets = new int[tokens.length + 1];
        int units = 0;
        int longestToken = 0;
        for (int id = 0; id < tokens.length; id++) {
            int length = tokens[id].length();
            units += length;
            longestToken = Math.max(longestToken, length);
            offsets[id + 1] = units;
        }
        longest = longestToken;
        text = new char[units];
        for (int id = 0; id < tokens.length; id++) {
            tokens[id].getChars(0, tokens[id].length(), text, offsets[id]);
        }
        // At most half full, so that a miss, which is what most probes are, ends soon.
        int bits = Math.max(4, 33 - Integer.numberOfLeadingZeros(tokens.length));
        shift = 32 - bits;
        slots = new long[1 << bits];
        for (int id = 0; id < tokens.length; id++) {
            insert(id);
        }
    }

    /**
     * A vocabulary of the given tokens, the first having id 0.
     *
     * @throws IllegalArgumentException if a token could not stand on a line of its own (it holds a line feed or ends
     *     with a carriage return) or is not Unicode text (it has a lone surrogate)
     */
    public static Vocabulary of(List<String> tokens) {
        CharsetEncoder utf8 = StandardCharsets.UTF_8.newEncoder();
        for (int id = 0; id < tokens.size(); id++) {
            String token = tokens.get(id);
            if (token.indexOf('\n') >= 0 || token.endsWith("\r")) {
                throw new IllegalArgumentException("token " + id + " has a line end in it");
            }
            if (!utf8.canEncode(token)) {
                throw new IllegalArgumentException("token " + id + " has a lone surrogate");
            }
        }
        return new Vocabulary(tokens);
    }

    /**
     * Reads the text of a {@code vocab.txt}: UTF-8, lines ended by LF or CRLF.
     *
     * @throws IllegalArgumentException if it is not UTF-8
     */
    public static Vocabulary parse(byte[] lines) {
        String all;
        try {
            all = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(lines)).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("the vocabulary is not UTF-8", e);
        }
        List<String> tokens = new ArrayList<>(all.length() / 7);
        int start = 0;
        while (start < all.length()) {
            int lineFeed = all.indexOf('\n', start);
            int end = lineFeed < 0 ? all.length() : lineFeed;
            boolean carriageReturn = end > start && all.charAt(end - 1) == '\r';
            tokens.add(all.substring(start, carriageReturn ? end - 1 : end));
            start = end + 1;
        }
        return new Vocabulary(tokens);
    }

    /**
     * Reads a {@code vocab.txt}.
     *
     * @throws IllegalArgumentException if the file is not UTF-8
     */
    public static Vocabulary read(Path file) throws IOException {
        byte[] lines = Files.readAllBytes(file);
        try {
            return parse(lines);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    /** How many ids there are. */
    public int size() {
        return tokens.length;
    }

    /**
     * The token of an id.
     *
     * @throws IndexOutOfBoundsException if the id is not in [0, size)
     */
    public String token(int id) {
        return tokens[id];
    }

    /** The id of a token, or -1 if the vocabulary does not have it. */
    public int id(String token) {
        char[] chars = token.toCharArray();
        return find(chars, 0, chars.length, token.hashCode());
    }

    /** The vocabulary as {@code vocab.txt} has it: UTF-8, each token followed by a line feed. */
    public byte[] toBytes() {
        StringBuilder lines = new StringBuilder(text.length + tokens.length);
        for (String token : tokens) {
            lines.append(token).append('\n');
        }
        return lines.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** The number of chars in the longest token. */
    int longest() {
        return longest;
    }

    /** The id of the token {@code chars[from, to)}, whose {@link String#hashCode} is given, or -1. */
    int find(char[] chars, int from, int to, int hash) {
        for (int slot = slot(hash); ; slot = slot + 1 & slots.length - 1) {
            long entry = slots[slot];
            if (entry == 0) {
                return -1;
            }
            if ((int) (entry >>> 32) == hash) {
                int id = (int) entry - 1;
                if (matches(id, 0, chars, from, to)) {
                    return id;
                }
            }
        }
    }

    /**
     * The id of the token {@code "##" + chars[from, to)}, or -1.
     *
     * @param hash  the hash of the chars alone
     * @param power {@link #HASH_BASE} to the power of their number
     */
    int findContinuation(char[] chars, int from, int to, int hash, int power) {
        int whole = CONTINUATION_HASH * power + hash;
        for (int slot = slot(whole); ; slot = slot + 1 & slots.length - 1) {
            long entry = slots[slot];
            if (entry == 0) {
                return -1;
            }
            if ((int) (entry >>> 32) == whole) {
                int id = (int) entry - 1;
                if (tokens[id].startsWith(CONTINUATION) && matches(id, CONTINUATION.length(), chars, from, to)) {
                    return id;
                }
            }
        }
    }

    private void insert(int id) {
        int hash = tokens[id].hashCode();
        int slot = slot(hash);
        while (slots[slot] != 0 && !tokens[(int) slots[slot] - 1].equals(tokens[id])) {
            slot = slot + 1 & slots.length - 1;
        }
        slots[slot] = (long) hash << 32 | id + 1;
    }

    /** Fibonacci hashing: the upper bits of the product depend on all bits of the hash. */
    private int slot(int hash) {
        return hash * 0x9E3779B9 >>> shift;
    }

    private boolean matches(int id, int skip, char[] chars, int from, int to) {
        int offset = offsets[id] + skip;
        if (offsets[id + 1] - offset != to - from) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (text[offset++] != chars[i]) {
                return false;
            }
        }
        return true;
    }
}
