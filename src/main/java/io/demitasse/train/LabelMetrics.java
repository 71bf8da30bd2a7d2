package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** How well predictions of one label a text fit. */
public final class LabelMetrics implements Metrics {

    /** Bins of {@link #calibrationError}. */
    private static final int BINS = 10;

    private final long[] binCorrect = new long[BINS];
    private final double[] binConfidence = new double[BINS];
    private final long[][] confusion;
    private long examples;
    private double lossSum;

    /**
     * @param labels how many labels there are, at least 1
     */
    public LabelMetrics(int labels) {
        confusion = new long[labels][labels];
    }

    @Override
    public void add(Matrix outputs, Target target) {
        add(outputs.toArray(), Loss.as(Target.Label.class, target).label());
    }

    /**
     * Adds an example.
     *
     * @param logits {@code [labels]}
     */
    public void add(float[] logits, int label) {
        int predicted = 0;
        double max = logits[0];
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[predicted]) {
                predicted = i;
                max = logits[i];
            }
        }
        double sum = 0;
        for (float logit : logits) {
            sum += StrictMath.exp(logit - max);
        }
        lossSum += max + StrictMath.log(sum) - logits[label];
        confusion[label][predicted]++;
        examples++;
        double confidence = 1 / sum;   // exp(max - max) / sum
        int bin = Math.min(BINS - 1, (int) (confidence * BINS));
        binCorrect[bin] += predicted == label ? 1 : 0;
        binConfidence[bin] += confidence;
    }

    @Override
    public Map<Metric, Double> values() {
        Map<Metric, Double> values = new LinkedHashMap<>();
        values.put(Metric.ACCURACY, accuracy());
        values.put(Metric.PRECISION, precision());
        values.put(Metric.RECALL, recall());
        values.put(Metric.F1, f1());
        values.put(Metric.MCC, mcc());
        return values;
    }

    @Override
    public long examples() {
        return examples;
    }

    public long correct() {
        long correct = 0;
        for (int i = 0; i < confusion.length; i++) {
            correct += confusion[i][i];
        }
        return correct;
    }

    /** The mean cross-entropy, in nats: {@code log(sum exp(logits)) - logit of the label}. */
    @Override
    public double loss() {
        return lossSum / examples;
    }

    public double accuracy() {
        return (double) correct() / examples;
    }

    /** How many examples of label {@code actual} were taken for {@code predicted}. */
    public long confusion(int actual, int predicted) {
        return confusion[actual][predicted];
    }

    /** All counts, {@code [actual][predicted]}; a copy. */
    public long[][] confusion() {
        return Arrays.stream(confusion).map(long[]::clone).toArray(long[][]::new);
    }

    /** Of what was predicted to be this label, the share that is; 0 if nothing was. */
    public double precision(int label) {
        long predicted = 0;
        for (long[] row : confusion) {
            predicted += row[label];
        }
        return predicted == 0 ? 0 : (double) confusion[label][label] / predicted;
    }

    /** Of what is this label, the share that was found; 0 if there is none. */
    public double recall(int label) {
        long actual = 0;
        for (long count : confusion[label]) {
            actual += count;
        }
        return actual == 0 ? 0 : (double) confusion[label][label] / actual;
    }

    /** The harmonic mean of precision and recall. */
    public double f1(int label) {
        double sum = precision(label) + recall(label);
        return sum == 0 ? 0 : 2 * precision(label) * recall(label) / sum;
    }

    /** {@link #precision(int)} of label 1 where there are two labels, else the mean over the labels. */
    public double precision() {
        return overall(this::precision);
    }

    /** {@link #recall(int)} of label 1 where there are two labels, else the mean over the labels. */
    public double recall() {
        return overall(this::recall);
    }

    /** {@link #f1(int)} of label 1 where there are two labels, else the mean over the labels. */
    public double f1() {
        return overall(this::f1);
    }

    /**
     * Matthews' correlation coefficient, from -1 to 1, for any number of labels (Gorodkin 2004); unlike accuracy it is
     * 0 for guesses that know only how frequent the labels are. 0 where all examples or all predictions have one label.
     */
    public double mcc() {
        double actualSquares = 0;
        double predictedSquares = 0;
        double products = 0;
        for (int k = 0; k < confusion.length; k++) {
            double actual = 0;
            double predicted = 0;
            for (int l = 0; l < confusion.length; l++) {
                actual += confusion[k][l];
                predicted += confusion[l][k];
            }
            actualSquares += actual * actual;
            predictedSquares += predicted * predicted;
            products += actual * predicted;
        }
        double n = examples;
        double scale = Math.sqrt((n * n - predictedSquares) * (n * n - actualSquares));
        return scale == 0 ? 0 : (correct() * n - products) / scale;
    }

    /**
     * The expected calibration error (Guo et al. 2017), from 0 to 1: predictions are put into ten bins of equal width
     * by their confidence, the softmax probability of the predicted label; the error is the mean over the examples of the
     * difference between their bin's mean confidence and its accuracy.
     */
    public double calibrationError() {
        double error = 0;
        for (int bin = 0; bin < BINS; bin++) {
            error += Math.abs(binConfidence[bin] - binCorrect[bin]);
        }
        return error / examples;
    }

    private double overall(IntToDoubleFunction metric) {
        return confusion.length == 2 ? metric.applyAsDouble(1)
                : IntStream.range(0, confusion.length).mapToDouble(metric).average().orElse(0);
    }
}
