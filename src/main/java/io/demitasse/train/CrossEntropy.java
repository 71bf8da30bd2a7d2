package io.demitasse.train;

import io.demitasse.kernel.Matrix;

/** The mean cross-entropy of a softmax: PyTorch's CrossEntropyLoss, with its label smoothing. */
public final class CrossEntropy {

    private CrossEntropy() {
    }

    /**
     * {@code loss = mean over s of -sum_k q_k log p_k}, p being the softmax of the logits and q the label smoothed:
     * {@code q_k = smoothing / labels + (1 - smoothing if k is the label)}. Its gradient is
     * {@code (p - q) / sequences}.
     *
     * @param logits {@code [sequences, labels]}
     * @param labels {@code [sequences]}
     * @param smoothing 0 for none
     * @param gradient of the loss by the logits, {@code [sequences, labels]}, overwritten
     * @return the loss in nats; NaN if a logit is NaN or infinite
     */
    public static double loss(Matrix logits, int[] labels, double smoothing, Matrix gradient) {
        int sequences = logits.rows();
        int k = logits.columns();
        double spread = smoothing / k;
        double sum = 0;
        double[] row = new double[k];
        for (int s = 0; s < sequences; s++) {
            for (int j = 0; j < k; j++) {
                row[j] = logits.get(s, j);
            }
            double logSum = logSumExp(row);
            for (int j = 0; j < k; j++) {
                double logP = row[j] - logSum;
                double q = spread + (j == labels[s] ? 1 - smoothing : 0);
                sum -= q == 0 ? 0 : q * logP;
                gradient.data()[gradient.row(s) + j] = (float) ((StrictMath.exp(logP) - q) / sequences);
            }
        }
        return sum / sequences;
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
