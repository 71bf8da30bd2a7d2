package io.demitasse.train;

/**
 * The learning rate rises linearly from 0 during the warm-up, then falls linearly to 0 at the end: Hugging Face's
 * get_linear_schedule_with_warmup, with the warm-up's steps rounded up as TrainingArguments does.
 *
 * @param learningRate the peak
 * @param warmupSteps steps of the warm-up
 * @param steps all steps, the warm-up's included
 */
record LinearSchedule(double learningRate, long warmupSteps, long steps) {

    static LinearSchedule of(TrainingArguments arguments, long steps) {
        return new LinearSchedule(arguments.learningRate(), (long) Math.ceil(arguments.warmupRatio() * steps), steps);
    }

    /**
     * The rate of one step.
     *
     * @param step from 0
     */
    double at(long step) {
        if (step < warmupSteps) {
            return learningRate * step / warmupSteps;
        }
        return learningRate * Math.max(0, steps - step) / Math.max(1, steps - warmupSteps);
    }
}
