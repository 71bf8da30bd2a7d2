package io.demitasse.train;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.TensorInfo;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Parallel;
import io.demitasse.model.Architecture;
import io.demitasse.model.HeadSpec;
import io.demitasse.model.ModelConfig;
import io.demitasse.model.TrainableModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Fine-tunes a classifier, as Hugging Face's Trainer does. Killed at any moment and resumed, or with another number of
 * threads, a training ends with the same weights, byte for byte. For a model of 67 million parameters it takes 1.3 GB
 * for weights, gradients and the optimiser's moments, and what the passes of a batch take.
 *
 * <pre>{@code
 * List<Example> examples = Dataset.read(Path.of("train.tsv"), labels);
 * WordPieceTokenizer tokenizer = Tokenizers.load(init);
 * try (Parallel parallel = new Parallel(2)) {
 *     Trainer trainer = new Trainer(init, labels, TrainingArguments.defaults().withEpochs(3),
 *             KernelChoice.choose("auto"), parallel);
 *     TrainingResult result = trainer.train(TokenizedExample.of(examples, tokenizer),
 *             validation, Path.of("output"), false, TrainingListener.NONE);
 * }
 * }</pre>
 */
public final class Trainer {

    private final Path init;
    private final List<String> labels;
    private final TrainingArguments arguments;
    private final @Nullable Distillation distillation;
    private final Kernels kernels;
    private final Parallel parallel;

    /**
     * @param init the flat file to begin with; layers of its head that fit as many labels are kept, and
     *     the others drawn
     * @param labels at least 2, by number
     * @param parallel the threads to train on
     * @throws IllegalArgumentException if there are too few labels, or two are equal
     */
    public Trainer(Path init, List<String> labels, TrainingArguments arguments, Kernels kernels, Parallel parallel) {
        this(init, labels, arguments, null, kernels, parallel);
    }

    /**
     * With a teacher, whose logits the training examples have.
     *
     * @param distillation how much to learn from it; null for nothing
     */
    public Trainer(Path init, List<String> labels, TrainingArguments arguments, @Nullable Distillation distillation,
                   Kernels kernels, Parallel parallel) {
        if (labels.size() < 2 || labels.stream().distinct().count() != labels.size()) {
            throw new IllegalArgumentException("at least 2 different labels are needed, not " + labels);
        }
        this.init = init;
        this.labels = List.copyOf(labels);
        this.arguments = arguments;
        this.distillation = distillation;
        this.kernels = kernels;
        this.parallel = parallel;
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
        check(training, "training");
        check(validation, "validation");
        if (distillation != null) {
            checkTeacher(training);
        }
        try (FlatFile file = ModelFiles.open(init)) {
            checkUnused(output, resume, init);
            OutputFolder folder = new OutputFolder(output);
            try (TrainingLog log = TrainingLog.open(folder.log())) {
                folder.deleteLeftovers();
                TrainingRun run = begin(file, folder, settings(file, training, validation), log);
                TrainingResult result = run.go(training, validation, log, listener);
                folder.plot(TrainingPlot.svg(folder.log()));
                return result;
            }
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

    private void check(List<TokenizedExample> examples, String what) {
        if (examples.isEmpty()) {
            throw new IllegalArgumentException("there are no " + what + " examples");
        }
        for (TokenizedExample example : examples) {
            int label = label(example);
            if (label < 0 || label >= labels.size()) {
                throw new IllegalArgumentException("a " + what + " example has the label " + label
                        + ", but there are " + labels.size() + " labels");
            }
        }
    }

    private static int label(TokenizedExample example) {
        return example.target() instanceof Target.Taught taught ? taught.label().label()
                : Loss.as(Target.Label.class, example.target()).label();
    }

    private void checkTeacher(List<TokenizedExample> training) {
        for (TokenizedExample example : training) {
            if (!(example.target() instanceof Target.Taught taught) || taught.teacherLogits().length != labels.size()) {
                throw new IllegalArgumentException("a training example has not a teacher's " + labels.size()
                        + " logits");
            }
        }
    }

    /** What must be the same for a checkpoint to go on from. The number of threads is not among it. */
    private JsonObject settings(FlatFile file, List<TokenizedExample> training, List<TokenizedExample> validation) {
        JsonObject settings = new JsonObject();
        new Gson().toJsonTree(arguments).getAsJsonObject().asMap().forEach((name, value) ->
                settings.add(name.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT), value));
        settings.addProperty("distillation", String.valueOf(distillation));
        settings.addProperty("labels", labels.toString());
        settings.addProperty("kernels", kernels.name());
        settings.addProperty("starting weights", fingerprint(file));
        settings.addProperty("training data", fingerprint(training));
        settings.addProperty("validation data", fingerprint(validation));
        return settings;
    }

    private static String fingerprint(FlatFile file) {
        MessageDigest digest = sha256();
        for (TensorInfo tensor : file.tensors()) {
            digest.update((tensor.name() + " " + tensor.shape() + " " + tensor.crc32() + "\n")
                    .getBytes(StandardCharsets.UTF_8));
        }
        return hex(digest);
    }

    private static String fingerprint(List<TokenizedExample> examples) {
        MessageDigest digest = sha256();
        for (TokenizedExample example : examples) {
            int[] ids = example.inputIds();
            float[] teacher = example.target() instanceof Target.Taught taught ? taught.teacherLogits() : new float[0];
            ByteBuffer bytes = ByteBuffer.allocate(4 * (ids.length + teacher.length + 2));
            bytes.asIntBuffer().put(label(example)).put(ids.length).put(ids);
            bytes.position(4 * (ids.length + 2)).asFloatBuffer().put(teacher);
            digest.update(bytes.array());
        }
        return hex(digest);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest(), 0, 8);
    }

    private TrainingRun begin(FlatFile file, OutputFolder folder, JsonObject settings, TrainingLog log)
            throws IOException {
        if (!Files.exists(folder.checkpoint())) {
            log.keepUntil(0);
            file.verify();
            TrainableModel model = TrainableModel.loadOrDraw(file, head(file), arguments.seed(), kernels);
            return run(file, model, optimizer(model), folder, settings, new TrainerState());
        }
        try (FlatFile checkpoint = FlatFile.open(folder.checkpoint())) {
            TrainerState state = Checkpoint.read(checkpoint, settings);
            if (!state.evaluations.isEmpty() && !Files.exists(folder.best())) {
                throw new IllegalArgumentException(folder.best() + " is missing, which belongs to "
                        + folder.checkpoint() + ": put it back, or begin anew with another output folder");
            }
            TrainableModel model = TrainableModel.load(checkpoint, head(checkpoint), kernels);
            AdamW optimizer = optimizer(model);
            optimizer.restore(state.step, parameter -> Checkpoint.moments(checkpoint, parameter));
            log.keepUntil(state.step);
            return run(file, model, optimizer, folder, settings, state);
        }
    }

    private HeadSpec head(FlatFile file) {
        return Architecture.SEQUENCE_CLASSIFICATION.head(ModelConfig.of(file), labels.size());
    }

    private AdamW optimizer(TrainableModel model) {
        return new AdamW(model.parameters(), arguments.weightDecay(), AdamW::matrices, parallel);
    }

    private TrainingRun run(FlatFile file, TrainableModel model, AdamW optimizer, OutputFolder folder,
                            JsonObject settings, TrainerState state) {
        return new TrainingRun(arguments, distillation, ModelTemplate.of(file, labels), model, optimizer, parallel,
                folder, settings, state);
    }
}
