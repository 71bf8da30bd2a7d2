package io.demitasse.cli;

import io.demitasse.train.Evaluation;
import io.demitasse.train.Metric;
import io.demitasse.train.StepResult;
import io.demitasse.train.TrainingListener;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Shows a training: its evaluations as a table that grows on stdout, the steps between as a bar on stderr. */
final class TrainingTable implements TrainingListener, AutoCloseable {

    private final Output output;
    private final Consumer<String> messages;
    private final Metric metric;
    private final int width;
    private Progress progress;
    private long steps;
    /** Smoothed over some ten steps, since single batches say little. */
    private double loss = Double.NaN;

    /** @param metric what is shown beside the losses */
    TrainingTable(Output output, Consumer<String> messages, Metric metric) {
        this.output = output;
        this.messages = messages;
        this.metric = metric;
        this.width = Math.max("accuracy".length(), metric.title().length());
    }

    @Override
    public void started(long step, long steps, List<Evaluation> evaluations) {
        if (step > 0) {
            messages.accept("resumed after step " + step + " of " + steps);
        }
        output.line("| training loss | epoch |   step | validation loss | "
                + " ".repeat(width - metric.title().length()) + metric.title() + " |");
        output.line("| ------------: | ----: | -----: | --------------: | " + "-".repeat(width - 1) + ": |");
        evaluations.forEach(this::print);
        output.flush();
        this.steps = steps;
        progress = Progress.open("training", step, steps);
    }

    @Override
    public void stepped(StepResult result) {
        loss = Double.isNaN(loss) ? result.loss() : 0.9 * loss + 0.1 * result.loss();
        progress.step(1);
        progress.message(String.format(Locale.ROOT, "loss %.4f", loss));
    }

    @Override
    public void evaluating() {
        progress.message("evaluating");
    }

    @Override
    public void evaluated(Evaluation evaluation) {
        if (evaluation.step() == steps) {
            progress.close();
        }
        progress.above(() -> {
            print(evaluation);
            output.flush();
        });
    }

    private void print(Evaluation evaluation) {
        output.line(String.format(Locale.ROOT, "| %13.4f | %5.2f | %6d | %15.4f | %" + width + ".4f |",
                evaluation.trainingLoss(), evaluation.epoch(), evaluation.step(), evaluation.validationLoss(),
                evaluation.value(metric)));
    }

    @Override
    public void advised(String advice) {
        progress.above(() -> messages.accept("advice: " + advice));
    }

    @Override
    public void close() {
        if (progress != null) {
            progress.close();
        }
    }
}
