package io.demitasse.cli;

import io.demitasse.Options;
import io.demitasse.Tokenizers;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Parallel;
import io.demitasse.tokenizer.WordPieceTokenizer;
import io.demitasse.train.Distillation;
import io.demitasse.train.Evaluation;
import io.demitasse.train.Metric;
import io.demitasse.train.Objective;
import io.demitasse.train.TokenizedExample;
import io.demitasse.train.Trainer;
import io.demitasse.train.TrainingArguments;
import io.demitasse.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(description = "Fine-tunes a model on labelled texts, pairs of texts or words.",
        footer = {"", "Files of texts: TSV with the header sentence<TAB>label; .csv with sentence,label; .jsonl with "
            + "an object with \"sentence\" (or \"text\") and \"label\" a line. Labels are names or numbers. Pairs of "
            + "texts have two columns, such as sentence1 and sentence2, or premise and hypothesis. Several labels of a "
            + "text stand with | between them, or in a JSON list. Words with a label each: .jsonl with \"tokens\" and "
            + "\"ner_tags\" a line, or .conll.",
            "", "In the output folder: model.flat (after the last step), best.flat (at the best evaluation), "
            + "checkpoint.flat (to resume from), training-log.jsonl, training.svg."})
final class TrainCommand implements Callable<Integer> {

    @Spec
    CommandSpec spec;

    @Option(names = "--init", paramLabel = "FILE", required = true,
            description = "The flat weight file or Hugging Face folder to begin with, with or without a head.")
    Path init;

    @Option(names = "--train", paramLabel = "FILE", required = true, description = "The texts to learn from.")
    Path train;

    @Option(names = "--validation", paramLabel = "FILE", required = true, description = "The texts to evaluate on.")
    Path validation;

    @Option(names = "--output", paramLabel = "DIR", required = true, description = "The folder to write to.")
    Path output;

    @Option(names = "--labels", paramLabel = "NAME,NAME", split = ",",
            description = "The labels' names by number; by default the head's, or those in the training data "
                    + "where the head has none of them.")
    List<String> labels = List.of();

    @Option(names = "--problem-type", paramLabel = "TYPE",
            description = "single_label_classification, multi_label_classification or regression; by default what the"
                    + " model's config says, else the first.")
    Objective problemType;

    @Option(names = "--resume", description = "Go on from the folder's checkpoint, if it has one.")
    boolean resume;

    @Option(names = "--learning-rate", paramLabel = "X", defaultValue = "1e-5",
            description = "The highest one; it falls linearly to 0. Default: ${DEFAULT-VALUE}.")
    double learningRate;

    @Option(names = "--train-batch-size", paramLabel = "N", defaultValue = "16",
            description = "Texts a step. Default: ${DEFAULT-VALUE}.")
    int trainBatchSize;

    @Option(names = "--eval-batch-size", paramLabel = "N", defaultValue = "8",
            description = "Texts evaluated at once, at least; changes no result. Default: ${DEFAULT-VALUE}.")
    int evalBatchSize;

    @Option(names = "--epochs", paramLabel = "X", defaultValue = "5",
            description = "How often to go through the texts; may be a fraction. Default: ${DEFAULT-VALUE}.")
    double epochs;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "42",
            description = "Of a new head, the order of texts, and dropout. Default: ${DEFAULT-VALUE}.")
    long seed;

    @Option(names = "--weight-decay", paramLabel = "X", defaultValue = "0",
            description = "Of all weights but biases and LayerNorm's. Default: ${DEFAULT-VALUE}.")
    double weightDecay;

    @Option(names = "--warmup-ratio", paramLabel = "X", defaultValue = "0",
            description = "The share of steps in which the learning rate rises. Default: ${DEFAULT-VALUE}.")
    double warmupRatio;

    @Option(names = "--max-grad-norm", paramLabel = "X", defaultValue = "1",
            description = "The norm that gradients are clipped to; 0: none. Default: ${DEFAULT-VALUE}.")
    double maxGradNorm;

    @Option(names = "--label-smoothing", paramLabel = "X", defaultValue = "0",
            description = "The share of a label that is spread over all. Default: ${DEFAULT-VALUE}.")
    double labelSmoothing;

    @Option(names = "--bf16",
            description = "Multiply in bfloat16 where weights are learnt, for speed; the weights stay float32. Needs the"
                    + " machine kernels and a processor with AVX512_BF16.")
    boolean bf16;

    @Option(names = "--class-weights", paramLabel = "balanced|X,X",
            description = "What a text counts by its label: balanced, for all labels as much, or a number a label.")
    String classWeights;

    @Option(names = "--eval-steps", paramLabel = "N", defaultValue = "0",
            description = "Evaluate every N steps; 0, the default: after each epoch.")
    int evalSteps;

    @Option(names = "--save-steps", paramLabel = "N", defaultValue = "0",
            description = "Write a checkpoint every N steps; 0, the default: after each evaluation.")
    int saveSteps;

    @Option(names = "--early-stopping-patience", paramLabel = "N", defaultValue = "0",
            description = "Stop when N evaluations in a row were not the best; 0, the default: never.")
    int patience;

    @Option(names = "--metric-for-best-model", paramLabel = "NAME",
            description = "What the best evaluation is best in: loss, accuracy, f1 and so on; by default accuracy,"
                    + " f1_micro of several labels, f1 of words, the loss of a regression.")
    Metric metric;

    @Option(names = "--teacher", paramLabel = "FILE",
            description = "A larger model with the same labels and vocabulary to learn from, beside the labels.")
    Path teacher;

    @Option(names = "--temperature", paramLabel = "X", defaultValue = "2",
            description = "What the teacher's logits are divided by. Default: ${DEFAULT-VALUE}.")
    double temperature;

    @Option(names = "--distillation-weight", paramLabel = "X", defaultValue = "0.5",
            description = "The teacher's share of the loss; the labels have the rest. Default: ${DEFAULT-VALUE}.")
    double distillationWeight;

    @Mixin
    ComputeOptions compute;

    @Override
    public Integer call() throws IOException {
        TrainingArguments arguments = arguments();
        Distillation distillation = distillation();
        Options options = compute.options();
        Trainer.checkUnused(output, resume, Stream.of(init, train, validation, teacher)
                .filter(file -> file != null).toArray(Path[]::new));
        Kernels kernels = kernels(options);
        WordPieceTokenizer tokenizer = tokenizer();
        TrainingData data = TrainingData.read(init, train, validation, problemType, labels, tokenizer);
        data.messages().forEach(this::tell);
        tell(String.format(Locale.ROOT, "%,d training and %,d validation texts, %s%s %s, %s kernels%s, %d thread%s",
                data.training().size(), data.validation().size(),
                data.objective() == Objective.SINGLE_LABEL_CLASSIFICATION ? "" : data.objective().title() + ", ",
                data.objective() == Objective.REGRESSION ? "numbers" : "labels", data.labels(), kernels.name(),
                bf16 ? " in bfloat16" : "", options.threads(), options.threads() == 1 ? "" : "s"));
        TrainingResult result;
        try (Parallel parallel = new Parallel(options.threads())) {
            Trainer trainer = new Trainer(init, data.labels(), arguments, kernels, parallel)
                    .withObjective(data.objective());
            if (classWeights != null) {
                trainer = trainer.withClassWeights(data.classWeights(classWeights));
            }
            trainer = distillation == null ? trainer : trainer.withDistillation(distillation);
            trainer.check();
            List<TokenizedExample> training = teacher == null ? data.training()
                    : Teacher.asked(teacher, init, data.labels(), data.training(), options);
            try (Output table = new Output();
                    TrainingTable listener = new TrainingTable(table, this::tell, data.objective().metrics().get(0))) {
                result = trainer.train(training, data.validation(), output, resume, listener);
            }
        }
        tell(result);
        return 0;
    }

    /** What does not work here is so refused before anything is read. */
    private Kernels kernels(Options options) {
        Kernels kernels = KernelChoice.choose(options.kernels());
        return bf16 ? kernels.bf16() : kernels;
    }

    private WordPieceTokenizer tokenizer() {
        try (FlatFile file = ModelFiles.open(init)) {
            if (!file.has(FlatFile.VOCABULARY)) {
                throw new ModelFormatException(init, "it has no vocabulary, so it cannot be trained on texts");
            }
        }
        return Tokenizers.load(init);
    }

    private TrainingArguments arguments() {
        try {
            return TrainingArguments.builder().learningRate(learningRate).trainBatchSize(trainBatchSize)
                    .evalBatchSize(evalBatchSize).epochs(epochs).seed(seed).weightDecay(weightDecay)
                    .warmupRatio(warmupRatio).maxGradNorm(maxGradNorm).labelSmoothing(labelSmoothing)
                    .bf16(bf16).evalSteps(evalSteps).saveSteps(saveSteps).earlyStoppingPatience(patience)
                    .metricForBestModel(metric).build();
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Distillation distillation() {
        try {
            return teacher == null ? null : new Distillation(temperature, distillationWeight);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void tell(TrainingResult result) {
        Evaluation best = result.best();
        if (result.stoppedEarly()) {
            tell("stopped early: " + patience + " evaluations in a row were no better than the best");
        }
        StringBuilder measured = new StringBuilder();
        best.metrics().forEach((name, value) -> {
            measured.append(String.format(Locale.ROOT, ", %s %.4f", name.title(), value));
            if (measured.indexOf("loss") < 0) {
                measured.append(String.format(Locale.ROOT, ", validation loss %.4f", best.validationLoss()));
            }
        });
        tell("best: step " + best.step() + measured + ": " + result.bestModel());
        tell("last: step " + result.steps() + ": " + result.model() + "; curves: " + result.plot());
    }

    private void tell(String line) {
        spec.commandLine().getErr().println(line);
    }
}
