package io.demitasse.train;

import io.demitasse.kernel.Parallel;
import io.demitasse.model.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019), as PyTorch's AdamW computes it:
 *
 * <pre>
 * w = (1 - rate * decay) w
 * m = beta1 m + (1 - beta1) g
 * v = beta2 v + (1 - beta2) g^2
 * w = w - rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
 * </pre>
 *
 * <p>Rows of an embedding table that no batch has reached so far have moments of zero, so all that happens to them is
 * decay; skipping the rest is exact. Work is cut into pieces that do not depend on the number of threads, so the
 * results do not either. Not thread-safe.
 */
public final class AdamW {

    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.999;
    private static final double EPSILON = 1e-8;

    /** Numbers a piece: four arrays of them fit into a core's second cache. */
    private static final int PIECE = 1 << 15;

    /** Sums of squares side by side. */
    private static final int SUMS = 256;

    /** What torch.nn.utils.clip_grad_norm_ adds to the norm. */
    private static final double CLIP_EPSILON = 1e-6;

    private record State(Parameter parameter, float[] m, float[] v, boolean decays) {
    }

    /** A part of a parameter, {@code [from, to)}; of an embedding table, whole rows. */
    private record Piece(int state, int from, int to) {
    }

    private final List<State> states = new ArrayList<>();
    private final List<Piece> pieces = new ArrayList<>();
    private final double[] sums;          // a piece's
    private final double[][] squares;     // a thread's, side by side
    private final float[][] gradients;
    private final double weightDecay;
    private final Parallel parallel;
    private long steps;

    /**
     * @param decays which parameters decay; {@link #matrices} is Hugging Face's choice
     * @param parallel the threads that a step runs on
     */
    public AdamW(List<Parameter> parameters, double weightDecay, Predicate<Parameter> decays, Parallel parallel) {
        this.weightDecay = weightDecay;
        this.parallel = parallel;
        for (Parameter parameter : parameters) {
            int size = parameter.values().length;
            int row = parameter.isTable() ? size / parameter.shape().get(0) : 1;
            int piece = Math.max(1, PIECE / row) * row;
            for (int from = 0; from < size; from += piece) {
                pieces.add(new Piece(states.size(), from, Math.min(size, from + piece)));
            }
            boolean decaying = weightDecay != 0 && decays.test(parameter);
            states.add(new State(parameter, new float[size], new float[size], decaying));
        }
        sums = new double[pieces.size()];
        squares = new double[parallel.threads()][SUMS];
        gradients = new float[states.size()][];
    }

    /** True for all weights but those of LayerNorm; false for these and for biases, which are vectors all. */
    public static boolean matrices(Parameter parameter) {
        return parameter.shape().size() > 1;
    }

    /** How many steps have been made. */
    public long steps() {
        return steps;
    }

    /** The square root of the sum of the squares of all gradients. */
    public double gradientNorm() {
        fetchGradients();
        parallel.run(pieces.size(), (i, worker) -> {
            Piece piece = pieces.get(i);
            Parameter parameter = states.get(piece.state).parameter;
            float[] gradient = gradients[piece.state];
            if (!parameter.isTable()) {
                sums[i] = sumOfSquares(gradient, piece.from, piece.to, squares[worker]);
                return;
            }
            int width = gradient.length / parameter.shape().get(0);
            BitSet rows = parameter.rows();
            double sum = 0;
            for (int row = rows.nextSetBit(piece.from / width); row >= 0 && row * width < piece.to;
                    row = rows.nextSetBit(row + 1)) {
                sum += sumOfSquares(gradient, row * width, (row + 1) * width, squares[worker]);
            }
            sums[i] = sum;
        });
        double sum = 0;
        for (double part : sums) {
            sum += part;
        }
        return Math.sqrt(sum);
    }

    /** What to multiply the gradients with so that their norm is at most {@code maxNorm}; 0 clips nothing. */
    public static double clip(double gradientNorm, double maxNorm) {
        return maxNorm == 0 ? 1 : Math.min(1, maxNorm / (gradientNorm + CLIP_EPSILON));
    }

    /** Changes all values by their gradients times {@code gradientScale}. */
    public void step(double learningRate, double gradientScale) {
        steps++;
        fetchGradients();
        float scale = (float) gradientScale;
        float keep = (float) (1 - learningRate * weightDecay);
        float rate = (float) (learningRate / (1 - StrictMath.pow(BETA1, steps)));
        float rootScale = (float) (1 / Math.sqrt(1 - StrictMath.pow(BETA2, steps)));
        parallel.run(pieces.size(), (i, worker) -> {
            Piece piece = pieces.get(i);
            State state = states.get(piece.state);
            Parameter parameter = state.parameter;
            float[] w = parameter.values();
            if (state.decays) {
                multiply(w, piece.from, piece.to, keep);
            }
            float[] g = gradients[piece.state];
            if (!parameter.isTable()) {
                update(w, g, state.m, state.v, piece.from, piece.to, scale, rate, rootScale);
                return;
            }
            int width = w.length / parameter.shape().get(0);
            BitSet rows = parameter.everRows();
            for (int row = rows.nextSetBit(piece.from / width); row >= 0 && row * width < piece.to;
                    row = rows.nextSetBit(row + 1)) {
                update(w, g, state.m, state.v, row * width, (row + 1) * width, scale, rate, rootScale);
            }
        });
    }

    /** On the calling thread, since a parameter may have to clear its gradient first. */
    private void fetchGradients() {
        for (int i = 0; i < gradients.length; i++) {
            gradients[i] = states.get(i).parameter.gradient();
        }
    }

    /** Sums side by side, which the JIT compiler makes vectors of; one alone would wait for its own last addition. */
    private static double sumOfSquares(float[] x, int from, int to, double[] sums) {
        Arrays.fill(sums, 0);
        int i = from;
        for (; i + SUMS <= to; i += SUMS) {
            addSquares(x, i, sums);
        }
        double sum = 0;
        for (; i < to; i++) {
            sum += (double) x[i] * x[i];
        }
        for (double part : sums) {
            sum += part;
        }
        return sum;
    }

    private static void addSquares(float[] x, int from, double[] sums) {
        for (int i = 0; i < SUMS; i++) {
            double value = x[from + i];
            sums[i] += value * value;
        }
    }

    private static void multiply(float[] w, int from, int to, float factor) {
        for (int i = from; i < to; i++) {
            w[i] *= factor;
        }
    }

    private static void update(float[] w, float[] g, float[] m, float[] v, int from, int to,
                               float scale, float rate, float rootScale) {
        float beta1 = (float) BETA1;
        float beta2 = (float) BETA2;
        float new1 = (float) (1 - BETA1);
        float new2 = (float) (1 - BETA2);
        float epsilon = (float) EPSILON;
        for (int i = from; i < to; i++) {
            float gradient = g[i] * scale;
            m[i] = beta1 * m[i] + new1 * gradient;
            v[i] = beta2 * v[i] + new2 * gradient * gradient;
            w[i] -= rate * m[i] / ((float) Math.sqrt(v[i]) * rootScale + epsilon);
        }
    }

    /** The moments by parameter, {@code {m, v}}, in the parameters' order: all of the state but {@link #steps}. */
    Map<Parameter, float[][]> moments() {
        Map<Parameter, float[][]> moments = new LinkedHashMap<>();
        states.forEach(state -> moments.put(state.parameter, new float[][] {state.m, state.v}));
        return moments;
    }

    /**
     * Goes on where an optimiser was.
     *
     * @param stepsMade how many steps it had made
     * @param moments gives its moments of a parameter, {@code {m, v}}
     */
    void restore(long stepsMade, Function<Parameter, float[][]> moments) {
        steps = stepsMade;
        for (State state : states) {
            float[][] saved = moments.apply(state.parameter);
            System.arraycopy(saved[0], 0, state.m, 0, state.m.length);
            System.arraycopy(saved[1], 0, state.v, 0, state.v.length);
            if (state.parameter.isTable()) {
                reach(state);
            }
        }
    }

    /** A row whose moments are all zero is updated by nothing, whether it has been reached or not. */
    private static void reach(State state) {
        int width = state.m.length / state.parameter.shape().get(0);
        for (int i = 0; i < state.m.length; i++) {
            if (state.m[i] != 0 || state.v[i] != 0) {
                state.parameter.everRows().set(i / width);
            }
        }
    }
}
