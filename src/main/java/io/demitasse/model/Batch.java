package io.demitasse.model;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Token ids of several sequences, end to end, with the token types that BERT asks for. There is no padding and so no
 * padding mask: layers see one matrix of {@code [tokens, dim]}, and only attention asks where a sequence starts.
 * Immutable.
 */
public final class Batch {

    private final int[] ids;
    private final int @Nullable [] types;       // as many as ids; null if all are 0
    private final int[] starts;

    private Batch(int[] ids, int @Nullable [] types, int[] starts) {
        this.ids = ids;
        this.types = types;
        this.starts = starts;
    }

    /**
     * A batch of these sequences in their order, all of token type 0.
     *
     * @throws IllegalArgumentException if one of them is empty
     */
    public static Batch of(List<int[]> sequences) {
        int[] starts = starts(sequences);
        return new Batch(endToEnd(sequences, starts), null, starts);
    }

    /**
     * A batch of these sequences in their order.
     *
     * @param types token types, 0 for a first text and 1 for a second; a sequence's may be empty, if all are 0
     * @throws IllegalArgumentException if a sequence is empty, or has not as many types as ids
     */
    public static Batch of(List<int[]> sequences, List<int[]> types) {
        int[] starts = starts(sequences);
        int[] all = null;
        for (int s = 0; s < sequences.size(); s++) {
            int[] some = types.get(s);
            if (some.length == 0) {
                continue;
            }
            if (some.length != sequences.get(s).length) {
                throw new IllegalArgumentException("sequence " + s + " has " + sequences.get(s).length
                        + " ids and " + some.length + " token types");
            }
            all = all == null ? new int[starts[sequences.size()]] : all;
            System.arraycopy(some, 0, all, starts[s], some.length);
        }
        return new Batch(endToEnd(sequences, starts), all, starts);
    }

    private static int[] starts(List<int[]> sequences) {
        int[] starts = new int[sequences.size() + 1];
        for (int s = 0; s < sequences.size(); s++) {
            if (sequences.get(s).length == 0) {
                throw new IllegalArgumentException("sequence " + s + " has no tokens");
            }
            starts[s + 1] = Math.addExact(starts[s], sequences.get(s).length);
        }
        return starts;
    }

    private static int[] endToEnd(List<int[]> sequences, int[] starts) {
        int[] all = new int[starts[sequences.size()]];
        for (int s = 0; s < sequences.size(); s++) {
            System.arraycopy(sequences.get(s), 0, all, starts[s], sequences.get(s).length);
        }
        return all;
    }

    public int sequences() {
        return starts.length - 1;
    }

    /** The tokens of all sequences together. */
    public int tokens() {
        return ids.length;
    }

    /** The id of a token, counted through all sequences. */
    public int id(int token) {
        return ids[token];
    }

    /** The type of a token, counted through all sequences: which of two texts it is of. */
    public int type(int token) {
        return types == null ? 0 : types[token];
    }

    /** The first token of a sequence; for the number of sequences, the number of tokens. */
    public int start(int sequence) {
        return starts[sequence];
    }

    /** A sequence's tokens. */
    public int length(int sequence) {
        return starts[sequence + 1] - starts[sequence];
    }

    /** The longest sequence's tokens. */
    public int longest() {
        int longest = 0;
        for (int sequence = 0; sequence < sequences(); sequence++) {
            longest = Math.max(longest, length(sequence));
        }
        return longest;
    }

    /** Which sequence a token belongs to. */
    public int sequenceOf(int token) {
        int found = Arrays.binarySearch(starts, token);
        return found >= 0 ? found : -found - 2;
    }
}
