package io.demitasse.study;

import io.demitasse.Sequence;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Batch;
import io.demitasse.model.GradientTrace;
import io.demitasse.model.Positions;
import io.demitasse.model.TrainableModel;
import io.demitasse.model.Trace;
import io.demitasse.study.Attribution.Method;
import io.demitasse.study.IntegratedGradients.Point;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * Asks a model's own gradients, and the model itself, what each word did for a number F of its outputs: see
 * {@link Target}.
 *
 * <p>The input x is the word embeddings, {@code [tokens, dim]}, before positions are added. The baseline b has one
 * token in place of every word and keeps the added ones: a text of the same length that says nothing.
 */
final class Attributor {

    /** What the baseline is made of: what the model was trained to take for a word that it cannot see. */
    static final String BASELINE = "[MASK]";

    /** Tokens that go there and back at once; it bounds the memory, about 400 kB a token at 768 dims. */
    private static final int TOKENS = 512;

    private final TrainableModel model;
    private final int baselineId;
    private final Tokenization text;
    private final Sequence sequence;
    private final Target target;
    private final Workspace workspace;

    /**
     * Explains one number of one text.
     *
     * @param baselineId the token that the baseline has in place of every word
     * @param sequence the text's tokens, their types, and which of them the head reads
     */
    Attributor(TrainableModel model, int baselineId, Tokenization text, Sequence sequence, Target target,
               Workspace workspace) {
        this.model = model;
        this.baselineId = baselineId;
        this.text = text;
        this.sequence = sequence;
        this.target = target;
        this.workspace = workspace;
    }

    /**
     * What each word did, by each of the methods.
     */
    List<Attribution> attributions(Set<Method> methods) {
        List<Attribution> attributions = new ArrayList<>();
        for (Method method : methods) {
            long mark = workspace.mark();
            attributions.add(switch (method) {
                case INTEGRATED_GRADIENTS -> integratedGradients();
                case GRADIENT_X_INPUT -> gradientTimesInput();
                case LEAVE_ONE_OUT -> leaveOneOut();
            });
            workspace.release(mark);
        }
        return attributions;
    }

    /** The baseline as ids: the text with the baseline's token in place of every word, {@code [tokens]}. */
    int[] baselineIds() {
        return text.idsWithWordsAs(baselineId);
    }

    private Attribution integratedGradients() {
        Matrix x = embeddings(text.ids());                               // [tokens, dim]
        Matrix b = embeddings(baselineIds());                           // [tokens, dim]
        IntegratedGradients gradients = new IntegratedGradients(alphas -> points(x, b, alphas));
        double[] shares = gradients.shares();
        return Attribution.ofTokens(Method.INTEGRATED_GRADIENTS, text, shares, gradients.steps(),
                gradients.difference());
    }

    /** {@code a_i = x_i . dF/dx_i at x}, for each token i: the slope at the end of the way from zero. */
    private Attribution gradientTimesInput() {
        Matrix x = embeddings(text.ids());                               // [tokens, dim]
        Matrix zero = Matrix.zeros(x.rows(), x.columns());
        Point end = points(x, zero, List.of(1.0)).get(0);
        return Attribution.ofTokens(Method.GRADIENT_X_INPUT, text, end.slopes(), 1, Double.NaN);
    }

    /**
     * {@code a_w = F(text) - F(text without word w)}, for each word w. Where the head reads tokens by their places, these
     * have to stay: then the word is hidden by the baseline's token instead of taken out.
     */
    private Attribution leaveOneOut() {
        List<Sequence> sequences = new ArrayList<>(List.of(sequence));
        for (int word = 0; word < text.words().size(); word++) {
            sequences.add(target.readsPlaces()
                    ? new Sequence(text.idsWithWordAs(word, baselineId), sequence.typeIds(), sequence.places())
                    : new Sequence(text.idsWithout(word), text.without(word, sequence.typeIds()), sequence.places()));
        }
        double[] logits = outputs(sequences);
        double[] words = new double[text.words().size()];
        for (int word = 0; word < words.length; word++) {
            words[word] = logits[0] - logits[word + 1];
        }
        return Attribution.ofWords(Method.LEAVE_ONE_OUT, words);
    }

    private Matrix embeddings(int[] ids) {
        return model.inputEmbeddings(Batch.of(List.of(ids)), workspace);
    }

    /** F for each sequence. */
    private double[] outputs(List<Sequence> sequences) {
        double[] logits = new double[sequences.size()];
        int together = Math.max(1, TOKENS / sequences.get(0).size());
        for (int first = 0; first < logits.length; first += together) {
            long mark = workspace.mark();
            List<Sequence> some = sequences.subList(first, Math.min(logits.length, first + together));
            Batch batch = batch(some);
            Positions read = positions(batch);
            Matrix outputs = model.forward(batch, read, workspace, Trace.NONE);     // [read.rows(), columns]
            for (int s = 0; s < batch.sequences(); s++) {
                logits[first + s] = target.of(outputs, read.start(s));
            }
            workspace.release(mark);
        }
        return logits;
    }

    private static Batch batch(List<Sequence> sequences) {
        return Batch.of(sequences.stream().map(Sequence::ids).toList(),
                sequences.stream().map(Sequence::typeIds).toList());
    }

    private Positions positions(Batch batch) {
        return sequence.places().length == 0 ? model.positions(batch)
                : Positions.at(batch, Collections.nCopies(batch.sequences(), sequence.places()));
    }

    /** F and its slopes at some points of the way from b to x. */
    private List<Point> points(Matrix x, Matrix b, List<Double> alphas) {
        List<Point> points = new ArrayList<>();
        int together = Math.max(1, TOKENS / x.rows());
        for (int first = 0; first < alphas.size(); first += together) {
            List<Double> some = alphas.subList(first, Math.min(alphas.size(), first + together));
            double[] values = new double[some.size()];
            long mark = workspace.mark();
            Batch batch = batch(Collections.nCopies(some.size(), sequence));
            Positions read = positions(batch);
            Matrix inputs = workspace.matrix(batch.tokens(), x.columns());          // [points * tokens, dim]
            for (int p = 0; p < some.size(); p++) {
                between(x, b, some.get(p).floatValue(), inputs.data(), inputs.row(batch.start(p)));
            }
            GradientTrace trace = GradientTrace.ofInputs();
            Matrix logits = model.forward(inputs, batch, read, workspace, trace);           // [read.rows(), columns]
            Matrix dLogits = workspace.matrix(logits.rows(), logits.columns());     // [read.rows(), columns]
            for (int row = 0; row < dLogits.rows(); row++) {
                Arrays.fill(dLogits.data(), dLogits.row(row), dLogits.row(row) + dLogits.columns(), 0);
            }
            for (int p = 0; p < some.size(); p++) {
                target.addGradient(dLogits, read.start(p));
                values[p] = target.of(logits, read.start(p));
            }
            Matrix gradient = model.backward(dLogits, batch, read, workspace, trace);     // [points * tokens, dim]
            for (int p = 0; p < some.size(); p++) {
                points.add(new Point(some.get(p), values[p], slopes(gradient, batch.start(p), x, b)));
            }
            workspace.release(mark);
        }
        return points;
    }

    /** {@code b + alpha (x - b)}. */
    private static void between(Matrix x, Matrix b, float alpha, float[] target, int offset) {
        for (int i = 0; i < x.rows() * x.columns(); i++) {
            float from = b.data()[b.offset() + i];
            target[offset + i] = from + alpha * (x.data()[x.offset() + i] - from);
        }
    }

    /** {@code (x_i - b_i) . gradient_i}, for each token i. */
    private static double[] slopes(Matrix gradient, int start, Matrix x, Matrix b) {
        double[] slopes = new double[x.rows()];
        for (int token = 0; token < slopes.length; token++) {
            for (int i = 0; i < x.columns(); i++) {
                slopes[token] += (double) gradient.get(start + token, i) * (x.get(token, i) - b.get(token, i));
            }
        }
        return slopes;
    }
}
