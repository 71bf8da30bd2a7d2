package io.demitasse.model;

import java.util.Arrays;
import java.util.List;

/**
 * Token ids of several sequences, end to end. There is no padding and so no padding mask: layers see one matrix of
 * {@code [tokens, dim]}, and only attention asks where a sequence starts. Immutable.
 */
public final class Batch {

    private final int[] ids;
    private final int[] starts;

    private Batch(int[] ids, int[] starts) {
        this.ids = ids;
        this.starts = starts;
    }

    /**
     * A batch of these sequences in their order.
     *
     * @throws IllegalArgumentException if one of them is empty
     */
    public static Batch of(List<int[]> sequences) {
        int[] starts = new int[sequences.size() + 1];
        for (int s = 0; s < sequences.size(); s++) {
            if (sequences.get(s).length == 0) {
                throw new IllegalArgumentException("sequence " + s + " has no tokens");
            }
            starts[s + 1] = Math.addExact(starts[s], sequences.get(s).length);
        }
        int[] ids = new int[starts[sequences.size()]];
        for (int s = 0; s < sequences.size(); s++) {
            System.arraycopy(sequences.get(s), 0, ids, starts[s], sequences.get(s).length);
        }
        return new Batch(ids, starts);
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
