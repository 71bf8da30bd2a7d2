package io.demitasse.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.demitasse.file.FlatFile;
import io.demitasse.file.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What must be the same for a checkpoint to go on from. The number of threads is not among it. A setting that an older
 * checkpoint does not have was what its time had.
 */
final class TrainingSettings {

    private static final String OBJECTIVE = "objective";
    private static final String CLASS_WEIGHTS = "class weights";
    private static final String BF16 = "bf16";

    /** What settings were before checkpoints said so. */
    private static final Map<String, JsonElement> EARLIER = Map.of(
            OBJECTIVE, text(Objective.SINGLE_LABEL_CLASSIFICATION.title()),
            CLASS_WEIGHTS, text("none"),
            BF16, new JsonPrimitive(false));

    private final JsonObject json = new JsonObject();

    /** Of a training that is to begin or to go on. */
    TrainingSettings(Objective objective, TrainingArguments arguments, @Nullable Distillation distillation,
                     float @Nullable [] classWeights, List<String> labels, String kernels) {
        json.addProperty(OBJECTIVE, objective.title());
        json.addProperty("learning rate", arguments.learningRate());
        json.addProperty("train batch size", arguments.trainBatchSize());
        json.addProperty("eval batch size", arguments.evalBatchSize());
        json.addProperty("epochs", arguments.epochs());
        json.addProperty("seed", arguments.seed());
        json.addProperty("weight decay", arguments.weightDecay());
        json.addProperty("warmup ratio", arguments.warmupRatio());
        json.addProperty("max grad norm", arguments.maxGradNorm());
        json.addProperty("label smoothing", arguments.labelSmoothing());
        json.addProperty(BF16, arguments.bf16());
        json.addProperty("eval steps", arguments.evalSteps());
        json.addProperty("save steps", arguments.saveSteps());
        json.addProperty("early stopping patience", arguments.earlyStoppingPatience());
        json.addProperty("metric for best model", arguments.metricForBestModel(objective).name());
        json.addProperty("distillation", String.valueOf(distillation));
        json.add(CLASS_WEIGHTS, classWeights == null ? text("none") : numbers(classWeights));
        json.addProperty("labels", labels.toString());
        json.addProperty("kernels", kernels);
    }

    private static JsonElement text(String text) {
        return new JsonPrimitive(text);
    }

    private static JsonArray numbers(float[] values) {
        JsonArray array = new JsonArray();
        for (float value : values) {
            array.add(value);
        }
        return array;
    }

    /** Adds what is trained, and on what. */
    TrainingSettings of(FlatFile init, List<TokenizedExample> training, List<TokenizedExample> validation) {
        json.addProperty("starting weights", fingerprint(init));
        json.addProperty("training data", fingerprint(training));
        json.addProperty("validation data", fingerprint(validation));
        return this;
    }

    @Override
    public String toString() {
        return json.toString();
    }

    /**
     * Compares with what a checkpoint has.
     *
     * @throws IllegalArgumentException if a setting is not the same; the message names it
     */
    void checkSame(Path file, JsonObject saved) {
        for (Map.Entry<String, JsonElement> setting : json.entrySet()) {
            String name = setting.getKey();
            JsonElement before = saved.has(name) ? saved.get(name) : EARLIER.get(name);
            // As texts: a number that was read is not of the class of one that was not.
            if (!setting.getValue().toString().equals(String.valueOf(before))) {
                throw new IllegalArgumentException(file + ": the training it belongs to has " + name + " " + before
                        + ", this one " + setting.getValue() + ": go on with the same, or begin anew with another"
                        + " output folder");
            }
        }
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
            Target target = example.target() instanceof Target.Taught taught ? taught.label() : example.target();
            if (target instanceof Target.Label label) {
                update(digest, label.label());
            }
            update(digest, example.inputIds().length);
            update(digest, example.inputIds());
            update(digest, example.typeIds());
            if (target instanceof Target.TokenLabels tokens) {
                update(digest, tokens.labels());
            } else if (target instanceof Target.Numbers numbers) {
                update(digest, numbers.values());
            } else if (target instanceof Target.Span span) {
                update(digest, span.start(), span.end());
            }
            if (example.target() instanceof Target.Taught taught) {
                update(digest, taught.teacherLogits());
            }
        }
        return hex(digest);
    }

    private static void update(MessageDigest digest, int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        bytes.asIntBuffer().put(values);
        digest.update(bytes.array());
    }

    private static void update(MessageDigest digest, float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length);
        bytes.asFloatBuffer().put(values);
        digest.update(bytes.array());
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
}
