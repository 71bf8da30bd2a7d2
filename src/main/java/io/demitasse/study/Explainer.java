package io.demitasse.study;

import io.demitasse.Answer;
import io.demitasse.Model;
import io.demitasse.QuestionAnswerer;
import io.demitasse.Sequence;
import io.demitasse.TextClassifier;
import io.demitasse.TokenClassifier;
import io.demitasse.kernel.Matrix;
import io.demitasse.study.Attribution.Method;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.Vocabulary;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Says what each word of a text did for what a model makes of it: for a text's label, a token's label, or a span that
 * answers a question. It shares the model, which stays the caller's to close. The first explanation reads the model file
 * again, for weights to go back through: they take as much memory as the model has in float32.
 */
public final class Explainer {

    private final Model model;

    /** Explains this model. */
    public Explainer(Model model) {
        this.model = model;
    }

    /** What each word of a text did for its label, by all methods. */
    public Explanation explain(String text) {
        return explain(text, EnumSet.allOf(Method.class));
    }

    /**
     * What each word of a text did for its label.
     *
     * @param methods some ways to tell, in the order of their results
     * @throws IllegalArgumentException if the model is no classifier of texts
     * @throws UnsupportedOperationException if the model was loaded out of a stream
     */
    public Explanation explain(String text, Set<Method> methods) {
        Encoding encoding = model.tokenizer().encode(text);
        int label = new TextClassifier(model).classifyIds(encoding.ids()).labelId();
        return explainLabel(Tokenization.of(text, encoding, model.tokenizer()), label, methods);
    }

    /** As {@link #explain(String, Set)}, for a label of one's choice. */
    public Explanation explain(String text, String label, Set<Method> methods) {
        return explainLabel(Tokenization.of(text, model.tokenizer().encode(text), model.tokenizer()), labelId(label),
                methods);
    }

    /** As {@link #explain(String, Set)}, for a text that has been inspected. */
    public Explanation explain(Inspection inspection, Set<Method> methods) {
        return explainLabel(inspection.tokenization(), inspection.labelId(), methods);
    }

    /**
     * As {@link #explain(Inspection, Set)}, for a label of one's choice: to compare texts, their words' shares must be
     * for the same one.
     *
     * @throws IllegalArgumentException if the model has no such label
     */
    public Explanation explain(Inspection inspection, String label, Set<Method> methods) {
        return explainLabel(inspection.tokenization(), labelId(label), methods);
    }

    private Explanation explainLabel(Tokenization text, int label, Set<Method> methods) {
        TextClassifier classifier = new TextClassifier(model);
        return explain(text, Sequence.of(text.ids()), Target.label(classifier.labels().get(label), label), methods,
                outputs -> classifier.scores(outputs.data())[label]);
    }

    /**
     * What each word of a text did for a label of one of its tokens.
     *
     * @param token its number, as {@link io.demitasse.Entity#index} has it
     * @throws IllegalArgumentException if there is no such token or label, or the model has no labels for tokens
     */
    public Explanation explainToken(String text, int token, String label, Set<Method> methods) {
        new TokenClassifier(model);
        Encoding encoding = model.tokenizer().encode(text);
        if (token < 0 || token >= encoding.size()) {
            throw new IllegalArgumentException("no token " + token + "; the text has " + encoding.size());
        }
        int id = labelId(label);
        return explain(Tokenization.of(text, encoding, model.tokenizer()), Sequence.of(encoding.ids()),
                Target.tokenLabel(token, label, id), methods,
                outputs -> softmax(outputs.copyOfRows(token, 1).data())[id]);
    }

    /**
     * What each word of a question and its context did for an answer: for the sum of the logits of where it starts and
     * ends.
     *
     * @param answer a part of the context, as {@link QuestionAnswerer} gives it
     * @throws IllegalArgumentException if the answer does not lie in the part of the context that the model reads at
     *     once, or the model does not answer questions
     */
    public Explanation explainAnswer(String question, String context, Answer answer, Set<Method> methods) {
        new QuestionAnswerer(model);
        Encoding encoding = model.tokenizer().encode(question, context);
        int start = -1;
        int end = -1;
        for (int i = 0; i < encoding.size(); i++) {
            boolean inside = encoding.sequence(i) == 1 && encoding.start(i) >= answer.start()
                    && encoding.end(i) <= answer.end();
            start = inside && start < 0 ? i : start;
            end = inside ? i : end;
        }
        if (start < 0) {
            throw new IllegalArgumentException("the answer does not lie in what the model reads of the context");
        }
        int first = start;
        int last = end;
        int[] types = model.config().shape().typeVocabSize() > 1 ? encoding.typeIds() : new int[0];
        return explain(Tokenization.of(question, context, encoding, model.tokenizer()),
                Sequence.of(encoding.ids(), types), Target.span(first, last, answer.answer()), methods,
                outputs -> column(outputs, 0)[first] * column(outputs, 1)[last]);
    }

    private float[] column(Matrix outputs, int column) {
        float[] values = new float[outputs.rows()];
        for (int row = 0; row < values.length; row++) {
            values[row] = outputs.get(row, column);
        }
        return softmax(values);
    }

    private float[] softmax(float[] logits) {
        return model.softmax(logits);
    }

    private int labelId(String label) {
        int id = model.labels().indexOf(label);
        if (id < 0) {
            throw new IllegalArgumentException("no label " + label + "; the model's are "
                    + String.join(", ", model.labels()));
        }
        return id;
    }

    /** @param probability makes it of the outputs of one sequence */
    private Explanation explain(Tokenization text, Sequence sequence, Target target, Set<Method> methods,
                                Function<Matrix, Float> probability) {
        Vocabulary vocabulary = model.tokenizer().vocabulary();
        String mask = model.tokenizer().settings().specialTokens().mask();
        String baseline = mask != null && vocabulary.id(mask) >= 0 ? mask
                : model.tokenizer().settings().specialTokens().unk();
        Attributor attributor = new Attributor(model.trainable(), vocabulary.id(baseline), text, sequence, target,
                model.newWorkspace());
        Sequence nothing = new Sequence(attributor.baselineIds(), sequence.typeIds(), sequence.places());
        List<Matrix> outputs = model.outputs(model.head(), List.of(sequence, nothing));
        return new Explanation(text, target.name(), probability.apply(outputs.get(0)), baseline,
                probability.apply(outputs.get(1)), attributor.attributions(methods));
    }
}
