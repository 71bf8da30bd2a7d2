package io.demitasse.serve;

import java.util.ArrayList;
import java.util.List;

/** Portions of one or more requests that are computed together. */
final class Batch<S, R> {

    private final Work<S, R> work;
    private final int batchTokens;
    private final List<S> sequences = new ArrayList<>();
    private final List<Portions<S, R>> owners = new ArrayList<>();      // of each sequence
    private final List<Integer> places = new ArrayList<>();             // its number in the request
    private int requests;
    private int tokens;

    Batch(Work<S, R> work, int batchTokens) {
        this.work = work;
        this.batchTokens = batchTokens;
    }

    Work<S, R> work() {
        return work;
    }

    int sequences() {
        return sequences.size();
    }

    int requests() {
        return requests;
    }

    int tokens() {
        return tokens;
    }

    /** Whether the request's next portion is of the same work and fits in. */
    boolean takes(Portions<?, ?> request) {
        return request.work() == work && (sequences.isEmpty() || tokens + request.tokens() <= batchTokens
                && sequences.size() + request.size() <= work.mostTogether());
    }

    /** Moves the next portion of a request that is of the same work. */
    void add(Portions<?, ?> request) {
        @SuppressWarnings("unchecked")
        Portions<S, R> same = (Portions<S, R>) request;
        tokens += same.tokens();
        requests++;
        for (int i = same.size(); i > 0; i--) {
            owners.add(same);
            places.add(same.place());
            sequences.add(same.next());
        }
    }

    /** Whose portions these are; some more than once. */
    List<Portions<S, R>> owners() {
        return owners;
    }

    /** Computes, and hands each request its results. */
    void compute() {
        List<R> results = work.compute(sequences);
        for (int i = 0; i < results.size(); i++) {
            owners.get(i).set(places.get(i), results.get(i));
        }
    }
}
