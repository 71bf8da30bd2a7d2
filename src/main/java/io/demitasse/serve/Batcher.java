package io.demitasse.serve;

import io.demitasse.serve.RequestException.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * Computes the texts of all requests, as many together as fit into a batch, on one thread (the model has its own
 * threads within a batch). Requests take turns: one that has more texts than fit waits again at the end of the queue,
 * so that a large request does not hold up the small ones.
 */
final class Batcher implements AutoCloseable {

    /** How long a batch that is not full waits for more while many requests come; a lone one never waits. */
    private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /** What is computed of sequences of token ids, one result each. Requests with the same work share batches. */
    interface Work<R> extends Function<List<int[]>, List<R>> {
    }

    private final int batchTokens;
    private final int queueTokens;
    private final Metrics metrics;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Job<?>> queue = new ArrayDeque<>();
    private final Thread thread = new Thread(this::run, "demitasse-batcher");
    private long waiting;       // tokens of sequences that are in no batch yet
    private boolean closed;

    Batcher(int batchTokens, int queueTokens, Metrics metrics) {
        this.batchTokens = batchTokens;
        this.queueTokens = queueTokens;
        this.metrics = metrics;
        metrics.watchQueue(this::waitingTokens);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Computes sequences, and waits until it is done.
     *
     * @throws RequestException if too many tokens wait already, or the server is stopping
     */
    <R> List<R> compute(Work<R> work, List<int[]> sequences) throws InterruptedException {
        Job<R> job = new Job<>(work, sequences);
        lock.lock();
        try {
            if (closed) {
                throw new RequestException(Kind.UNHEALTHY, "the server is stopping");
            }
            if (waiting > 0 && waiting + job.tokens > queueTokens) {
                throw new RequestException(Kind.OVERLOADED, "too much is waiting already: try again later");
            }
            waiting += job.tokens;
            queue.add(job);
            changed.signal();
        } finally {
            lock.unlock();
        }
        return job.await();
    }

    long waitingTokens() {
        lock.lock();
        try {
            return waiting;
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        boolean crowded = false;
        try {
            for (Batch<?> batch; (batch = next(crowded)) != null;) {
                crowded = batch.requests() > 1;
                metrics.batch(batch.sequences.size(), batch.tokens);
                batch.compute();
            }
        } catch (InterruptedException e) {
            // Nobody interrupts this thread; if someone does, the server is over.
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for the next batch; null when closed and nothing is left to do. */
    private Batch<?> next(boolean crowded) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (queue.isEmpty()) {
                if (closed) {
                    return null;
                }
                changed.await();
            }
            long nanos = crowded ? LINGER_NANOS : 0;
            while (nanos > 0 && waiting < batchTokens && !closed) {
                nanos = changed.awaitNanos(nanos);
            }
            Batch<?> batch = fill(new Batch<>(queue.peek().work));
            waiting -= batch.tokens;
            return batch;
        } finally {
            lock.unlock();
        }
    }

    /** Moves sequences from the front of the queue into the batch, up to its budget, and at least one. */
    private <R> Batch<R> fill(Batch<R> batch) {
        ArrayDeque<Job<?>> later = new ArrayDeque<>();
        List<Job<?>> unfinished = new ArrayList<>();
        boolean full = false;
        while (!queue.isEmpty()) {
            Job<?> job = queue.poll();
            if (full || job.work != batch.work) {
                later.add(job);
                continue;
            }
            @SuppressWarnings("unchecked")
            Job<R> same = (Job<R>) job;
            int before = same.taken;
            while (same.hasNext() && (batch.tokens == 0 || batch.tokens + same.nextTokens() <= batchTokens)) {
                batch.add(same);
            }
            if (same.hasNext()) {
                full = true;
                // Whose turn it was goes to the end; who only did not fit keeps its place.
                if (same.taken > before) {
                    unfinished.add(same);
                } else {
                    later.add(same);
                }
            }
        }
        queue.addAll(later);
        queue.addAll(unfinished);
        return batch;
    }

    /** Computes what waits, then ends; nothing new is taken. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** A request's sequences on their way to results. */
    private static final class Job<R> {

        private final Work<R> work;
        private final List<int[]> sequences;
        private final Object[] results;
        private final long tokens;
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private int taken;      // sequences that went into batches
        private int computed;

        Job(Work<R> work, List<int[]> sequences) {
            this.work = work;
            this.sequences = sequences;
            this.results = new Object[sequences.size()];
            this.tokens = sequences.stream().mapToLong(ids -> ids.length).sum();
        }

        boolean hasNext() {
            return taken < sequences.size();
        }

        int nextTokens() {
            return sequences.get(taken).length;
        }

        void set(int sequence, R result) {
            results[sequence] = result;
            if (++computed == results.length) {
                done.complete(null);
            }
        }

        @SuppressWarnings("unchecked")
        List<R> await() throws InterruptedException {
            try {
                done.get();
            } catch (ExecutionException e) {
                throw new CompletionException(e.getCause());
            }
            return (List<R>) Arrays.asList(results);
        }
    }

    /** Sequences of one or more jobs that are computed together. */
    private static final class Batch<R> {

        private final Work<R> work;
        private final List<int[]> sequences = new ArrayList<>();
        private final List<Job<R>> jobs = new ArrayList<>();     // of each sequence
        private final List<Integer> places = new ArrayList<>();  // its number in the job
        private int tokens;

        Batch(Work<R> work) {
            this.work = work;
        }

        void add(Job<R> job) {
            jobs.add(job);
            places.add(job.taken);
            tokens += job.nextTokens();
            sequences.add(job.sequences.get(job.taken++));
        }

        long requests() {
            return jobs.stream().distinct().count();
        }

        void compute() {
            try {
                List<R> results = work.apply(sequences);
                for (int i = 0; i < results.size(); i++) {
                    jobs.get(i).set(places.get(i), results.get(i));
                }
            } catch (Throwable e) {
                // Whatever it is, the requests hear of it and the next batch gets its chance.
                jobs.forEach(job -> job.done.completeExceptionally(e));
            }
        }
    }
}
