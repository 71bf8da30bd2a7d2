package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;

/** How well numbers fit. A correlation with something that is the same everywhere is 0. */
public final class RegressionMetrics implements Metrics {

    private final int outputs;
    private final List<float[]> found = new ArrayList<>();
    private final List<float[]> expected = new ArrayList<>();

    /** @param outputs numbers an example */
    public RegressionMetrics(int outputs) {
        this.outputs = outputs;
    }

    @Override
    public void add(Matrix values, Target target) {
        expected.add(Loss.numbers(target, outputs));
        found.add(values.toArray());
    }

    @Override
    public long examples() {
        return found.size();
    }

    /** The mean squared error. */
    @Override
    public double loss() {
        double sum = 0;
        for (int i = 0; i < found.size(); i++) {
            for (int j = 0; j < outputs; j++) {
                double difference = (double) found.get(i)[j] - expected.get(i)[j];
                sum += difference * difference;
            }
        }
        return sum / ((double) found.size() * outputs);
    }

    @Override
    public Map<Metric, Double> values() {
        Map<Metric, Double> values = new LinkedHashMap<>();
        values.put(Metric.PEARSON, mean(RegressionMetrics::pearson));
        values.put(Metric.SPEARMAN, mean((x, y) -> pearson(ranks(x), ranks(y))));
        values.put(Metric.MSE, loss());
        return values;
    }

    private double mean(ToDoubleBiFunction<double[], double[]> correlation) {
        double sum = 0;
        for (int j = 0; j < outputs; j++) {
            int column = j;
            sum += correlation.applyAsDouble(found.stream().mapToDouble(row -> row[column]).toArray(),
                    expected.stream().mapToDouble(row -> row[column]).toArray());
        }
        return sum / outputs;
    }

    private static double pearson(double[] x, double[] y) {
        double meanX = Arrays.stream(x).average().orElse(0);
        double meanY = Arrays.stream(y).average().orElse(0);
        double products = 0;
        double squaresX = 0;
        double squaresY = 0;
        for (int i = 0; i < x.length; i++) {
            products += (x[i] - meanX) * (y[i] - meanY);
            squaresX += (x[i] - meanX) * (x[i] - meanX);
            squaresY += (y[i] - meanY) * (y[i] - meanY);
        }
        double scale = Math.sqrt(squaresX) * Math.sqrt(squaresY);
        return scale == 0 ? 0 : products / scale;
    }

    /** From 1; equal numbers share the mean of their ranks. */
    private static double[] ranks(double[] x) {
        int[] order = IntStream.range(0, x.length).boxed().sorted((a, b) -> Double.compare(x[a], x[b]))
                .mapToInt(Integer::intValue).toArray();
        double[] ranks = new double[x.length];
        for (int from = 0; from < order.length;) {
            int to = from;
            while (to < order.length && x[order[to]] == x[order[from]]) {
                to++;
            }
            for (int i = from; i < to; i++) {
                ranks[order[i]] = (from + 1 + to) / 2.0;
            }
            from = Math.max(to, from + 1);   // NaN equals nothing
        }
        return ranks;
    }
}
