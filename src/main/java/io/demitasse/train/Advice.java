package io.demitasse.train;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What to change when a training goes wrong, read off its evaluations. */
final class Advice {

    /** A loss has climbed if it is this much above what it was; less is chance. */
    private static final double CLIMB = 1.02;

    /** A loss stays where it was if it has not fallen below this share of it. */
    private static final double FALL = 0.97;
    /** Matthews' coefficient of predictions that are hardly better than a guess. */
    private static final double GUESS = 0.1;

    private boolean divergenceTold;
    private boolean standstillTold;
    private boolean overfittingTold;

    /**
     * One line for a trouble that the last evaluations show and that was not told before; null if there is none.
     *
     * @param isEnd whether there will be no other evaluation
     */
    @Nullable String after(List<Evaluation> evaluations, double learningRate, boolean isEnd) {
        int last = evaluations.size() - 1;
        if (last < 2) {
            Evaluation only = evaluations.get(last);
            return isEnd && only.mcc() < GUESS ? String.format(Locale.ROOT, "an accuracy of %.4f after %d steps is no"
                    + " better than a guess: take more epochs, or a higher learning rate than %s, such as 2e-5 to 5e-5",
                    only.accuracy(), only.step(), learningRate) : null;
        }
        Evaluation first = evaluations.get(last - 2);
        Evaluation second = evaluations.get(last - 1);
        Evaluation third = evaluations.get(last);
        if (!divergenceTold && climbs(first.trainingLoss(), second.trainingLoss(), third.trainingLoss())) {
            divergenceTold = true;
            return String.format(Locale.ROOT, "the training loss climbs (%.4f, %.4f, %.4f): a learning rate of %s is"
                    + " too high for this data; take a third of it, or a warm-up of 0.1",
                    first.trainingLoss(), second.trainingLoss(), third.trainingLoss(), learningRate);
        }
        if (!overfittingTold && third.trainingLoss() < first.trainingLoss()
                && climbs(first.validationLoss(), second.validationLoss(), third.validationLoss())) {
            overfittingTold = true;
            return String.format(Locale.ROOT, "the validation loss climbs (%.4f, %.4f, %.4f) while the training loss"
                    + " falls: the model learns its examples by heart; train fewer epochs, stop early with a patience,"
                    + " or give it more data",
                    first.validationLoss(), second.validationLoss(), third.validationLoss());
        }
        if (!standstillTold && !divergenceTold && third.trainingLoss() > FALL * first.trainingLoss() && third.mcc() < GUESS) {
            standstillTold = true;
            return String.format(Locale.ROOT, "the training loss stays where it was (%.4f, %.4f, %.4f), and an accuracy of"
                    + " %.4f is no better than a guess: take a higher learning rate than %s, such as 2e-5 to 5e-5, or"
                    + " more epochs", first.trainingLoss(), second.trainingLoss(), third.trainingLoss(),
                    third.accuracy(), learningRate);
        }
        return null;
    }

    private static boolean climbs(double first, double second, double third) {
        return second > CLIMB * first && third > CLIMB * second;
    }

    /** For a loss or a gradient that is no number. */
    static String diverged(StepResult result, double maxGradNorm) {
        return String.format(Locale.ROOT, "step %d: the loss is %s and the gradient's norm %s, so the training has"
                + " diverged: take a lower learning rate than %s, a warm-up%s", result.step(), result.loss(),
                result.gradientNorm(), result.learningRate(), maxGradNorm == 0 ? ", or clip the gradient's norm at 1"
                        : "");
    }
}
