package io.demitasse.langchain4j;

import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.guardrail.InputGuardrail;
import dev.langchain4j.guardrail.InputGuardrailResult;
import io.demitasse.Classification;
import io.demitasse.Input;
import io.demitasse.Options;
import io.demitasse.TextClassifier;
import io.demitasse.Truncation;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Stops a user's message before it reaches a chat model if a classifier says that it should be: one for toxic language,
 * prompt injection, or another matter. All of a message is read, however long, in windows that share half of their
 * tokens: a message is stopped if any window is. A model that the builder loads reads {@code [SEP]} and the like in a
 * message as plain text, so that nobody steers it by them. Images and the like are not looked at. Thread-safe.
 */
public final class DemitasseInputGuardrail implements InputGuardrail, AutoCloseable {

    private final ModelBuilder.Held<TextClassifier> held;
    private final TextClassifier classifier;
    private final WordPieceTokenizer tokenizer;
    private final boolean typed;
    private final Set<String> rejected;
    private final double threshold;
    private final @Nullable String message;
    private final boolean fatal;

    private DemitasseInputGuardrail(Builder builder, ModelBuilder.Held<TextClassifier> held) {
        this.held = held;
        this.classifier = held.model();
        this.tokenizer = classifier.tokenizer();
        this.typed = classifier.model().config().shape().typeVocabSize() > 1;
        if (builder.rejected.isEmpty()) {
            throw new IllegalArgumentException("no label to reject: the model has " + String.join(", ", classifier.labels()));
        }
        for (String label : builder.rejected) {
            if (!classifier.labels().contains(label)) {
                throw new IllegalArgumentException("the model has no label \"" + label + "\"; it has "
                        + String.join(", ", classifier.labels()));
            }
        }
        this.rejected = Set.copyOf(builder.rejected);
        this.threshold = builder.threshold;
        this.message = builder.message;
        this.fatal = builder.fatal;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Success, or a failure that names the label and its probability unless the builder gave a message. */
    @Override
    public InputGuardrailResult validate(UserMessage userMessage) {
        String text = userMessage.contents().stream().filter(TextContent.class::isInstance)
                .map(content -> ((TextContent) content).text()).collect(Collectors.joining("\n"));
        String label = null;
        float highest = 0;
        for (Classification window : classifier.classifyAll(windows(text))) {
            // By number: two labels may have one name.
            List<Float> scores = new ArrayList<>(window.scores().values());
            for (int i = 0; i < scores.size(); i++) {
                if (rejected.contains(classifier.labels().get(i)) && scores.get(i) >= threshold
                        && (label == null || scores.get(i) > highest)) {
                    label = classifier.labels().get(i);
                    highest = scores.get(i);
                }
            }
        }
        if (label == null) {
            return success();
        }
        String reason = message != null ? message
                : String.format(Locale.ROOT, "the message is %s with a probability of %.4f", label, highest);
        return fatal ? fatal(reason) : failure(reason);
    }

    private List<Input> windows(String text) {
        int most = tokenizer.settings().maxLength();
        int stride = (most - tokenizer.addedTokens(false)) / 2;
        List<Input> windows = new ArrayList<>();
        for (Encoding encoding : tokenizer.encodeWindows(text, most, stride)) {
            windows.add(typed ? Input.ofIds(encoding.ids(), encoding.typeIds()) : Input.ofIds(encoding.ids()));
        }
        return windows;
    }

    /** Ends the model's threads if the builder loaded it. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        held.close();
    }

    /** Says which model it is and what it stops. Start from {@link DemitasseInputGuardrail#builder()}. */
    public static final class Builder extends ModelBuilder<TextClassifier, Builder> {

        private final Set<String> rejected = new LinkedHashSet<>();
        private double threshold = 0.5;
        private @Nullable String message;
        private boolean fatal;

        private Builder() {
        }

        @Override
        Builder self() {
            return this;
        }

        /** A classifier that is loaded already. It stays the caller's to close. */
        public Builder classifier(TextClassifier classifier) {
            return shared(classifier);
        }

        /** Labels that stop a message, by the model's names. */
        public Builder reject(String... labels) {
            rejected.addAll(Arrays.asList(labels));
            return this;
        }

        /**
         * From which probability of such a label on; 0.5 if not said.
         *
         * @throws IllegalArgumentException if it is not above 0 and at most 1
         */
        public Builder threshold(double threshold) {
            if (!(threshold > 0 && threshold <= 1)) {
                throw new IllegalArgumentException("threshold must be above 0 and at most 1, not " + threshold);
            }
            this.threshold = threshold;
            return this;
        }

        /** What the failure says; the label and its probability if not said. */
        public Builder message(String message) {
            this.message = message;
            return this;
        }

        /** Whether the guardrails behind this one are left out once it stops a message. */
        public Builder fatal(boolean fatal) {
            this.fatal = fatal;
            return this;
        }

        /**
         * Loads the model.
         *
         * @throws io.demitasse.file.ModelFormatException if the file is damaged, no model, or no classifier of texts
         * @throws IllegalArgumentException if no model or label was given, the model has no such label, or a
         *     truncation was
         */
        public DemitasseInputGuardrail build() {
            if (!options().truncation().equals(Truncation.TRUNCATE)) {
                throw new IllegalArgumentException("a guardrail always reads a whole message, in windows of its own:"
                        + " leave truncation as it is");
            }
            BiFunction<Path, Options, TextClassifier> ofFile = (file, options) ->
                    TextClassifier.load(file, options.withSplitSpecialTokens(true));
            BiFunction<InputStream, Options, TextClassifier> ofStream = (stream, options) ->
                    TextClassifier.load(stream, options.withSplitSpecialTokens(true));
            return held(ofFile, ofStream).make(held -> new DemitasseInputGuardrail(this, held));
        }
    }
}
