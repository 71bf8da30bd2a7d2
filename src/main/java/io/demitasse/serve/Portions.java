package io.demitasse.serve;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A request's sequences on their way to results, cut into portions that fit into a batch. Guarded by the batcher's lock. */
final class Portions<S, R> {

    private final Work<S, R> work;
    private final List<S> sequences;
    private final Object[] results;
    private final int batchTokens;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private long left;              // tokens that are in no batch yet
    private int taken;              // sequences that are in batches
    private int computed;
    private int size;               // sequences of the next portion
    private int tokens;             // of the next portion

    Portions(Work<S, R> work, List<S> sequences, int batchTokens) {
        this.work = work;
        this.sequences = sequences;
        this.results = new Object[sequences.size()];
        this.batchTokens = batchTokens;
        this.left = sequences.stream().mapToLong(work::tokens).sum();
        cut();
    }

    Work<S, R> work() {
        return work;
    }

    /** Tokens that are in no batch yet. */
    long left() {
        return left;
    }

    /** Whether a portion has gone into a batch. */
    boolean isBegun() {
        return taken > 0;
    }

    /** Whether there is a portion that is in no batch yet. */
    boolean hasNext() {
        return taken < sequences.size();
    }

    /** How many sequences the next portion has. */
    int size() {
        return size;
    }

    /** How many tokens the next portion has. */
    int tokens() {
        return tokens;
    }

    /** Takes the next sequence. */
    S next() {
        S next = sequences.get(taken++);
        int length = work.tokens(next);
        left -= length;
        tokens -= length;
        if (--size == 0) {
            cut();
        }
        return next;
    }

    /** The number of the sequence that is taken next. */
    int place() {
        return taken;
    }

    /** As many of the next sequences as fit into a batch, and at least one if there is one. */
    private void cut() {
        size = 0;
        tokens = 0;
        while (taken + size < sequences.size() && size < Math.max(1, work.mostTogether())) {
            int length = work.tokens(sequences.get(taken + size));
            if (size > 0 && tokens + length > batchTokens) {
                break;
            }
            size++;
            tokens += length;
        }
    }

    void set(int place, R result) {
        results[place] = result;
        if (++computed == results.length) {
            done.complete(null);
        }
    }

    void fail(Throwable failure) {
        done.completeExceptionally(failure);
    }

    /** Done when all results are there. */
    CompletableFuture<Void> done() {
        return done;
    }

    @SuppressWarnings("unchecked")
    List<R> results() {
        return (List<R>) Arrays.asList(results);
    }
}
