package io.demitasse.model;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a classifier's logits mean: Hugging Face's {@code problem_type}, and what it does where there is none. */
public enum ProblemType {
    /** Nothing is said: one label stands alone as in {@link #MULTI_LABEL_CLASSIFICATION}, several exclude each other. */
    UNSTATED,
    /** One label is right: the logits go through a softmax; trained by cross-entropy. */
    SINGLE_LABEL_CLASSIFICATION,
    /** Each label is right or not by itself: a logit goes through a sigmoid; trained by binary cross-entropy. */
    MULTI_LABEL_CLASSIFICATION,
    /** The logits are the answer as they are; trained by the mean squared error. */
    REGRESSION;

    /** As config.json has it, such as {@code multi_label_classification}; null for {@link #UNSTATED}. */
    public @Nullable String configName() {
        return this == UNSTATED ? null : name().toLowerCase(Locale.ROOT);
    }

    /** The constant of a name in config.json; null if there is none. */
    static @Nullable ProblemType named(String name) {
        return Arrays.stream(values()).filter(type -> name.equals(type.configName())).findFirst().orElse(null);
    }

    /** All names that config.json may have. */
    static List<String> names() {
        return Arrays.stream(values()).filter(type -> type != UNSTATED).map(ProblemType::configName).toList();
    }
}
