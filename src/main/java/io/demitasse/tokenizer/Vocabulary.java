package io.demitasse.tokenizer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tokens a model knows, in the order of their ids, as {@code vocab.txt} has them: one a line, the line's number
 * (from 0) is the id. Where a token stands twice, looking it up gives the last id. Immutable.
 */
public final class Vocabulary {

    static final String CONTINUATION = "##";

    /** {@link String#hashCode} is the polynomial with this base, so a prefix's hash gives that of any part of it. */
    static final int HASH_BASE = 31;

    /** Ids that reach further behind the end are a mistake, and would cost memory. */
    private static final int MOST_ADDED = 1 << 20;

    private static final int CONTINUATION_HASH = CONTINUATION.hashCode();

    private final char[] lines;     // the file's text: each token and a line feed
    private final int[] starts;     // [size + 1], where each line starts
    private final long[] slots;     // open addressing: the token's hash above, id + 1 below; 0 is empty
    private final int shift;
    private final int longest;
    private final String[] tokens;  // made when asked for; it does not matter which thread's stays
    private final Map<String, Integer> added;   // behind the lines: found as a whole, never as a piece of a word

    /** The text's lines all end with a line feed. One loop over it: at start-up nothing is compiled yet. */
    private Vocabulary(String text) {
        lines = text.toCharArray();
        int[] lineStarts = new int[lines.length / 6 + 2];
        int[] hashes = new int[lineStarts.length];
        int size = 0;
        int hash = 0;
        int longestToken = 0;
        for (int i = 0; i < lines.length; i++) {
            if (lines[i] != '\n') {
                hash = HASH_BASE * hash + lines[i];
                continue;
            }
            if (size + 1 == lineStarts.length) {
                lineStarts = Arrays.copyOf(lineStarts, 2 * lineStarts.length);
                hashes = Arrays.copyOf(hashes, lineStarts.length);
            }
            longestToken = Math.max(longestToken, i - lineStarts[size]);
            hashes[size++] = hash;
            lineStarts[size] = i + 1;
            hash = 0;
        }
        starts = Arrays.copyOf(lineStarts, size + 1);
        longest = longestToken;
        tokens = new String[size];
        added = Map.of();
        // At most half full, so that a miss, which is what most probes are, ends soon.
        int bits = Math.max(4, 33 - Integer.numberOfLeadingZeros(size));
        shift = 32 - bits;
        slots = new long[1 << bits];
        for (int id = 0; id < size; id++) {
            insert(id, hashes[id]);
        }
    }

    /** The same lines and the tokens behind them. */
    private Vocabulary(Vocabulary other, String[] tokens, Map<String, Integer> added) {
        lines = other.lines;
        starts = other.starts;
        slots = other.slots;
        shift = other.shift;
        longest = other.longest;
        this.tokens = tokens;
        this.added = added;
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
        return new Vocabulary(tokens.isEmpty() ? "" : String.join("\n", tokens) + '\n');
    }

    /**
     * Reads the text of a {@code vocab.txt}: UTF-8, lines ended by LF or CRLF.
     *
     * @throws IllegalArgumentException if it is not UTF-8; the message names the line
     */
    public static Vocabulary parse(byte[] lines) {
        ByteBuffer in = ByteBuffer.wrap(lines);
        CharBuffer out = CharBuffer.allocate(lines.length);
        boolean isUtf8 = !StandardCharsets.UTF_8.newDecoder().decode(in, out, true).isError();
        String text = out.flip().toString();
        if (!isUtf8) {
            throw new IllegalArgumentException("the vocabulary is not UTF-8 in line " + text.split("\n", -1).length);
        }
        boolean ended = text.isEmpty() || text.endsWith("\n");
        return new Vocabulary((ended ? text : text + '\n').replace("\r\n", "\n"));
    }

    /**
     * Reads a {@code vocab.txt}.
     *
     * @throws IllegalArgumentException if the file is not UTF-8
     */
    public static Vocabulary read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "a directory, not a vocabulary");
        }
        byte[] lines = Files.readAllBytes(file);
        try {
            return parse(lines);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * This vocabulary and added tokens. Those with ids behind its end are tokens of it from then on, but no pieces of
     * words; an id that nobody has in between is an empty token.
     *
     * @throws IllegalArgumentException if an id is another token's
     */
    Vocabulary with(List<AddedToken> addedTokens) {
        int size = addedTokens.stream().mapToInt(token -> token.id() + 1).reduce(size(), Math::max);
        if (size - size() > MOST_ADDED) {
            throw new IllegalArgumentException("an added token has the id " + (size - 1) + ", but the vocabulary ends with "
                    + (size() - 1));
        }
        String[] extended = Arrays.copyOf(tokens, size);
        Arrays.fill(extended, size(), size, "");
        Map<String, Integer> ids = new HashMap<>(added);
        for (AddedToken token : addedTokens) {
            int id = token.id();
            String present = id < size() ? token(id) : extended[id];
            if (!present.equals(token.content()) && !(id >= pieces() && present.isEmpty())) {
                throw new IllegalArgumentException("the added token \"" + token.content() + "\" has the id " + id
                        + ", which is that of \"" + present + "\"");
            }
            if (id >= pieces()) {
                extended[id] = token.content();
                ids.put(token.content(), id);
            }
        }
        return size == size() && ids.size() == added.size() ? this : new Vocabulary(this, extended, ids);
    }

    /** How many ids are lines of {@code vocab.txt}. */
    private int pieces() {
        return starts.length - 1;
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
        String token = tokens[id];
        if (token == null) {
            token = new String(lines, starts[id], end(id) - starts[id]);
            tokens[id] = token;
        }
        return token;
    }

    /** The id of a token, or -1 if the vocabulary does not have it. */
    public int id(String token) {
        Integer behind = added.get(token);
        if (behind != null) {
            return behind;
        }
        char[] chars = token.toCharArray();
        return find(chars, 0, chars.length, token.hashCode());
    }

    /** The vocabulary as {@code vocab.txt} has it, without added tokens: UTF-8, each followed by a line feed. */
    public byte[] toBytes() {
        return new String(lines).getBytes(StandardCharsets.UTF_8);
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
                if (isContinuation(id) && matches(id, CONTINUATION.length(), chars, from, to)) {
                    return id;
                }
            }
        }
    }

    private void insert(int id, int hash) {
        int slot = slot(hash);
        while (slots[slot] != 0 && !isDuplicate((int) slots[slot] - 1, id)) {
            slot = slot + 1 & slots.length - 1;
        }
        slots[slot] = (long) hash << 32 | id + 1;
    }

    /** Whether two tokens are the same, of which the later one is to be found. */
    private boolean isDuplicate(int id, int later) {
        return Arrays.equals(lines, starts[id], end(id), lines, starts[later], end(later));
    }

    /** Fibonacci hashing: the upper bits of the product depend on all bits of the hash. */
    private int slot(int hash) {
        return hash * 0x9E3779B9 >>> shift;
    }

    /** Whether the token, without its first {@code skip} chars, is {@code chars[from, to)}. */
    private boolean matches(int id, int skip, char[] chars, int from, int to) {
        return Arrays.equals(lines, starts[id] + skip, end(id), chars, from, to);
    }

    private boolean isContinuation(int id) {
        int start = starts[id];
        return end(id) - start >= 2 && lines[start] == '#' && lines[start + 1] == '#';
    }

    private int end(int id) {
        return starts[id + 1] - 1;
    }
}
