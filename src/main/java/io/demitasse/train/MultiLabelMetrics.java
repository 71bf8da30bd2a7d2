package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Batch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How well predictions of labels that may go together fit. A label is predicted where its sigmoid is above a half. */
public final class MultiLabelMetrics implements Metrics {

    private static final Batch ONE = Batch.of(List.of(new int[1]));

    private final BinaryCrossEntropy loss = new BinaryCrossEntropy();
    private final long[] truePositives;
    private final long[] predicted;
    private final long[] actual;
    private long examples;
    private long exact;
    private double lossSum;

    /** @param labels how many there are */
    public MultiLabelMetrics(int labels) {
        truePositives = new long[labels];
        predicted = new long[labels];
        actual = new long[labels];
    }

    @Override
    public void add(Matrix outputs, Target target) {
        float[] expected = Loss.numbers(target, truePositives.length);
        boolean same = true;
        for (int label = 0; label < expected.length; label++) {
            boolean found = outputs.get(0, label) > 0;
            boolean is = expected[label] > 0.5f;
            predicted[label] += found ? 1 : 0;
            actual[label] += is ? 1 : 0;
            truePositives[label] += found && is ? 1 : 0;
            same &= found == is;
        }
        exact += same ? 1 : 0;
        examples++;
        lossSum += loss.loss(outputs, ONE, List.of(target), Matrix.zeros(1, outputs.columns()));
    }

    @Override
    public long examples() {
        return examples;
    }

    @Override
    public double loss() {
        return lossSum / examples;
    }

    /** How many examples have all their labels right, and no other. */
    public long correct() {
        return exact;
    }

    /** A label's F1; 0 where there is none and none was predicted. */
    public double f1(int label) {
        return ratio(2 * truePositives[label], predicted[label] + actual[label]);
    }

    /** A label's precision; 0 where none was predicted. */
    public double precision(int label) {
        return ratio(truePositives[label], predicted[label]);
    }

    /** A label's recall; 0 where there is none. */
    public double recall(int label) {
        return ratio(truePositives[label], actual[label]);
    }

    @Override
    public Map<Metric, Double> values() {
        long all = sum(truePositives);
        double macro = 0;
        for (int label = 0; label < actual.length; label++) {
            macro += f1(label) / actual.length;
        }
        Map<Metric, Double> values = new LinkedHashMap<>();
        values.put(Metric.F1_MICRO, ratio(2 * all, sum(predicted) + sum(actual)));
        values.put(Metric.F1_MACRO, macro);
        values.put(Metric.PRECISION_MICRO, ratio(all, sum(predicted)));
        values.put(Metric.RECALL_MICRO, ratio(all, sum(actual)));
        values.put(Metric.SUBSET_ACCURACY, (double) exact / examples);
        return values;
    }

    private static long sum(long[] counts) {
        long sum = 0;
        for (long count : counts) {
            sum += count;
        }
        return sum;
    }

    private static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
