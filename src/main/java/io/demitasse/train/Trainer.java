package io.demitasse.train;

import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Parallel;
import io.demitasse.model.HeadSpec;
import io.demitasse.model.ModelConfig;
import io.demitasse.model.TrainableModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Fine-tunes a model, as Hugging Face's Trainer does. Killed at any moment and resumed, or with another number of
 * threads, a training ends with the same weights, byte for byte. For a model of 67 million parameters it takes 1.3 GB
 * for weights, gradients and the optimiser's moments, and what the passes of a batch take. Immutable.
 *
 * <pre>{@code
 * WordPieceTokenizer tokenizer = Tokenizers.load(init);
 * try (Parallel parallel = new Parallel(2)) {
 *     TrainingResult result = new Trainer(init, labels, TrainingArguments.builder().epochs(3).build(),
 *             KernelChoice.choose("auto"), parallel)
 *             .train(TokenizedExample.of(Dataset.read(Path.of("train.tsv"), labels), tokenizer),
 *                     TokenizedExample.of(Dataset.read(Path.of("dev.tsv"), labels), tokenizer),
 *                     Path.of("output"), false, TrainingListener.NONE);
 * }
 * }</pre>
 */
public final class Trainer {

    private final Path init;
    private final List<String> labels;
    private final TrainingArguments arguments;
    private final @Nullable Objective objective;
    private final @Nullable Distillation distillation;
    private final float @Nullable [] classWeights;
    private final Kernels kernels;
    private final Parallel parallel;

    /**
     * A trainer for what the model's own config says, see {@link Objective#of}.
     *
     * @param init the flat file or Hugging Face folder to begin with; layers of its head that fit as many labels are
     *     kept, such as a BERT's pooler, and the others drawn
     * @param labels by number; of a regression, the names of its numbers
     * @param parallel the threads to train on
     * @throws IllegalArgumentException if there are no labels, two are equal, or bfloat16 is asked for that the kernels do
     *     not have here
     */
    public Trainer(Path init, List<String> labels, TrainingArguments arguments, Kernels kernels, Parallel parallel) {
        this(init, labels, arguments, null, null, null, arguments.bf16() ? kernels.bf16() : kernels, parallel);
    }

    private Trainer(Path init, List<String> labels, TrainingArguments arguments, @Nullable Objective objective,
                    @Nullable Distillation distillation, float @Nullable [] classWeights, Kernels kernels,
                    Parallel parallel) {
        if (labels.isEmpty() || labels.stream().distinct().count() != labels.size()) {
            throw new IllegalArgumentException("different labels are needed, not " + labels);
        }
        this.init = init;
        this.labels = List.copyOf(labels);
        this.arguments = arguments;
        this.objective = objective;
        this.distillation = distillation;
        this.classWeights = classWeights;
        this.kernels = kernels;
        this.parallel = parallel;
    }

    /** The same for something else than what the model's config says. */
    public Trainer withObjective(Objective other) {
        return new Trainer(init, labels, arguments, other, distillation, classWeights, kernels, parallel);
    }

    /** The same with a teacher, whose logits the training examples have as {@link Target.Taught}. */
    public Trainer withDistillation(Distillation other) {
        return new Trainer(init, labels, arguments, objective, other, classWeights, kernels, parallel);
    }

    /**
     * The same with labels that weigh differently: PyTorch's {@code CrossEntropyLoss(weight=...)}.
     *
     * @param weights {@code [labels]}, not negative and not all 0
     * @throws IllegalArgumentException if there are not as many as labels, or one is not such a number
     */
    public Trainer withClassWeights(float... weights) {
        float sum = 0;
        for (float weight : weights) {
            sum += weight >= 0 ? weight : Float.NaN;
        }
        if (weights.length != labels.size() || !(sum > 0) || Float.isInfinite(sum)) {
            throw new IllegalArgumentException("class weights must be " + labels.size() + " numbers from 0 up, one a"
                    + " label, not " + Arrays.toString(weights));
        }
        return new Trainer(init, labels, arguments, objective, distillation, weights.clone(), kernels, parallel);
    }

    /**
     * Trains, and writes to a folder: the last and the best model, a checkpoint to resume from, a log and a plot.
     *
     * @param validation what evaluations are made on
     * @param output the folder; made if it is not there
     * @param resume whether to go on from the folder's checkpoint, if it has one; otherwise the folder must have none
     * @throws IllegalArgumentException if the data does not fit the model, or a resumed training is not the same one
     * @throws ModelFormatException if the file to begin with, or the checkpoint, cannot be used
     * @throws TrainingException if the training diverges
     * @throws IOException if something cannot be written; the last checkpoint is then intact
     */
    public TrainingResult train(List<TokenizedExample> training, List<TokenizedExample> validation, Path output,
                                boolean resume, TrainingListener listener) throws IOException {
        try (FlatFile file = ModelFiles.open(init)) {
            Objective chosen = objective(file);
            check(chosen);
            check(chosen, file, training, "training");
            check(chosen, file, validation, "validation");
            checkUnused(output, resume, init);
            OutputFolder folder = new OutputFolder(output);
            try (TrainingLog log = TrainingLog.open(folder.log())) {
                folder.deleteLeftovers();
                TrainingSettings settings = new TrainingSettings(chosen, arguments, distillation, classWeights, labels,
                        kernels.name()).of(file, training, validation);
                TrainingRun run = begin(file, chosen, folder, settings, log);
                TrainingResult result = run.go(training, validation, log, listener);
                folder.plot(TrainingPlot.svg(folder.log(), chosen.metrics().get(0)));
                return result;
            }
        }
    }

    private Objective objective(FlatFile file) {
        return objective != null ? objective : Objective.of(ModelConfig.of(file), file.labels().size());
    }

    /**
     * What {@link #train} checks of its arguments, for a caller who has much to do before.
     *
     * @throws IllegalArgumentException if they do not fit the objective or each other
     */
    public void check() {
        try (FlatFile file = ModelFiles.open(init)) {
            check(objective(file));
        }
    }

    /**
     * What {@link #train} checks of its folder first, for a caller who has much to do before.
     *
     * @param inputs files that the training reads
     * @throws IllegalArgumentException if a training has written there that is not to be resumed, or would write over an
     *     input
     */
    public static void checkUnused(Path output, boolean resume, Path... inputs) throws IOException {
        OutputFolder.checkInputs(output, inputs);
        if (!resume && OutputFolder.isUsed(output)) {
            throw new IllegalArgumentException(output + ": a training has written here: resume it, or choose another"
                    + " folder");
        }
    }

    private void check(Objective chosen) {
        boolean exclusive = chosen == Objective.SINGLE_LABEL_CLASSIFICATION
                || chosen == Objective.TOKEN_CLASSIFICATION;
        if (exclusive && labels.size() < 2) {
            throw new IllegalArgumentException("at least 2 different labels are needed, not " + labels);
        }
        Metric metric = arguments.metricForBestModel(chosen);
        if (metric != Metric.LOSS && !chosen.metrics().contains(metric)) {
            throw new IllegalArgumentException("the metric for the best model is " + metric.key() + ", but "
                    + chosen.title() + " has loss, "
                    + chosen.metrics().stream().map(Metric::key).collect(Collectors.joining(", ")));
        }
        chosen.loss(arguments.labelSmoothing(), classWeights, distillation);
    }

    private void check(Objective chosen, FlatFile file, List<TokenizedExample> examples, String what) {
        if (examples.isEmpty()) {
            throw new IllegalArgumentException("there are no " + what + " examples");
        }
        ModelConfig config = ModelConfig.of(file);
        boolean lost = config.isBert() && config.shape().typeVocabSize() == 0;
        for (int i = 0; i < examples.size(); i++) {
            TokenizedExample example = examples.get(i);
            try {
                chosen.check(example, labels.size());
                if (distillation != null && what.equals("training")) {
                    checkTeacher(example);
                }
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(what + " example " + i + ": " + e.getMessage(), e);
            }
            if (lost && Arrays.stream(example.typeIds()).anyMatch(type -> type != 0)) {
                throw new IllegalArgumentException("pairs need token types, and this BERT's file has none"
                        + " (distilbert.embeddings.token_type_embeddings): convert the model again");
            }
        }
    }

    private void checkTeacher(TokenizedExample example) {
        if (!(example.target() instanceof Target.Taught taught) || taught.teacherLogits().length != labels.size()) {
            throw new IllegalArgumentException("it has not a teacher's " + labels.size() + " logits");
        }
    }

    private TrainingRun begin(FlatFile file, Objective chosen, OutputFolder folder, TrainingSettings settings,
                              TrainingLog log) throws IOException {
        if (!Files.exists(folder.checkpoint())) {
            log.keepUntil(0);
            file.verify();
            TrainableModel model = TrainableModel.loadOrDraw(file, head(file, chosen), arguments.seed(), kernels);
            return run(file, chosen, model, optimizer(model), folder, settings, new TrainerState());
        }
        try (FlatFile checkpoint = FlatFile.open(folder.checkpoint())) {
            TrainerState state = Checkpoint.read(checkpoint, settings);
            if (!state.evaluations.isEmpty() && !Files.exists(folder.best())) {
                throw new IllegalArgumentException(folder.best() + " is missing, which belongs to "
                        + folder.checkpoint() + ": put it back, or begin anew with another output folder");
            }
            TrainableModel model = TrainableModel.load(checkpoint, head(checkpoint, chosen), kernels);
            AdamW optimizer = optimizer(model);
            optimizer.restore(state.step, parameter -> Checkpoint.moments(checkpoint, parameter));
            log.keepUntil(state.step);
            return run(file, chosen, model, optimizer, folder, settings, state);
        }
    }

    private HeadSpec head(FlatFile file, Objective chosen) {
        return chosen.architecture().head(ModelConfig.of(file), labels.size());
    }

    private AdamW optimizer(TrainableModel model) {
        return new AdamW(model.parameters(), arguments.weightDecay(), AdamW::matrices, parallel);
    }

    private TrainingRun run(FlatFile file, Objective chosen, TrainableModel model, AdamW optimizer,
                            OutputFolder folder, TrainingSettings settings, TrainerState state) {
        return new TrainingRun(arguments, chosen, chosen.loss(arguments.labelSmoothing(), classWeights, distillation),
                ModelTemplate.of(file, chosen, labels), model, optimizer, parallel, folder, settings, state);
    }
}
