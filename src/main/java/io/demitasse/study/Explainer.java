package io.demitasse.study;

import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Batch;
import io.demitasse.model.GradientTrace;
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
 * Asks a model's own gradients, and the model itself, what each word did for a label's logit F.
 *
 * <p>The input x is the word embeddings, {@code [tokens, dim]}, before positions are added. The baseline b has one
 * token in place of every word and keeps the added ones: a text of the same length that says nothing.
 */
public final class Explainer {

    /** What the baseline is made of: what the model was trained to take for a word that it cannot see. */
    public static final String BASELINE = "[MASK]";

    /** Tokens that go there and back at once; it bounds the memory, about 400 kB a token at 768 dims. */
    private static final int TOKENS = 512;

    private final TrainableModel model;
    private final int baselineId;

    /**
     * Explains with this model.
     *
     * @param baselineId the token that the baseline has in place of every word
     */
    public Explainer(TrainableModel model, int baselineId) {
        this.model = model;
        this.baselineId = baselineId;
    }

    /**
     * What each word did for a label, by each of the methods.
     *
     * @param label its number
     */
    public List<Attribution> explain(Tokenization text, int label, Set<Method> methods, Workspace workspace) {
        List<Attribution> attributions = new ArrayList<>();
        for (Method method : methods) {
            long mark = workspace.mark();
            attributions.add(switch (method) {
                case INTEGRATED_GRADIENTS -> integratedGradients(text, label, workspace);
                case GRADIENT_X_INPUT -> gradientTimesInput(text, label, workspace);
                case LEAVE_ONE_OUT -> leaveOneOut(text, label, workspace);
            });
            workspace.release(mark);
        }
        return attributions;
    }

    /** The baseline as ids: the text with the baseline's token in place of every word, {@code [tokens]}. */
    public int[] baselineIds(Tokenization text) {
        return text.idsWithWordsAs(baselineId);
    }

    private Attribution integratedGradients(Tokenization text, int label, Workspace workspace) {
        Matrix x = embeddings(text.ids(), workspace);                               // [tokens, dim]
        Matrix b = embeddings(baselineIds(text), workspace);          // [tokens, dim]
        IntegratedGradients gradients = new IntegratedGradients(alphas -> points(x, b, alphas, label, workspace));
        double[] shares = gradients.shares();
        return Attribution.ofTokens(Method.INTEGRATED_GRADIENTS, text, shares, gradients.steps(),
                gradients.difference());
    }

    /** {@code a_i = x_i . dF/dx_i at x}, for each token i: the slope at the end of the way from zero. */
    private Attribution gradientTimesInput(Tokenization text, int label, Workspace workspace) {
        Matrix x = embeddings(text.ids(), workspace);                               // [tokens, dim]
        Matrix zero = Matrix.zeros(x.rows(), x.columns());
        Point end = points(x, zero, List.of(1.0), label, workspace).get(0);
        return Attribution.ofTokens(Method.GRADIENT_X_INPUT, text, end.slopes(), 1, Double.NaN);
    }

    /** {@code a_w = F(text) - F(text without word w)}, for each word w. */
    private Attribution leaveOneOut(Tokenization text, int label, Workspace workspace) {
        List<int[]> sequences = new ArrayList<>(List.of(text.ids()));
        for (int word = 0; word < text.words().size(); word++) {
            sequences.add(text.idsWithout(word));
        }
        double[] logits = logits(sequences, label, workspace);
        double[] words = new double[text.words().size()];
        for (int word = 0; word < words.length; word++) {
            words[word] = logits[0] - logits[word + 1];
        }
        return Attribution.ofWords(Method.LEAVE_ONE_OUT, words);
    }

    private Matrix embeddings(int[] ids, Workspace workspace) {
        return model.inputEmbeddings(Batch.of(List.of(ids)), workspace);
    }

    /** The label's logit for each sequence. */
    private double[] logits(List<int[]> sequences, int label, Workspace workspace) {
        double[] logits = new double[sequences.size()];
        int together = Math.max(1, TOKENS / sequences.get(0).length);
        for (int first = 0; first < logits.length; first += together) {
            long mark = workspace.mark();
            Batch batch = Batch.of(sequences.subList(first, Math.min(logits.length, first + together)));
            Matrix some = model.forward(batch, workspace, Trace.NONE);      // [sequences, labels]
            for (int s = 0; s < batch.sequences(); s++) {
                logits[first + s] = some.get(s, label);
            }
            workspace.release(mark);
        }
        return logits;
    }

    /** F and its slopes at some points of the way from b to x. */
    private List<Point> points(Matrix x, Matrix b, List<Double> alphas, int label, Workspace workspace) {
        List<Point> points = new ArrayList<>();
        int together = Math.max(1, TOKENS / x.rows());
        for (int first = 0; first < alphas.size(); first += together) {
            List<Double> some = alphas.subList(first, Math.min(alphas.size(), first + together));
            long mark = workspace.mark();
            // Which ids these are does not matter: the embeddings are given.
            Batch batch = Batch.of(Collections.nCopies(some.size(), new int[x.rows()]));
            Matrix inputs = workspace.matrix(batch.tokens(), x.columns());          // [points * tokens, dim]
            for (int p = 0; p < some.size(); p++) {
                between(x, b, some.get(p).floatValue(), inputs.data(), inputs.row(batch.start(p)));
            }
            GradientTrace trace = GradientTrace.ofInputs();
            Matrix logits = model.forward(inputs, batch, model.positions(batch), workspace, trace);        // [points, labels]
            Matrix dLogits = workspace.matrix(logits.rows(), logits.columns());     // [points, labels]
            for (int p = 0; p < some.size(); p++) {
                int row = dLogits.row(p);
                Arrays.fill(dLogits.data(), row, row + dLogits.columns(), 0);
                dLogits.data()[row + label] = 1;
            }
            Matrix gradient = model.backward(dLogits, batch, workspace, trace);     // [points * tokens, dim]
            for (int p = 0; p < some.size(); p++) {
                points.add(new Point(some.get(p), logits.get(p, label), slopes(gradient, batch.start(p), x, b)));
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
