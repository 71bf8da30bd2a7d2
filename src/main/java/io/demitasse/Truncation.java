package io.demitasse;

import java.util.List;
import java.util.Objects;

/** What is done with a text that has more tokens than the model can read. */
public sealed interface Truncation {

    /** The text's end is cut off; {@link Classification#tokensCut()} tells how much of it. */
    Truncation TRUNCATE = new Truncate();

    /** The text is refused with an IllegalArgumentException that says how long it is and how long it may be. */
    Truncation FAIL = new Fail();

    /**
     * The text is read in windows, each as long as the model allows, in its own {@code [CLS]} and {@code [SEP]}, and
     * what the model makes of them is put together.
     *
     * @param stride how many tokens a window shares with the one before it, as Hugging Face's tokenizers count it; a
     *     model that reads 512 tokens takes 0 to 509
     * @throws IllegalArgumentException if stride is negative
     */
    static Truncation window(int stride, Aggregation aggregation) {
        return new Window(stride, aggregation);
    }

    /** See {@link #TRUNCATE}. */
    record Truncate() implements Truncation {
    }

    /** See {@link #FAIL}. */
    record Fail() implements Truncation {
    }

    /** See {@link #window}. */
    record Window(int stride, Aggregation aggregation) implements Truncation {

        /** Throws IllegalArgumentException if stride is negative. */
        public Window {
            Objects.requireNonNull(aggregation, "aggregation");
            if (stride < 0) {
                throw new IllegalArgumentException("stride must be at least 0, not " + stride);
            }
        }
    }

    /**
     * How windows' results become one. A classifier's logits are put together, and the probabilities made from these as
     * ever, so that scores and logits still belong together; for an encoder it is the pooled vectors, before they
     * are normalised.
     */
    enum Aggregation {

        /**
         * Number by number {@code sum(n[w] * x[w]) / sum(n[w])} over the windows w, where n[w] is how many of the text's
         * tokens the window holds: a short last window has a small say. Of probabilities this is the weighted
         * geometric mean.
         */
        MEAN {
            @Override
            float[] aggregate(List<float[]> results, int[] tokens) {
                double[] sums = new double[results.get(0).length];
                long weight = 0;
                for (int w = 0; w < tokens.length; w++) {
                    weight += tokens[w];
                    for (int i = 0; i < sums.length; i++) {
                        sums[i] += (double) tokens[w] * results.get(w)[i];
                    }
                }
                float[] means = new float[sums.length];
                for (int i = 0; i < sums.length; i++) {
                    means[i] = (float) (sums[i] / weight);
                }
                return means;
            }
        },

        /** Number by number {@code max(x[w])}: a label that any window stands for, stands for the text. */
        MAX {
            @Override
            float[] aggregate(List<float[]> results, int[] tokens) {
                float[] largest = results.get(0).clone();
                for (float[] result : results) {
                    for (int i = 0; i < largest.length; i++) {
                        largest[i] = Math.max(largest[i], result[i]);
                    }
                }
                return largest;
            }
        };

        /**
         * @param results of several windows of one text, all of one length
         * @param tokens how many of the text's tokens each window holds, at least 1
         */
        abstract float[] aggregate(List<float[]> results, int[] tokens);
    }
}
