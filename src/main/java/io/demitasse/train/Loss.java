package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Batch;
import java.util.List;

/** How far a head's outputs are from what they should be, with its slope. Losses are immutable. */
public sealed interface Loss permits CrossEntropy, BinaryCrossEntropy, MeanSquaredError, SpanLoss, DistillationLoss {

    /**
     * The loss of a batch; sums are taken in double arithmetic, from the first row to the last.
     *
     * @param outputs the head's, {@code [rows, columns]}: a row a sequence or a row a token, as the head reads
     * @param batch what the outputs are of
     * @param targets one a sequence
     * @param gradient of the loss by the outputs, in their shape; overwritten
     * @return a mean; NaN if an output is NaN, 0 if there is nothing to learn in this batch
     * @throws IllegalArgumentException if a target is of another kind, or does not fit the outputs
     */
    double loss(Matrix outputs, Batch batch, List<? extends Target> targets, Matrix gradient);

    /** A target as the kind that a loss learns from. */
    static <T extends Target> T as(Class<T> kind, Target target) {
        if (!kind.isInstance(target)) {
            throw new IllegalArgumentException("this loss learns from a " + kind.getSimpleName() + ", not from a "
                    + target.getClass().getSimpleName());
        }
        return kind.cast(target);
    }

    /** The numbers of a row's target, one an output. */
    static float[] numbers(Target target, int outputs) {
        float[] values = as(Target.Numbers.class, target).values();
        if (values.length != outputs) {
            throw new IllegalArgumentException("a target has " + values.length + " numbers, but the model gives "
                    + outputs);
        }
        return values;
    }
}
