package io.demitasse.train;

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

    /** This and a cross-entropy as one loss, which learns from {@link Target.Taught}. */
    public Loss over(CrossEntropy labels) {
        return new DistillationLoss(this, labels);
    }
}
