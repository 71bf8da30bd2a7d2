package io.demitasse.benchmarks.compare;

/**
 * How a peer's logits compare with the reference's.
 *
 * @param difference the largest difference of a logit, each sentence alone
 * @param batchDifference the same, sentences in batches, which a padded peer must mask
 * @param changed how many sentences, each alone, get another label
 * @param correct how many sentences, each alone, get the right label
 */
record Agreement(String peer, double difference, double batchDifference, int changed, int correct, int sentences) {

    /** The peer's logits of each sentence by itself, {@code [sentences][labels]}. */
    static float[][] alone(Peer peer, Sst2 data) {
        float[][] logits = new float[data.size()][];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = peer.logits(new int[][] {data.ids()[i]})[0];
        }
        return logits;
    }

    /** Runs the sentences in batches; {@code logits} are those that {@link #alone} gave. */
    static Agreement of(Peer peer, float[][] logits, float[][] reference, Sst2 data) {
        int changed = 0;
        int correct = 0;
        for (int i = 0; i < logits.length; i++) {
            changed += best(logits[i]) == best(reference[i]) ? 0 : 1;
            correct += best(logits[i]) == data.labels()[i] ? 1 : 0;
        }
        float[][] batched = new float[data.size()][];
        int filled = 0;
        for (int[][] batch : data.batches(data.fileOrder(), Comparison.BATCH)) {
            float[][] rows = peer.logits(batch);
            System.arraycopy(rows, 0, batched, filled, rows.length);
            filled += rows.length;
        }
        return new Agreement(peer.name(), difference(logits, reference), difference(batched, reference), changed,
                correct, data.size());
    }

    double accuracy() {
        return (double) correct / sentences;
    }

    private static double difference(float[][] logits, float[][] reference) {
        double largest = 0;
        for (int i = 0; i < logits.length; i++) {
            for (int label = 0; label < logits[i].length; label++) {
                double difference = Math.abs(logits[i][label] - reference[i][label]);
                // NaN is never the larger one, so it must be asked for.
                largest = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(largest, difference);
            }
        }
        return largest;
    }

    private static int best(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }
}
