package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Batch;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The mean cross-entropy of a softmax, for labels of sequences or of tokens: PyTorch's CrossEntropyLoss, with its label
 * smoothing, class weights and ignore_index.
 *
 * <p>With p the softmax of a row's logits, q its label smoothed,
 * {@code q_k = smoothing / labels + (1 - smoothing if k is the label)}, w the labels' weights (1 without any) and n the
 * sum of the weights of the rows' labels: {@code loss = 1/n sum over rows of -sum_k w_k q_k log p_k}, and its gradient
 * by a row's logits is {@code (p sum_k w_k q_k - w q) / n}. Rows whose label is {@link Target#IGNORED} do not count.
 */
public final class CrossEntropy implements Loss {

    private final double smoothing;
    private final float @Nullable [] weights;

    /** @param smoothing the share of a label that is spread over all, from 0 to below 1 */
    public CrossEntropy(double smoothing) {
        this(smoothing, null);
    }

    /** @param weights of the labels, {@code [labels]}; null if all weigh the same */
    public CrossEntropy(double smoothing, float @Nullable [] weights) {
        this.smoothing = smoothing;
        this.weights = weights == null ? null : weights.clone();
    }

    @Override
    public double loss(Matrix outputs, Batch batch, List<? extends Target> targets, Matrix gradient) {
        int[] labels = labels(targets, outputs);
        int k = outputs.columns();
        double spread = smoothing / k;
        double total = total(labels);
        double sum = 0;
        double[] row = new double[k];
        for (int r = 0; r < labels.length; r++) {
            int start = gradient.row(r);
            if (labels[r] == Target.IGNORED) {
                Arrays.fill(gradient.data(), start, start + k, 0f);
                continue;
            }
            copyRow(outputs, r, row);
            double logSum = logSumExp(row);
            double mass = weights == null ? 1 : mass(labels[r], spread);
            for (int j = 0; j < k; j++) {
                double logP = row[j] - logSum;
                double q = spread + (j == labels[r] ? 1 - smoothing : 0);
                q = weights == null ? q : q * weights[j];
                sum -= q == 0 ? 0 : q * logP;
                gradient.data()[start + j] = (float) ((StrictMath.exp(logP) * mass - q) / total);
            }
        }
        return total == 0 ? 0 : sum / total;
    }

    /** The rows' labels, of sequences or of all tokens. */
    private int[] labels(List<? extends Target> targets, Matrix outputs) {
        int[] labels = targets.stream().flatMapToInt(target -> target instanceof Target.TokenLabels tokens
                ? Arrays.stream(tokens.labels())
                : Arrays.stream(new int[] {Loss.as(Target.Label.class, target).label()})).toArray();
        if (labels.length != outputs.rows()) {
            throw new IllegalArgumentException("there are " + labels.length + " labels for " + outputs.rows()
                    + " rows of logits");
        }
        if (weights != null && weights.length != outputs.columns()) {
            throw new IllegalArgumentException("there are " + weights.length + " class weights for "
                    + outputs.columns() + " labels");
        }
        for (int label : labels) {
            if (label != Target.IGNORED && (label < 0 || label >= outputs.columns())) {
                throw new IllegalArgumentException("label " + label + " is not one of " + outputs.columns());
            }
        }
        return labels;
    }

    /** What the sum over the rows is divided by. */
    private double total(int[] labels) {
        double total = 0;
        for (int label : labels) {
            total += label == Target.IGNORED ? 0 : weights == null ? 1 : weights[label];
        }
        return total;
    }

    /** {@code sum_k w_k q_k} */
    private double mass(int label, double spread) {
        double mass = weights[label] * (1 - smoothing);
        for (float weight : weights) {
            mass += weight * spread;
        }
        return mass;
    }

    static void copyRow(Matrix matrix, int row, double[] target) {
        for (int j = 0; j < target.length; j++) {
            target[j] = matrix.get(row, j);
        }
    }

    /** {@code log(sum_j exp(x_j))}. */
    static double logSumExp(double[] x) {
        double max = Double.NEGATIVE_INFINITY;
        for (double value : x) {
            max = Math.max(max, value);
        }
        double sum = 0;
        for (double value : x) {
            sum += StrictMath.exp(value - max);
        }
        return max + StrictMath.log(sum);
    }
}
