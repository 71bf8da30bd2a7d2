/**
 * Fine-tuning: labelled data, {@link io.demitasse.train.Trainer} with its optimiser, schedule and checkpoints, and
 * metrics of how well a model fits. To follow a training, read {@code TrainingRun.go} and {@code TrainingStep.run}.
 */
@NullMarked
package io.demitasse.train;

import org.jspecify.annotations.NullMarked;
