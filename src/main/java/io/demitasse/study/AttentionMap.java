package io.demitasse.study;

import io.demitasse.kernel.Matrix;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How much each token looks at each other one, in one head or in the mean of a block's heads. Rows sum to 1. */
public final class AttentionMap {

    private static final int SHOWN = 8;     // of a line, in toString and from

    private final List<Token> tokens;
    private final Matrix probabilities;

    AttentionMap(List<Token> tokens, Matrix probabilities) {
        this.tokens = tokens;
        this.probabilities = probabilities;
    }

    /** How much token {@code query} looks at token {@code key}, 0 to 1. */
    public float get(int query, int key) {
        return probabilities.get(query, key);
    }

    /** All of it, {@code [queries, keys]}. */
    public Matrix matrix() {
        return probabilities;
    }

    /** Where a token looks, most first, for people to read: {@code not -> good 0.41, ...}. */
    public String from(int query) {
        String targets = IntStream.range(0, tokens.size()).boxed()
                .sorted(Comparator.comparing((Integer key) -> -get(query, key))).limit(SHOWN)
                .map(key -> String.format(Locale.ROOT, "%s %.3f", tokens.get(key).piece(), get(query, key)))
                .collect(Collectors.joining(", "));
        return tokens.get(query).piece() + " -> " + targets;
    }

    /** A line a token, as {@link #from} writes it. */
    @Override
    public String toString() {
        return IntStream.range(0, tokens.size()).mapToObj(this::from).collect(Collectors.joining("\n"));
    }
}
