package io.demitasse.train;

import io.demitasse.model.Architecture;
import io.demitasse.model.ModelConfig;
import io.demitasse.model.ProblemType;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a model is trained to do: its head, its loss, what targets look like and what is measured. */
public enum Objective {
    /** One of several labels for a text or a pair. */
    SINGLE_LABEL_CLASSIFICATION(Architecture.SEQUENCE_CLASSIFICATION, ProblemType.SINGLE_LABEL_CLASSIFICATION,
            Target.Label.class, List.of(Metric.ACCURACY, Metric.PRECISION, Metric.RECALL, Metric.F1, Metric.MCC)),
    /** Any number of several labels for a text or a pair. */
    MULTI_LABEL_CLASSIFICATION(Architecture.SEQUENCE_CLASSIFICATION, ProblemType.MULTI_LABEL_CLASSIFICATION,
            Target.Numbers.class, List.of(Metric.F1_MICRO, Metric.F1_MACRO, Metric.PRECISION_MICRO,
                    Metric.RECALL_MICRO, Metric.SUBSET_ACCURACY)),
    /** A number, or several, for a text or a pair. */
    REGRESSION(Architecture.SEQUENCE_CLASSIFICATION, ProblemType.REGRESSION, Target.Numbers.class,
            List.of(Metric.PEARSON, Metric.SPEARMAN, Metric.MSE)),
    /** A label for each token. */
    TOKEN_CLASSIFICATION(Architecture.TOKEN_CLASSIFICATION, ProblemType.UNSTATED, Target.TokenLabels.class,
            List.of(Metric.F1, Metric.PRECISION, Metric.RECALL, Metric.ACCURACY));

    private final Architecture architecture;
    private final ProblemType problemType;
    private final Class<? extends Target> target;
    private final List<Metric> metrics;

    Objective(Architecture architecture, ProblemType problemType, Class<? extends Target> target,
              List<Metric> metrics) {
        this.architecture = architecture;
        this.problemType = problemType;
        this.target = target;
        this.metrics = metrics;
    }

    /**
     * What a model's own config says of its head; a model with another head, or none, is trained for one of several
     * labels.
     *
     * @param labels how many the head has
     * @throws IllegalArgumentException if it has one label and the config does not say what its logit means: Hugging
     *     Face trains it as a regression and reads it as a probability
     */
    public static Objective of(ModelConfig config, int labels) {
        if (config.architecture() == Architecture.TOKEN_CLASSIFICATION) {
            return TOKEN_CLASSIFICATION;
        }
        if (config.architecture() != Architecture.SEQUENCE_CLASSIFICATION) {
            return SINGLE_LABEL_CLASSIFICATION;
        }
        return switch (config.problemType()) {
            case MULTI_LABEL_CLASSIFICATION -> MULTI_LABEL_CLASSIFICATION;
            case REGRESSION -> REGRESSION;
            case SINGLE_LABEL_CLASSIFICATION -> SINGLE_LABEL_CLASSIFICATION;
            case UNSTATED -> {
                if (labels == 1) {
                    throw new IllegalArgumentException("the model has one label and its config no problem_type: say"
                            + " regression or multi_label_classification");
                }
                yield SINGLE_LABEL_CLASSIFICATION;
            }
        };
    }

    /** Hugging Face's class behind the model type's name, with that head. */
    public Architecture architecture() {
        return architecture;
    }

    /** What a trained model's config says as {@code problem_type}; null if it says nothing. */
    public @Nullable String problemType() {
        return problemType.configName();
    }

    /** As a person reads it, such as {@code multi label classification}. */
    public String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** What is measured beside the loss; the first is what is shown while it trains. */
    public List<Metric> metrics() {
        return metrics;
    }

    /** What the best evaluation is best in, where nobody says: the loss of a regression, else the first metric. */
    public Metric metricForBestModel() {
        return this == REGRESSION ? Metric.LOSS : metrics.get(0);
    }

    /** Measures it, for a model with these labels. */
    public Metrics measure(List<String> labels) {
        return switch (this) {
            case SINGLE_LABEL_CLASSIFICATION -> new LabelMetrics(labels.size());
            case MULTI_LABEL_CLASSIFICATION -> new MultiLabelMetrics(labels.size());
            case REGRESSION -> new RegressionMetrics(labels.size());
            case TOKEN_CLASSIFICATION -> new TokenMetrics(labels);
        };
    }

    /**
     * What is made small.
     *
     * @throws IllegalArgumentException if label smoothing, class weights or a teacher are asked for where they mean
     *     nothing
     */
    Loss loss(double labelSmoothing, float @Nullable [] classWeights, @Nullable Distillation distillation) {
        boolean ofLabels = this == SINGLE_LABEL_CLASSIFICATION || this == TOKEN_CLASSIFICATION;
        refuse(labelSmoothing != 0 && !ofLabels, "label smoothing is");
        refuse(classWeights != null && !ofLabels, "class weights are");
        refuse(distillation != null && this != SINGLE_LABEL_CLASSIFICATION, "a teacher is");
        return switch (this) {
            case MULTI_LABEL_CLASSIFICATION -> new BinaryCrossEntropy();
            case REGRESSION -> new MeanSquaredError();
            default -> {
                CrossEntropy labels = new CrossEntropy(labelSmoothing, classWeights);
                yield distillation == null ? labels : distillation.over(labels);
            }
        };
    }

    private void refuse(boolean asked, String what) {
        if (asked) {
            throw new IllegalArgumentException(what + " not for " + title());
        }
    }

    /**
     * Checks that an example can be learned.
     *
     * @param labels how many outputs the model has
     */
    void check(TokenizedExample example, int labels) {
        Target own = example.target() instanceof Target.Taught taught ? taught.label() : example.target();
        Target fitting = Loss.as(target, own);
        if (fitting instanceof Target.Label label) {
            checkLabel(label.label(), labels);
        } else if (fitting instanceof Target.TokenLabels tokens) {
            if (tokens.labels().length != example.inputIds().length) {
                throw new IllegalArgumentException("there are " + tokens.labels().length + " labels for "
                        + example.inputIds().length + " tokens");
            }
            for (int label : tokens.labels()) {
                checkLabel(label == Target.IGNORED ? 0 : label, labels);
            }
        } else {
            for (float value : Loss.numbers(fitting, labels)) {
                if (!Float.isFinite(value) || this == MULTI_LABEL_CLASSIFICATION && !(value >= 0 && value <= 1)) {
                    throw new IllegalArgumentException("its target has the number " + value);
                }
            }
        }
    }

    private static void checkLabel(int label, int labels) {
        if (label < 0 || label >= labels) {
            throw new IllegalArgumentException("it has the label " + label + ", but there are " + labels + " labels");
        }
    }
}
