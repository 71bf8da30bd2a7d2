package io.demitasse.train;

import java.util.Arrays;
import java.util.Random;

/**
 * Which examples a step trains on. Each epoch goes through all of them once, in an order that hangs on the seed and the
 * epoch alone, so that a resumed training needs nothing but the number of its next step.
 */
final class BatchOrder {

    private final int batchSize;
    private final long seed;
    private final int[] order;
    private long shuffledFor = -1;

    BatchOrder(int examples, int batchSize, long seed) {
        this.batchSize = batchSize;
        this.seed = seed;
        this.order = new int[examples];
    }

    /** The last step of an epoch may have fewer examples. */
    long stepsPerEpoch() {
        return (order.length + batchSize - 1) / batchSize;
    }

    /**
     * The examples of a step.
     *
     * @param step from 0
     */
    int[] batch(long step) {
        long epoch = step / stepsPerEpoch();
        if (epoch != shuffledFor) {
            shuffle(epoch);
        }
        int from = (int) (step % stepsPerEpoch()) * batchSize;
        return Arrays.copyOfRange(order, from, Math.min(order.length, from + batchSize));
    }

    /** Fisher and Yates's shuffle. java.util.Random's numbers are part of its specification. */
    private void shuffle(long epoch) {
        Random random = new Random(seed * 31 + epoch);
        Arrays.setAll(order, i -> i);
        for (int i = order.length - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[other];
            order[other] = swapped;
        }
        shuffledFor = epoch;
    }
}
