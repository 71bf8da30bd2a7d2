package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Batch;
import java.util.List;

/** What {@link Distillation} says, with the gradient {@code weight T (p - q) / sequences} beside the cross-entropy's. */
final class DistillationLoss implements Loss {

    private final double temperature;
    private final double weight;
    private final CrossEntropy crossEntropy;

    DistillationLoss(Distillation distillation, CrossEntropy crossEntropy) {
        this.temperature = distillation.temperature();
        this.weight = distillation.weight();
        this.crossEntropy = crossEntropy;
    }

    @Override
    public double loss(Matrix outputs, Batch batch, List<? extends Target> targets, Matrix gradient) {
        List<Target.Taught> taught = targets.stream().map(target -> Loss.as(Target.Taught.class, target)).toList();
        double labels = crossEntropy.loss(outputs, batch, taught.stream().map(Target.Taught::label).toList(),
                gradient);
        int sequences = outputs.rows();
        int k = outputs.columns();
        double divergence = 0;
        for (int s = 0; s < sequences; s++) {
            double[] logQ = logSoftmax(new Matrix(taught.get(s).teacherLogits(), 1, k), 0);
            double[] logP = logSoftmax(outputs, s);
            for (int j = 0; j < k; j++) {
                double q = StrictMath.exp(logQ[j]);
                divergence += q * (logQ[j] - logP[j]);
                int at = gradient.row(s) + j;
                gradient.data()[at] = (float) ((1 - weight) * gradient.data()[at]
                        + weight * temperature * (StrictMath.exp(logP[j]) - q) / sequences);
            }
        }
        return weight * temperature * temperature * divergence / sequences + (1 - weight) * labels;
    }

    /** {@code log softmax(logits[row] / temperature)} */
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
