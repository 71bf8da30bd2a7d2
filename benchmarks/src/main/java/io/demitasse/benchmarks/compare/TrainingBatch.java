package io.demitasse.benchmarks.compare;

import java.util.Random;
import java.util.stream.Stream;

/**
 * What one training step is made on: sequences of one length, so that no peer computes padding.
 *
 * @param ids {@code [sequences][length]}
 * @param labels {@code [sequences]}
 */
record TrainingBatch(int[][] ids, int[] labels) {

    static final int SEQUENCES = 16;
    static final int LENGTH = 36;

    /** A batch of random tokens and labels, the same one for each number. */
    static TrainingBatch draw(int number, int vocabulary, int labels) {
        Random random = new Random(number);
        int[][] ids = Stream.generate(() -> random.ints(LENGTH, 0, vocabulary).toArray()).limit(SEQUENCES)
                .toArray(int[][]::new);
        return new TrainingBatch(ids, random.ints(SEQUENCES, 0, labels).toArray());
    }
}
