package io.demitasse.train;

import java.util.Locale;
import java.util.function.DoublePredicate;

/**
 * How a model is fine-tuned: Hugging Face's TrainingArguments, with the same meanings. Optimiser and dropout are not
 * among them: AdamW with betas 0.9 and 0.999 and epsilon 1e-8, and the dropout of the model's config.
 *
 * @param learningRate the schedule's peak
 * @param trainBatchSize examples a step; an epoch's last batch may be smaller
 * @param evalBatchSize examples that are evaluated at once, at least; changes no result
 * @param epochs how often the data is gone through; 0.5 is half of it
 * @param seed of the head's weights, the order of examples, and dropout
 * @param weightDecay decoupled from the gradient, for all weights but biases and LayerNorm's
 * @param warmupRatio the share of all steps in which the learning rate rises
 * @param maxGradNorm what the gradient's global norm is clipped to; 0 clips nothing
 * @param labelSmoothing the share of each label's probability that is spread over all labels
 * @param evalSteps how many steps apart evaluations are; 0: at the end of each epoch
 * @param saveSteps how many steps apart checkpoints are; 0: after each evaluation
 * @param earlyStoppingPatience after how many evaluations in a row without a better one to stop; 0: never
 * @param metricForBestModel what makes an evaluation the best one
 */
public record TrainingArguments(double learningRate, int trainBatchSize, int evalBatchSize, double epochs, long seed,
                                double weightDecay, double warmupRatio, double maxGradNorm, double labelSmoothing,
                                int evalSteps, int saveSteps, int earlyStoppingPatience, Metric metricForBestModel) {

    /** What the best evaluation is best in; where it is equal, the other one decides. */
    public enum Metric {
        ACCURACY, LOSS
    }

    /** Throws IllegalArgumentException if a value is out of its range. */
    public TrainingArguments {
        check("learning rate", learningRate, "a number above 0", x -> x > 0);
        check("train batch size", trainBatchSize, "at least 1", x -> x >= 1);
        check("eval batch size", evalBatchSize, "at least 1", x -> x >= 1);
        check("epochs", epochs, "a number above 0", x -> x > 0);
        check("weight decay", weightDecay, "a number from 0 up", x -> x >= 0);
        check("warmup ratio", warmupRatio, "from 0 to 1", x -> x >= 0 && x <= 1);
        check("max grad norm", maxGradNorm, "a number from 0 up", x -> x >= 0);
        check("label smoothing", labelSmoothing, "from 0 to below 1", x -> x >= 0 && x < 1);
        check("eval steps", evalSteps, "at least 0", x -> x >= 0);
        check("save steps", saveSteps, "at least 0", x -> x >= 0);
        check("early stopping patience", earlyStoppingPatience, "at least 0", x -> x >= 0);
    }

    private static void check(String name, double value, String range, DoublePredicate inRange) {
        if (!Double.isFinite(value) || !inRange.test(value)) {
            throw new IllegalArgumentException(String.format(Locale.ROOT, "%s must be %s, not %s", name, range,
                    value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value)));
        }
    }

    /** Learning rate 1e-5, batches of 16, five epochs, seed 42, clipping at 1; an evaluation after each epoch. */
    public static TrainingArguments defaults() {
        return new TrainingArguments(1e-5, 16, 8, 5, 42, 0, 0, 1, 0, 0, 0, 0, Metric.ACCURACY);
    }

    public TrainingArguments withLearningRate(double value) {
        return new TrainingArguments(value, trainBatchSize, evalBatchSize, epochs, seed, weightDecay, warmupRatio,
                maxGradNorm, labelSmoothing, evalSteps, saveSteps, earlyStoppingPatience, metricForBestModel);
    }

    public TrainingArguments withBatchSizes(int train, int eval) {
        return new TrainingArguments(learningRate, train, eval, epochs, seed, weightDecay, warmupRatio,
                maxGradNorm, labelSmoothing, evalSteps, saveSteps, earlyStoppingPatience, metricForBestModel);
    }

    public TrainingArguments withEpochs(double value) {
        return new TrainingArguments(learningRate, trainBatchSize, evalBatchSize, value, seed, weightDecay, warmupRatio,
                maxGradNorm, labelSmoothing, evalSteps, saveSteps, earlyStoppingPatience, metricForBestModel);
    }

    public TrainingArguments withSeed(long value) {
        return new TrainingArguments(learningRate, trainBatchSize, evalBatchSize, epochs, value, weightDecay,
                warmupRatio, maxGradNorm, labelSmoothing, evalSteps, saveSteps, earlyStoppingPatience,
                metricForBestModel);
    }

    /** Weight decay, gradient clipping and label smoothing. */
    public TrainingArguments withRegularization(double decay, double gradNorm, double smoothing) {
        return new TrainingArguments(learningRate, trainBatchSize, evalBatchSize, epochs, seed, decay, warmupRatio,
                gradNorm, smoothing, evalSteps, saveSteps, earlyStoppingPatience, metricForBestModel);
    }

    public TrainingArguments withWarmupRatio(double value) {
        return new TrainingArguments(learningRate, trainBatchSize, evalBatchSize, epochs, seed, weightDecay, value,
                maxGradNorm, labelSmoothing, evalSteps, saveSteps, earlyStoppingPatience, metricForBestModel);
    }

    public TrainingArguments withSteps(int eval, int save) {
        return new TrainingArguments(learningRate, trainBatchSize, evalBatchSize, epochs, seed, weightDecay,
                warmupRatio, maxGradNorm, labelSmoothing, eval, save, earlyStoppingPatience, metricForBestModel);
    }

    public TrainingArguments withEarlyStopping(int patience, Metric metric) {
        return new TrainingArguments(learningRate, trainBatchSize, evalBatchSize, epochs, seed, weightDecay,
                warmupRatio, maxGradNorm, labelSmoothing, evalSteps, saveSteps, patience, metric);
    }
}
