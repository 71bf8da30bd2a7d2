package io.demitasse.study;

import io.demitasse.Model;
import io.demitasse.TextClassifier;
import io.demitasse.model.Trace;
import java.util.Locale;

/** Looks at texts on their way through a classifier. It shares the model, which stays the caller's to close. */
public final class Inspector {

    private final TextClassifier classifier;
    private final Model model;

    /**
     * Looks into this model.
     *
     * @throws IllegalArgumentException if it is no classifier of texts
     */
    public Inspector(Model model) {
        this.classifier = new TextClassifier(model);
        this.model = model;
    }

    /** Classifies a text and keeps everything that there is to see on the way. It costs more time and memory. */
    public Inspection inspect(String text) {
        return inspect(Tokenization.of(text, model.tokenizer().encode(text), model.tokenizer()));
    }

    /** As {@link #inspect(String)}, for a sequence of token ids, special tokens included. */
    public Inspection inspectIds(int[] inputIds) {
        return inspect(Tokenization.ofIds(inputIds));
    }

    private Inspection inspect(Tokenization tokenization) {
        Trace trace = new Trace();
        classifier.classifyIds(tokenization.ids(), trace);
        return Inspection.of(tokenization, classifier.labels(), model.config(), trace, model.head(),
                classifier.function().name().toLowerCase(Locale.ROOT), classifier::scores, model.newWorkspace());
    }
}
