package io.demitasse.serve;

import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * What is computed of sequences, one result each. Requests with the same work share batches.
 *
 * @param <S> a sequence of tokens
 * @param <R> what is made of one
 */
interface Work<S, R> {

    /** How many tokens a sequence has. */
    int tokens(S sequence);

    /** How many sequences may be computed together, whatever their tokens: results take memory too. */
    int mostTogether();

    /** One result for each sequence, in their order. */
    List<R> compute(List<S> sequences);

    /** Puts a work together. */
    static <S, R> Work<S, R> of(ToIntFunction<S> tokens, int mostTogether, Function<List<S>, List<R>> compute) {
        return new Work<>() {
            @Override
            public int tokens(S sequence) {
                return tokens.applyAsInt(sequence);
            }

            @Override
            public int mostTogether() {
                return mostTogether;
            }

            @Override
            public List<R> compute(List<S> sequences) {
                return compute.apply(sequences);
            }
        };
    }
}
