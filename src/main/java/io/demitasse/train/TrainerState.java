package io.demitasse.train;

import io.demitasse.train.TrainingArguments.Metric;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How far a training is, but for the weights: all else hangs on the seed and the step. */
final class TrainerState {

    /** Steps made. */
    long step;
    /** Of the steps' losses since the last evaluation. */
    double lossSum;
    long lossCount;
    final List<Evaluation> evaluations = new ArrayList<>();

    /** Which of the evaluations is the best, the first of equal ones; null before the first. */
    @Nullable Evaluation best(Metric metric) {
        Evaluation best = null;
        for (Evaluation evaluation : evaluations) {
            if (best == null || Evaluation.by(metric).compare(evaluation, best) > 0) {
                best = evaluation;
            }
        }
        return best;
    }

    /** Whether the last {@code patience} evaluations were all no better than one before them. */
    boolean outOfPatience(int patience, Metric metric) {
        if (patience == 0 || evaluations.isEmpty()) {
            return false;
        }
        return evaluations.size() - 1 - evaluations.indexOf(best(metric)) >= patience;
    }
}
