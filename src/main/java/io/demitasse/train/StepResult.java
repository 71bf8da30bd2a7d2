package io.demitasse.train;

/**
 * One training step.
 *
 * @param step its number, from 1
 * @param epoch how often the data has been gone through after it
 * @param loss the batch's mean loss before the step
 * @param learningRate the step's
 * @param gradientNorm before clipping
 */
public record StepResult(long step, double epoch, double loss, double learningRate, double gradientNorm) {
}
