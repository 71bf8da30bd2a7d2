package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Batch;
import java.util.List;

/**
 * The mean squared error, for regression: PyTorch's MSELoss. {@code loss = 1/(rows outputs) sum of (x - y)^2}; its
 * gradient by an output x is {@code 2 (x - y) / (rows outputs)}.
 */
public final class MeanSquaredError implements Loss {

    @Override
    public double loss(Matrix outputs, Batch batch, List<? extends Target> targets, Matrix gradient) {
        double count = (double) outputs.rows() * outputs.columns();
        double sum = 0;
        for (int r = 0; r < outputs.rows(); r++) {
            float[] y = Loss.numbers(targets.get(r), outputs.columns());
            for (int j = 0; j < y.length; j++) {
                double difference = (double) outputs.get(r, j) - y[j];
                sum += difference * difference;
                gradient.data()[gradient.row(r) + j] = (float) (2 * difference / count);
            }
        }
        return sum / count;
    }
}
