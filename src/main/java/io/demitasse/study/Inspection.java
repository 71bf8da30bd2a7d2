package io.demitasse.study;

import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Batch;
import io.demitasse.model.Head;
import io.demitasse.model.ModelConfig;
import io.demitasse.model.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * One text on its way through the model: its tokens, every intermediate that the pass's trace kept, and what is
 * worked out from these. A depth is a place between blocks: 0 after the embeddings, n after block n - 1. Immutable,
 * as long as nobody writes to the trace's matrices.
 */
public final class Inspection {

    private final Tokenization tokenization;
    private final List<String> labels;
    private final ModelConfig config;
    private final Trace trace;
    private final String functionToApply;
    private final float[][] lensLogits;             // [depths, labels]
    private final float[][] lensProbabilities;      // [depths, labels]
    private final List<Geometry> geometry;          // of each depth

    private Inspection(Tokenization tokenization, List<String> labels, ModelConfig config, Trace trace,
                       String functionToApply, float[][] lensLogits, float[][] lensProbabilities) {
        this.tokenization = tokenization;
        this.labels = List.copyOf(labels);
        this.config = config;
        this.trace = trace;
        this.functionToApply = functionToApply;
        this.lensLogits = lensLogits;
        this.lensProbabilities = lensProbabilities;
        List<Geometry> geometry = new ArrayList<>();
        for (int depth = 0; depth <= config.shape().layers(); depth++) {
            geometry.add(Geometry.of(trace.hiddenStates(depth), depth == 0 ? null : geometry.get(depth - 1)));
        }
        this.geometry = List.copyOf(geometry);
    }

    /**
     * Reads the trace of a pass over one sequence, and looks through the logit lens (nostalgebraist 2020): the
     * classification head is applied to the hidden state of {@code [CLS]} at every depth, as if the model ended there.
     *
     * @param trace what {@link io.demitasse.model.Encoder#forward} left behind; kept, not copied
     * @param functionToApply the name of what makes probabilities of logits
     * @param probabilities makes probabilities of logits
     */
    public static Inspection of(Tokenization tokenization, List<String> labels, ModelConfig config, Trace trace,
                                Head head, String functionToApply, UnaryOperator<float[]> probabilities,
                                Workspace workspace) {
        int depths = config.shape().layers() + 1;
        float[][] lensLogits = new float[depths][];
        float[][] lensProbabilities = new float[depths][];
        Batch one = Batch.of(List.of(new int[1]));
        for (int depth = 0; depth < depths; depth++) {
            Matrix first = workspace.rows(trace.hiddenStates(depth), 0, 1);             // [1, dim]
            lensLogits[depth] = head.forward(first, one, workspace,
                    depth == config.shape().layers() ? trace : Trace.NONE).toArray();            // [labels]
            lensProbabilities[depth] = probabilities.apply(lensLogits[depth]);
        }
        return new Inspection(tokenization, labels, config, trace, functionToApply, lensLogits, lensProbabilities);
    }

    /** How the text became tokens. */
    public Tokenization tokenization() {
        return tokenization;
    }

    /** The tokens that the model read. */
    public List<Token> tokens() {
        return tokenization.tokens();
    }

    /** The labels, by number. */
    public List<String> labels() {
        return labels;
    }

    /** How many blocks there are. */
    public int layers() {
        return config.shape().layers();
    }

    /** How many attention heads a block has. */
    public int heads() {
        return config.shape().heads();
    }

    /** What the classification head's first layer ends with: {@code relu} in DistilBERT, {@code tanh} in BERT. */
    public String headActivation() {
        return config.isBert() ? "tanh" : "relu";
    }

    /** What makes probabilities of logits, by its name in Hugging Face's pipelines: softmax, sigmoid or none. */
    public String functionToApply() {
        return functionToApply;
    }

    /** What the classification head gave, {@code [labels]}; a copy. */
    public float[] logits() {
        return logits(layers());
    }

    /** The labels' probabilities, {@code [labels]}; a copy. */
    public float[] probabilities() {
        return probabilities(layers());
    }

    /** The number of the label with the highest logit. */
    public int labelId() {
        int best = 0;
        for (int i = 1; i < labels.size(); i++) {
            if (lensLogits[layers()][i] > lensLogits[layers()][best]) {
                best = i;
            }
        }
        return best;
    }

    /** The logit lens: what the head gives for {@code [CLS]} at a depth, {@code [labels]}; a copy. */
    public float[] logits(int depth) {
        return lensLogits[depth].clone();
    }

    /** The logit lens: the labels' probabilities at a depth, {@code [labels]}; a copy. */
    public float[] probabilities(int depth) {
        return lensProbabilities[depth].clone();
    }

    /** The hidden states at a depth, {@code [tokens, dim]}. */
    public Matrix hiddenStates(int depth) {
        return trace.hiddenStates(depth);
    }

    /** Lengths, angles and principal components of the hidden states at a depth. */
    public Geometry geometry(int depth) {
        return geometry.get(depth);
    }

    /**
     * What a block did.
     *
     * @throws IndexOutOfBoundsException if there is no such block; they count from 0
     */
    public InspectedBlock block(int block) {
        return new InspectedBlock(Objects.checkIndex(block, layers()), heads(), tokens(), trace);
    }

    /** Every intermediate by name. */
    public Trace trace() {
        return trace;
    }

    /** For instance {@code POSITIVE 0.9987, 9 tokens, 6 blocks of 12 heads}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s %.4f, %d tokens, %d blocks of %d heads", labels.get(labelId()),
                probabilities()[labelId()], tokens().size(), layers(), heads());
    }
}
