package io.demitasse.train;

import io.demitasse.event.FlightRecorder;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Batch;
import io.demitasse.model.GradientTrace;
import io.demitasse.model.Positions;
import io.demitasse.model.TrainableModel;
import io.demitasse.model.Trace;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** The loop of a training: steps, and now and then an evaluation and a checkpoint. */
final class TrainingRun {

    /**
     * Evaluate at least this many tokens in a pass: trainable weights are packed anew for each pass, which a small batch
     * does not repay.
     */
    private static final int EVALUATED_TOKENS = 1024;

    private final TrainingArguments arguments;
    private final Objective objective;
    private final Loss loss;
    private final Comparator<Evaluation> order;
    private final ModelTemplate template;
    private final TrainableModel model;
    private final AdamW optimizer;
    private final Workspace workspace;
    private final OutputFolder folder;
    private final TrainingSettings settings;
    private final TrainerState state;
    private final Advice advice = new Advice();

    /**
     * @param settings what the checkpoints are to say of this training
     * @param state of the training so far, which the model is at
     */
    TrainingRun(TrainingArguments arguments, Objective objective, Loss loss, ModelTemplate template,
                TrainableModel model, AdamW optimizer, Parallel parallel, OutputFolder folder,
                TrainingSettings settings, TrainerState state) {
        Metric best = arguments.metricForBestModel(objective);
        this.arguments = arguments;
        this.objective = objective;
        this.loss = loss;
        this.order = Evaluation.by(best, best == Metric.LOSS ? objective.metrics().get(0) : Metric.LOSS);
        this.template = template;
        this.model = model;
        this.optimizer = optimizer;
        this.workspace = new Workspace(parallel);
        this.folder = folder;
        this.settings = settings;
        this.state = state;
    }

    /** Makes the steps that are left, and writes the model. */
    TrainingResult go(List<TokenizedExample> training, List<TokenizedExample> validation, TrainingLog log,
                      TrainingListener listener) throws IOException {
        BatchOrder order = new BatchOrder(training.size(), arguments.trainBatchSize(), arguments.seed());
        long perEpoch = order.stepsPerEpoch();
        long steps = Math.max(1, (long) Math.ceil(arguments.epochs() * perEpoch));
        LinearSchedule schedule = LinearSchedule.of(arguments, steps);
        TrainingStep step = new TrainingStep(model, optimizer, workspace, loss, arguments.maxGradNorm());
        long evalSteps = arguments.evalSteps() == 0 ? perEpoch : arguments.evalSteps();
        listener.started(state.step, steps, List.copyOf(state.evaluations));
        while (state.step < steps && !isOutOfPatience()) {
            int[] chosen = order.batch(state.step);
            double learningRate = schedule.at(state.step);
            GradientTrace trace = GradientTrace.training(arguments.seed(), state.step);
            List<TokenizedExample> examples = Arrays.stream(chosen).mapToObj(training::get).toList();
            Batch batch = batch(examples);
            FlightRecorder.TrainingStep event = FlightRecorder.trainingStep();
            TrainingStep.Outcome outcome = step.run(batch,
                    examples.stream().map(TokenizedExample::target).toList(), trace, learningRate);
            state.step++;
            event.end(state.step, batch.sequences(), batch.tokens(), outcome.loss());
            StepResult result = new StepResult(state.step, (double) state.step / perEpoch, outcome.loss(),
                    learningRate, outcome.gradientNorm());
            if (!outcome.isFinite()) {
                throw new TrainingException(Advice.diverged(result, arguments.maxGradNorm()));
            }
            state.lossSum += outcome.loss();
            state.lossCount++;
            log.write(result);
            listener.stepped(result);
            boolean evaluates = state.step % evalSteps == 0 || state.step == steps;
            if (evaluates) {
                evaluate(validation, result.epoch(), log, listener, state.step == steps);
            }
            boolean saves = arguments.saveSteps() == 0 ? evaluates : state.step % arguments.saveSteps() == 0;
            if (saves || state.step == steps || isOutOfPatience()) {
                OutputFolder.write(folder.checkpoint(), target -> Checkpoint.write(target, template,
                        model.parameters(), optimizer, state, settings));
            }
        }
        Evaluation last = state.evaluations.get(state.evaluations.size() - 1);
        OutputFolder.write(template.writer(model.parameters(), facts(last)), folder.model());
        return new TrainingResult(state.step, state.step < steps, List.copyOf(state.evaluations), best(),
                folder.model(), folder.best(), folder.plot());
    }

    private boolean isOutOfPatience() {
        return state.outOfPatience(arguments.earlyStoppingPatience(), order);
    }

    private Evaluation best() {
        return Objects.requireNonNull(state.best(order), "there was an evaluation");
    }

    private void evaluate(List<TokenizedExample> validation, double epoch, TrainingLog log, TrainingListener listener,
                          boolean isEnd) throws IOException {
        listener.evaluating();
        Evaluation evaluation = Evaluation.of(measure(validation), state.lossSum / state.lossCount, epoch, state.step);
        if (!Double.isFinite(evaluation.validationLoss())) {
            throw new TrainingException("step " + state.step + ": the validation loss is "
                    + evaluation.validationLoss() + ": take a lower learning rate, or a warm-up");
        }
        state.evaluations.add(evaluation);
        state.lossSum = 0;
        state.lossCount = 0;
        log.write(evaluation);
        if (evaluation.equals(best())) {
            OutputFolder.write(template.writer(model.parameters(), facts(evaluation)), folder.best());
        }
        listener.evaluated(evaluation);
        String line = advice.after(state.evaluations, arguments.learningRate(), isEnd);
        if (line != null) {
            listener.advised(line);
        }
    }

    private Metrics measure(List<TokenizedExample> examples) {
        Metrics metrics = objective.measure(template.labels());
        for (int first = 0; first < examples.size();) {
            int end = first;
            int tokens = 0;
            while (end < examples.size() && (end - first < arguments.evalBatchSize() || tokens < EVALUATED_TOKENS)) {
                tokens += examples.get(end++).inputIds().length;
            }
            List<TokenizedExample> some = examples.subList(first, end);
            long mark = workspace.mark();
            Batch batch = batch(some);
            Positions read = model.positions(batch);
            Matrix outputs = model.forward(batch, workspace, Trace.NONE);   // [rows, labels]
            for (int s = 0; s < some.size(); s++) {
                metrics.add(outputs.copyOfRows(read.start(s), read.count(s)), some.get(s).target());
            }
            workspace.release(mark);
            first = end;
        }
        return metrics;
    }

    private Batch batch(List<TokenizedExample> examples) {
        List<int[]> ids = examples.stream().map(TokenizedExample::inputIds).toList();
        // A DistilBERT has no token types.
        return model.config().shape().typeVocabSize() > 1
                ? Batch.of(ids, examples.stream().map(TokenizedExample::typeIds).toList()) : Batch.of(ids);
    }

    /** What a model's metadata says of how it was made. */
    private Map<String, String> facts(Evaluation evaluation) {
        return Map.of(
                "training", String.format(Locale.ROOT, "%d steps of %d examples, learning rate %s, warm-up %s, weight"
                        + " decay %s, seed %d%s", evaluation.step(), arguments.trainBatchSize(),
                        arguments.learningRate(), arguments.warmupRatio(), arguments.weightDecay(), arguments.seed(),
                        arguments.bf16() ? ", bf16" : ""),
                "validation", String.format(Locale.ROOT, "loss %.4f, %s %.4f", evaluation.validationLoss(),
                        objective.metrics().get(0).title(), evaluation.value(objective.metrics().get(0))));
    }
}
