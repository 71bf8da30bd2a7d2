package io.demitasse.train;

import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Batch;
import io.demitasse.model.GradientTrace;
import io.demitasse.model.TrainableModel;
import java.util.List;

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
    private final Loss loss;
    private final double maxGradNorm;

    /**
     * @param model whose head reads the first token of a sequence, or all
     * @param maxGradNorm what the norm of all gradients is clipped to; 0 clips nothing
     */
    public TrainingStep(TrainableModel model, AdamW optimizer, Workspace workspace, Loss loss, double maxGradNorm) {
        this.model = model;
        this.optimizer = optimizer;
        this.workspace = workspace;
        this.loss = loss;
        this.maxGradNorm = maxGradNorm;
    }

    /**
     * Makes a step; where loss or gradient is not finite, leaves the values as they are.
     *
     * @param targets one for each of the batch's sequences, of the kind that the loss learns from
     * @throws IllegalArgumentException if a target does not fit the loss or the model, or a sequence the model
     */
    public Outcome run(Batch batch, List<? extends Target> targets, GradientTrace trace, double learningRate) {
        if (targets.size() != batch.sequences()) {
            throw new IllegalArgumentException("there are " + targets.size() + " targets for " + batch.sequences()
                    + " sequences");
        }
        long mark = workspace.mark();
        Matrix outputs = model.forward(batch, workspace, trace);                    // [rows, columns]
        Matrix gradient = workspace.matrix(outputs.rows(), outputs.columns());      // [rows, columns]
        double value = loss.loss(outputs, batch, targets, gradient);
        model.backward(gradient, batch, workspace, trace);
        workspace.release(mark);
        Outcome outcome = new Outcome(value, optimizer.gradientNorm());
        if (outcome.isFinite()) {
            optimizer.step(learningRate, AdamW.clip(outcome.gradientNorm, maxGradNorm));
        }
        model.zeroGradients();
        return outcome;
    }
}
