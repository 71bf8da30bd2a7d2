package io.demitasse.train;

import io.demitasse.kernel.Matrix;

/**
 * Learning from what a larger model makes of the same texts, beside their labels (Hinton, Vinyals and Dean 2015):
 * {@code loss = weight T^2 KL(softmax(teacher / T) || softmax(logits / T)) + (1 - weight) cross-entropy}.
 *
 * @param temperature T, above 0; a higher one shows more of what the teacher thinks of the labels it does not choose
 * @param weight from 0, which is no distillation, to 1, which is nothing else
 */
public record Distillation(double temperature, double weight) {

    /** Throws IllegalArgumentException if a value is out of its range. */
    public Distillation {
        if (!(temperature > 0) || !Double.isFinite(temperature)) {
            throw new IllegalArgumentException("temperature must be a number above 0, not " + temperature);
        }
        if (!(weight >= 0 && weight <= 1)) {
            throw new IllegalArgumentException("distillation weight must be from 0 to 1, not " + weight);
        }
    }

    /**
     * Adds to a cross-entropy.
     *
     * @param logits {@code [sequences, labels]}
     * @param teacher the larger model's logits, {@code [sequences][labels]}
     * @param crossEntropy of the logits and the labels, a mean over the sequences
     * @param gradient of the cross-entropy by the logits, {@code [sequences, labels]}; becomes that of the sum
     * @return the loss
     */
    double loss(Matrix logits, float[][] teacher, double crossEntropy, Matrix gradient) {
        int sequences = logits.rows();
        int k = logits.columns();
        double divergence = 0;
        for (int s = 0; s < sequences; s++) {
            double[] logQ = logSoftmax(new Matrix(teacher[s], 1, k), 0);
            double[] logP = logSoftmax(logits, s);
            for (int j = 0; j < k; j++) {
                double q = StrictMath.exp(logQ[j]);
                divergence += q * (logQ[j] - logP[j]);
                int at = gradient.row(s) + j;
                gradient.data()[at] = (float) ((1 - weight) * gradient.data()[at]
                        + weight * temperature * (StrictMath.exp(logP[j]) - q) / sequences);
            }
        }
        return weight * temperature * temperature * divergence / sequences + (1 - weight) * crossEntropy;
    }

    /** Of a row divided by the temperature. */
    private double[] logSoftmax(Matrix logits, int row) {
        double[] scaled = new double[logits.columns()];
        for (int j = 0; j < scaled.length; j++) {
            scaled[j] = logits.get(row, j) / temperature;
        }
        double logSum = CrossEntropy.logSumExp(scaled);
        for (int j = 0; j < scaled.length; j++) {
            scaled[j] -= logSum;
        }
        return scaled;
    }
}
