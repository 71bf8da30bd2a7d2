package io.demitasse.benchmarks.compare;

import java.util.Arrays;

/** The smallest, the middle and the largest of some numbers. */
record Spread(double min, double median, double max) {

    static Spread of(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(sorted[0], median, sorted[sorted.length - 1]);
    }

    /** Of {@code times / baseline}, round by round. */
    static Spread ofRatios(double[] times, double[] baseline) {
        double[] ratios = new double[times.length];
        Arrays.setAll(ratios, round -> times[round] / baseline[round]);
        return of(ratios);
    }
}
