package io.demitasse.langchain4j;

import dev.langchain4j.classification.ClassificationResult;
import dev.langchain4j.classification.ScoredLabel;
import dev.langchain4j.classification.TextClassifier;
import io.demitasse.Classification;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * LangChain4j's {@code TextClassifier} on a model that was fine-tuned to classify. Without a word from the caller it
 * gives the one best label, as LangChain4j's own classifier does. Immutable and thread-safe.
 *
 * @param <L> what labels are: the model's names, or an app's own type
 */
public final class DemitasseTextClassifier<L> implements TextClassifier<L>, AutoCloseable {

    private final ModelBuilder.Held<io.demitasse.TextClassifier> held;
    private final List<L> labels;       // by number
    private final int maxResults;
    private final double minScore;

    private DemitasseTextClassifier(Builder<L> builder, ModelBuilder.Held<io.demitasse.TextClassifier> held) {
        this.held = held;
        this.labels = held.model().labels().stream().map(builder.label).toList();
        this.maxResults = builder.maxResults;
        this.minScore = builder.minScore;
    }

    /** Labels are the model's names, such as {@code POSITIVE}. */
    public static Builder<String> builder() {
        return new Builder<>(Function.identity());
    }

    /** Labels are an enum's constants; {@code build()} fails if the model has a label of another name. */
    public static <E extends Enum<E>> Builder<E> builder(Class<E> type) {
        return builder(name -> {
            try {
                return Enum.valueOf(type, name);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("the model's label \"" + name + "\" is none of "
                        + Arrays.toString(type.getEnumConstants()), e);
            }
        });
    }

    /** Labels are what a function makes of the model's names. */
    public static <L> Builder<L> builder(Function<String, L> label) {
        return new Builder<>(label);
    }

    /** The labels with the highest scores, best first: at most {@code maxResults}, none below {@code minScore}. */
    @Override
    public ClassificationResult<L> classifyWithScores(String text) {
        Classification classification = held.model().classify(text);
        List<ScoredLabel<L>> scored = new ArrayList<>();
        // In the model's order, so that two labels of one name stay apart.
        List<Float> scores = List.copyOf(classification.scores().values());
        for (int i = 0; i < scores.size(); i++) {
            if (scores.get(i) >= minScore) {
                scored.add(new ScoredLabel<>(labels.get(i), scores.get(i)));
            }
        }
        scored.sort((a, b) -> Double.compare(b.score(), a.score()));
        return new ClassificationResult<>(List.copyOf(scored.subList(0, Math.min(maxResults, scored.size()))));
    }

    /** Ends the model's threads if the builder loaded it. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        held.close();
    }

    /** Says which model it is. Start from {@link DemitasseTextClassifier#builder()}. */
    public static final class Builder<L> extends ModelBuilder<io.demitasse.TextClassifier, Builder<L>> {

        private final Function<String, L> label;
        private int maxResults = 1;
        private double minScore;

        private Builder(Function<String, L> label) {
            this.label = label;
        }

        @Override
        Builder<L> self() {
            return this;
        }

        /** A classifier that is loaded already. It stays the caller's to close. */
        public Builder<L> classifier(io.demitasse.TextClassifier classifier) {
            return shared(classifier);
        }

        /**
         * The most labels for a text; 1 if not said.
         *
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder<L> maxResults(int maxResults) {
            if (maxResults < 1) {
                throw new IllegalArgumentException("maxResults must be at least 1, not " + maxResults);
            }
            this.maxResults = maxResults;
            return this;
        }

        /**
         * The lowest score that a label may have; 0 if not said.
         *
         * @throws IllegalArgumentException if it is not 0 to 1
         */
        public Builder<L> minScore(double minScore) {
            if (!(minScore >= 0 && minScore <= 1)) {
                throw new IllegalArgumentException("minScore must be 0 to 1, not " + minScore);
            }
            this.minScore = minScore;
            return this;
        }

        /**
         * Loads the model.
         *
         * @throws io.demitasse.file.ModelFormatException if the file is damaged, no model, or no classifier of texts
         * @throws IllegalArgumentException if no model was given, or a label of it is not the app's
         */
        public DemitasseTextClassifier<L> build() {
            return held(io.demitasse.TextClassifier::load, io.demitasse.TextClassifier::load)
                    .make(held -> new DemitasseTextClassifier<>(this, held));
        }
    }
}
