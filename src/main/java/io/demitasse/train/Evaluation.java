package io.demitasse.train;

import io.demitasse.train.TrainingArguments.Metric;
import java.util.Comparator;

/**
 * How well the model did on the validation data at some step.
 *
 * @param trainingLoss the mean loss of the steps since the evaluation before
 * @param epoch how often the training data had been gone through
 * @param step how many steps had been made
 * @param validationLoss without label smoothing and dropout
 * @param f1 as in {@link Metrics#f1()}
 * @param mcc as in {@link Metrics#mcc()}
 */
public record Evaluation(double trainingLoss, double epoch, long step, double validationLoss, double accuracy,
                         double precision, double recall, double f1, double mcc) {

    static Evaluation of(Metrics metrics, double trainingLoss, double epoch, long step) {
        return new Evaluation(trainingLoss, epoch, step, metrics.loss(), metrics.accuracy(), metrics.precision(),
                metrics.recall(), metrics.f1(), metrics.mcc());
    }

    /** The better one is the larger one. */
    static Comparator<Evaluation> by(Metric metric) {
        Comparator<Evaluation> accuracy = Comparator.comparingDouble(Evaluation::accuracy);
        Comparator<Evaluation> loss = Comparator.comparingDouble(Evaluation::validationLoss).reversed();
        return metric == Metric.ACCURACY ? accuracy.thenComparing(loss) : loss.thenComparing(accuracy);
    }
}
