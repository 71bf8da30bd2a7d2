package io.demitasse.train;

import java.nio.file.Path;
import java.util.List;

/**
 * What came of a training.
 *
 * @param steps steps made, those before a resumption included
 * @param stoppedEarly whether there were to be more
 * @param evaluations all of them, in order
 * @param best the best of them
 * @param model the file with the last step's weights
 * @param bestModel the file with the best evaluation's weights
 * @param plot the file with the curves
 */
public record TrainingResult(long steps, boolean stoppedEarly, List<Evaluation> evaluations, Evaluation best,
                             Path model, Path bestModel, Path plot) {
}
