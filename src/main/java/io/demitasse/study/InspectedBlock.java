package io.demitasse.study;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Trace;
import java.util.List;
import java.util.Objects;

/** What one block did with one text; {@link io.demitasse.model.Block} and its parts say how. */
public final class InspectedBlock {

    private final int block;
    private final int heads;
    private final List<Token> tokens;
    private final Trace trace;

    InspectedBlock(int block, int heads, List<Token> tokens, Trace trace) {
        this.block = block;
        this.heads = heads;
        this.tokens = tokens;
        this.trace = trace;
    }

    /**
     * What one head looks at.
     *
     * @throws IndexOutOfBoundsException if there is no such head; they count from 0
     */
    public AttentionMap attention(int head) {
        Matrix all = trace.attentionProbabilities(block, 0);            // [heads * queries, keys]
        int n = tokens.size();
        int first = Objects.checkIndex(head, heads) * n;
        Matrix one = Matrix.zeros(n, n);
        System.arraycopy(all.data(), all.row(first), one.data(), 0, n * n);
        return new AttentionMap(tokens, one);
    }

    /** What the heads look at on average. */
    public AttentionMap attention() {
        Matrix all = trace.attentionProbabilities(block, 0);            // [heads * queries, keys]
        int n = tokens.size();
        Matrix mean = Matrix.zeros(n, n);
        for (int i = 0; i < n * n; i++) {
            double sum = 0;
            for (int head = 0; head < heads; head++) {
                sum += all.data()[all.row(head * n) + i];
            }
            mean.data()[i] = (float) (sum / heads);
        }
        return new AttentionMap(tokens, mean);
    }

    /** {@code Q}, {@code [tokens, dim]}: what each token asks for; head h has columns h d to (h + 1) d. */
    public Matrix query() {
        return trace.get(name("attention.query"));
    }

    /** {@code K}, {@code [tokens, dim]}: what each token answers to. */
    public Matrix key() {
        return trace.get(name("attention.key"));
    }

    /** {@code V}, {@code [tokens, dim]}: what each token hands over. */
    public Matrix value() {
        return trace.get(name("attention.value"));
    }

    /** What the heads gathered, side by side, {@code [tokens, dim]}. */
    public Matrix context() {
        return trace.get(name("attention.context"));
    }

    /** Inside the feed-forward layer, after GELU: {@code [tokens, hiddenDim]}. */
    public Matrix inner() {
        return trace.get(name("ffn.lin1.output"));
    }

    /** The hidden states that the block hands on, {@code [tokens, dim]}. */
    public Matrix output() {
        return trace.hiddenStates(block + 1);
    }

    private String name(String part) {
        return "distilbert.transformer.layer." + block + "." + part;
    }

    @Override
    public String toString() {
        return "block " + block + " of " + heads + " heads";
    }
}
