package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import java.util.Map;

/** How well outputs fit, gathered example by example. Not thread-safe. */
public interface Metrics {

    /**
     * Adds an example.
     *
     * @param outputs of its sequence, {@code [1, labels]}, or {@code [tokens, labels]} where tokens have labels
     */
    void add(Matrix outputs, Target target);

    /** How many examples there are. */
    long examples();

    /** The mean loss over all examples, or over all tokens that have a label; NaN without any. */
    double loss();

    /** All else that is measured, in the order in which it is shown. */
    Map<Metric, Double> values();
}
