package io.demitasse.serve;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.Stream;

/**
 * Whose turn it is. Requests are of two kinds: the fresh, of which nothing has been computed yet, and the begun, too
 * large for one batch.
 *
 * <p>The fresh go first, and into batches of their own, so that a small one waits for the batch that is being computed
 * and then for its own, whatever large ones wait beside it. The begun take turns, a portion each. They are not kept
 * waiting for ever: after as much as two batches of fresh ones it is their turn.
 *
 * <p>Among the fresh a smaller one overtakes larger ones, unless these have waited for eight times the work by which they
 * are larger. What a portion costs is its tokens, but an eighth of a batch at least: a pass over the weights has a cost
 * of its own.
 *
 * <p>Not thread-safe: guarded by the batcher's lock.
 */
final class FairQueue {

    private static final int CHEAPEST_PART_OF_A_BATCH = 8;
    private static final int PATIENCE = 8;
    private static final int BATCHES_AHEAD = 2;

    /** A fresh request, and up to which work it lets others overtake. */
    private record Fresh(Portions<?, ?> request, long due, long number) {
    }

    private final int batchTokens;
    private final PriorityQueue<Fresh> fresh = new PriorityQueue<>(
            Comparator.comparingLong(Fresh::due).thenComparingLong(Fresh::number));
    private final ArrayDeque<Portions<?, ?>> begun = new ArrayDeque<>();
    private long work;      // what fresh ones have cost so far
    private long ahead;     // the same since begun ones had their turn
    private long number;

    FairQueue(int batchTokens) {
        this.batchTokens = batchTokens;
    }

    boolean isEmpty() {
        return fresh.isEmpty() && begun.isEmpty();
    }

    /** Lets a request wait for its turn. */
    void add(Portions<?, ?> request) {
        if (request.isBegun()) {
            begun.add(request);
        } else {
            fresh.add(new Fresh(request, work + PATIENCE * cost(request.tokens()), number++));
        }
    }

    /** Takes a request out, if it is there. */
    void remove(Portions<?, ?> request) {
        begun.remove(request);
        fresh.removeIf(one -> one.request == request);
    }

    /** How many tokens wait, of each request at most so many. */
    long tokens(long most) {
        return Stream.concat(fresh.stream().map(Fresh::request), begun.stream())
                .mapToLong(request -> Math.min(most, request.left())).sum();
    }

    /** The portions that are computed next, all of the same work; what is left of their requests waits again. */
    Batch<?, ?> next() {
        boolean turnOfBegun = fresh.isEmpty() || !begun.isEmpty() && ahead >= (long) BATCHES_AHEAD * batchTokens;
        Portions<?, ?> first = turnOfBegun ? begun.peek() : fresh.peek().request;
        Batch<?, ?> batch = new Batch<>(first.work(), batchTokens);
        List<Portions<?, ?>> taken = new ArrayList<>();
        if (turnOfBegun) {
            takeBegun(batch, taken);
            ahead = 0;
        }
        // Begun ones do not join the fresh, which would then wait for more than their own.
        takeFresh(batch, taken);
        taken.stream().filter(Portions::hasNext).forEach(this::add);
        return batch;
    }

    private void takeBegun(Batch<?, ?> batch, List<Portions<?, ?>> taken) {
        for (Iterator<Portions<?, ?>> all = begun.iterator(); all.hasNext();) {
            Portions<?, ?> request = all.next();
            if (batch.takes(request)) {
                all.remove();
                batch.add(request);
                taken.add(request);
            } else if (request.work() == batch.work()) {
                return;     // whoever does not fit is not overtaken
            }
        }
    }

    private void takeFresh(Batch<?, ?> batch, List<Portions<?, ?>> taken) {
        List<Fresh> others = new ArrayList<>();
        int before = batch.tokens();
        boolean full = false;
        while (!fresh.isEmpty() && !full) {
            Fresh one = fresh.poll();
            if (batch.takes(one.request)) {
                batch.add(one.request);
                taken.add(one.request);
            } else {
                others.add(one);
                full = one.request.work() == batch.work();
            }
        }
        fresh.addAll(others);
        if (batch.tokens() > before) {
            long cost = cost(batch.tokens() - before);
            work += cost;
            ahead += cost;
        }
    }

    private long cost(int tokens) {
        return Math.max(tokens, batchTokens / CHEAPEST_PART_OF_A_BATCH);
    }
}
