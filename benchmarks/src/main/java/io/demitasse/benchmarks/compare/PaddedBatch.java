package io.demitasse.benchmarks.compare;

import java.util.Arrays;

/**
 * Sequences of different lengths as a rectangle, which is how all but ragged runtimes take them.
 *
 * @param ids {@code [rows, length]}, 0 (the token [PAD]) where a sequence has ended
 * @param mask {@code [rows, length]}, 1 for tokens and 0 for padding
 * @param padded whether there is any padding
 */
record PaddedBatch(int rows, int length, int[] ids, int[] mask, boolean padded) {

    static PaddedBatch of(int[][] sequences) {
        int length = Arrays.stream(sequences).mapToInt(sequence -> sequence.length).max().orElseThrow();
        int[] ids = new int[sequences.length * length];
        int[] mask = new int[ids.length];
        boolean padded = false;
        for (int row = 0; row < sequences.length; row++) {
            int[] sequence = sequences[row];
            System.arraycopy(sequence, 0, ids, row * length, sequence.length);
            Arrays.fill(mask, row * length, row * length + sequence.length, 1);
            padded |= sequence.length < length;
        }
        return new PaddedBatch(sequences.length, length, ids, mask, padded);
    }
}
