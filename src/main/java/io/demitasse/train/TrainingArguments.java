package io.demitasse.train;

import java.util.Locale;
import java.util.Objects;
import java.util.function.DoublePredicate;
import org.jspecify.annotations.Nullable;

/**
 * How a model is fine-tuned: Hugging Face's TrainingArguments, with the same meanings. Optimiser and dropout are not
 * among them: AdamW with betas 0.9 and 0.999 and epsilon 1e-8, and the dropout of the model's config. Immutable.
 *
 * <pre>{@code
 * TrainingArguments.builder().learningRate(2e-5).epochs(3).warmupRatio(0.1).build()
 * }</pre>
 */
public final class TrainingArguments {

    private final Builder values;

    private TrainingArguments(Builder values) {
        this.values = values;
    }

    /** Learning rate 1e-5, batches of 16, five epochs, seed 42, clipping at 1; an evaluation after each epoch. */
    public static TrainingArguments defaults() {
        return builder().build();
    }

    /** A builder that has the {@link #defaults()}. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that has these arguments. */
    public Builder toBuilder() {
        return values.copy();
    }

    /** See {@link Builder#learningRate}. */
    public double learningRate() {
        return values.learningRate;
    }

    /** See {@link Builder#trainBatchSize}. */
    public int trainBatchSize() {
        return values.trainBatchSize;
    }

    /** See {@link Builder#evalBatchSize}. */
    public int evalBatchSize() {
        return values.evalBatchSize;
    }

    /** See {@link Builder#epochs}. */
    public double epochs() {
        return values.epochs;
    }

    /** See {@link Builder#seed}. */
    public long seed() {
        return values.seed;
    }

    /** See {@link Builder#weightDecay}. */
    public double weightDecay() {
        return values.weightDecay;
    }

    /** See {@link Builder#warmupRatio}. */
    public double warmupRatio() {
        return values.warmupRatio;
    }

    /** See {@link Builder#maxGradNorm}. */
    public double maxGradNorm() {
        return values.maxGradNorm;
    }

    /** See {@link Builder#labelSmoothing}. */
    public double labelSmoothing() {
        return values.labelSmoothing;
    }

    /** See {@link Builder#bf16}. */
    public boolean bf16() {
        return values.bf16;
    }

    /** See {@link Builder#evalSteps}. */
    public int evalSteps() {
        return values.evalSteps;
    }

    /** See {@link Builder#saveSteps}. */
    public int saveSteps() {
        return values.saveSteps;
    }

    /** See {@link Builder#earlyStoppingPatience}. */
    public int earlyStoppingPatience() {
        return values.earlyStoppingPatience;
    }

    /** See {@link Builder#metricForBestModel}; null if the objective's own is taken. */
    public @Nullable Metric metricForBestModel() {
        return values.metricForBestModel;
    }

    /** Collects arguments; what is not set has its default. */
    public static final class Builder {

        private double learningRate = 1e-5;
        private int trainBatchSize = 16;
        private int evalBatchSize = 8;
        private double epochs = 5;
        private long seed = 42;
        private double weightDecay;
        private double warmupRatio;
        private double maxGradNorm = 1;
        private double labelSmoothing;
        private boolean bf16;
        private int evalSteps;
        private int saveSteps;
        private int earlyStoppingPatience;
        private @Nullable Metric metricForBestModel;

        private Builder() {
        }

        /** The schedule's peak. */
        public Builder learningRate(double value) {
            learningRate = value;
            return this;
        }

        /** Examples a step; an epoch's last batch may be smaller. */
        public Builder trainBatchSize(int value) {
            trainBatchSize = value;
            return this;
        }

        /** Examples that are evaluated at once, at least; changes no result. */
        public Builder evalBatchSize(int value) {
            evalBatchSize = value;
            return this;
        }

        /** How often the data is gone through; 0.5 is half of it. */
        public Builder epochs(double value) {
            epochs = value;
            return this;
        }

        /** Of the head's weights, the order of examples, and dropout. */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /** Decoupled from the gradient, for all weights but biases and LayerNorm's. */
        public Builder weightDecay(double value) {
            weightDecay = value;
            return this;
        }

        /** The share of all steps in which the learning rate rises. */
        public Builder warmupRatio(double value) {
            warmupRatio = value;
            return this;
        }

        /** What the gradient's global norm is clipped to; 0 clips nothing. */
        public Builder maxGradNorm(double value) {
            maxGradNorm = value;
            return this;
        }

        /** The share of each label's probability that is spread over all labels. */
        public Builder labelSmoothing(double value) {
            labelSmoothing = value;
            return this;
        }

        /**
         * Whether linear layers multiply in bfloat16, in training and in evaluations; weights, their gradients, sums and all
         * else are float32. It is faster where it works: with the machine kernels, on a processor with AVX512_BF16.
         */
        public Builder bf16(boolean value) {
            bf16 = value;
            return this;
        }

        /** How many steps apart evaluations are; 0: at the end of each epoch. */
        public Builder evalSteps(int value) {
            evalSteps = value;
            return this;
        }

        /** How many steps apart checkpoints are; 0: after each evaluation. */
        public Builder saveSteps(int value) {
            saveSteps = value;
            return this;
        }

        /** After how many evaluations in a row without a better one to stop; 0: never. */
        public Builder earlyStoppingPatience(int value) {
            earlyStoppingPatience = value;
            return this;
        }

        /**
         * What the best evaluation is best in; where it is equal, the loss decides, or, where it is the loss, what the
         * objective measures first. Not set or null, {@link Objective#metricForBestModel}.
         */
        public Builder metricForBestModel(@Nullable Metric value) {
            metricForBestModel = value;
            return this;
        }

        /** Throws IllegalArgumentException if a value is out of its range. */
        public TrainingArguments build() {
            check("learning rate", learningRate, "a number above 0", x -> x > 0);
            check("train batch size", trainBatchSize, "at least 1", x -> x >= 1);
            check("eval batch size", evalBatchSize, "at least 1", x -> x >= 1);
            check("epochs", epochs, "a number above 0", x -> x > 0);
            check("weight decay", weightDecay, "a number from 0 up", x -> x >= 0);
            check("warmup ratio", warmupRatio, "from 0 to 1", x -> x >= 0 && x <= 1);
            check("max grad norm", maxGradNorm, "a number from 0 up", x -> x >= 0);
            check("label smoothing", labelSmoothing, "from 0 to below 1", x -> x >= 0 && x < 1);
            check("eval steps", evalSteps, "at least 0", x -> x >= 0);
            check("save steps", saveSteps, "at least 0", x -> x >= 0);
            check("early stopping patience", earlyStoppingPatience, "at least 0", x -> x >= 0);
            return new TrainingArguments(copy());
        }

        private static void check(String name, double value, String range, DoublePredicate inRange) {
            if (!Double.isFinite(value) || !inRange.test(value)) {
                throw new IllegalArgumentException(String.format(Locale.ROOT, "%s must be %s, not %s", name, range,
                        value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value)));
            }
        }

        private Builder copy() {
            return new Builder().learningRate(learningRate).trainBatchSize(trainBatchSize)
                    .evalBatchSize(evalBatchSize).epochs(epochs).seed(seed).weightDecay(weightDecay)
                    .warmupRatio(warmupRatio).maxGradNorm(maxGradNorm).labelSmoothing(labelSmoothing)
                    .bf16(bf16).evalSteps(evalSteps).saveSteps(saveSteps).earlyStoppingPatience(earlyStoppingPatience)
                    .metricForBestModel(metricForBestModel);
        }
    }

    /** The metric for the best model, the objective's own where nobody chose. */
    Metric metricForBestModel(Objective objective) {
        return Objects.requireNonNullElse(values.metricForBestModel, objective.metricForBestModel());
    }
}
