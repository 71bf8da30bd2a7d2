package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Batch;
import io.demitasse.model.GradientTrace;
import io.demitasse.model.TrainableModel;
import org.jspecify.annotations.Nullable;

/** One step of training: forward, loss, backward, clipping, update. {@link Trainer} makes its steps with it. */
public final class TrainingStep {

    /**
     * @param loss the mean over the batch, before the update
     * @param gradientNorm before clipping
     */
    public record Outcome(double loss, double gradientNorm) {

        boolean isFinite() {
            return Double.isFinite(loss) && Double.isFinite(gradientNorm);
        }
    }

    private final TrainableModel model;
    private final AdamW optimizer;
    private final Workspace workspace;
    private final double labelSmoothing;
    private final double maxGradNorm;
    private final @Nullable Distillation distillation;

    /**
     * @param labelSmoothing 0 for none
     * @param maxGradNorm what the norm of all gradients is clipped to; 0 clips nothing
     * @param distillation null without a teacher
     */
    public TrainingStep(TrainableModel model, AdamW optimizer, Workspace workspace, double labelSmoothing,
                        double maxGradNorm, @Nullable Distillation distillation) {
        this.model = model;
        this.optimizer = optimizer;
        this.workspace = workspace;
        this.labelSmoothing = labelSmoothing;
        this.maxGradNorm = maxGradNorm;
        this.distillation = distillation;
    }

    /**
     * Makes a step; where loss or gradient is not finite, leaves the values as they are.
     *
     * @param labels {@code [sequences]}
     * @param teacher a teacher's logits, {@code [sequences][labels]}; null without one
     */
    public Outcome run(Batch batch, int[] labels, float @Nullable [][] teacher, GradientTrace trace,
                       double learningRate) {
        long mark = workspace.mark();
        Matrix logits = model.forward(batch, workspace, trace);                     // [sequences, labels]
        Matrix gradient = workspace.matrix(logits.rows(), logits.columns());        // [sequences, labels]
        double loss = CrossEntropy.loss(logits, labels, labelSmoothing, gradient);
        if (distillation != null && teacher != null) {
            loss = distillation.loss(logits, teacher, loss, gradient);
        }
        model.backward(gradient, batch, workspace, trace);
        workspace.release(mark);
        Outcome outcome = new Outcome(loss, optimizer.gradientNorm());
        if (outcome.isFinite()) {
            optimizer.step(learningRate, AdamW.clip(outcome.gradientNorm, maxGradNorm));
        }
        model.zeroGradients();
        return outcome;
    }
}
