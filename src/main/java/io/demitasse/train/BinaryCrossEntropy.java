package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Batch;
import java.util.List;

/**
 * The mean binary cross-entropy of sigmoids, for labels that may go together: PyTorch's BCEWithLogitsLoss.
 * {@code loss = 1/(rows labels) sum of -y log s - (1 - y) log(1 - s)}, s being the sigmoid of a logit x and y 1 or 0,
 * which is {@code max(x, 0) - x y + log(1 + exp(-|x|))}; its gradient by x is {@code (s - y) / (rows labels)}.
 */
public final class BinaryCrossEntropy implements Loss {

    @Override
    public double loss(Matrix outputs, Batch batch, List<? extends Target> targets, Matrix gradient) {
        double count = (double) outputs.rows() * outputs.columns();
        double sum = 0;
        for (int r = 0; r < outputs.rows(); r++) {
            float[] y = Loss.numbers(targets.get(r), outputs.columns());
            for (int j = 0; j < y.length; j++) {
                double x = outputs.get(r, j);
                double small = StrictMath.exp(-Math.abs(x));
                sum += Math.max(x, 0) - x * y[j] + StrictMath.log1p(small);
                double sigmoid = x >= 0 ? 1 / (1 + small) : small / (1 + small);
                gradient.data()[gradient.row(r) + j] = (float) ((sigmoid - y[j]) / count);
            }
        }
        return sum / count;
    }
}
