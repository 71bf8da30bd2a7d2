package io.demitasse.serve;

import io.demitasse.serve.RequestException.Kind;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Computes the sequences of all requests, as many together as fit into a batch, on one thread (the model has its own
 * threads within a batch). Whose turn it is says {@link FairQueue}; how many may wait is bounded here.
 */
final class Batcher implements AutoCloseable {

    /** The queue has so many times what one request may occupy of it. */
    private static final int SHARES = 16;
    /** How long a batch that is not full waits for more while many requests come; a lone one never waits. */
    private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    /** How often one who waits is asked whether it still does. Twice gone is gone. */
    private static final long ASK_MILLIS = 500;

    private final int batchTokens;
    private final int queueTokens;
    private final int share;
    private final Metrics metrics;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final FairQueue queue;
    private final Thread thread = new Thread(this::run, "demitasse-batcher");
    private boolean closed;

    /**
     * Starts the thread.
     *
     * @param batchTokens how many tokens are computed together; a longer sequence goes alone
     * @param queueTokens how many tokens may wait, those of one request beyond a sixteenth of this not counted, and
     *     those of large requests taking three quarters of it at most
     */
    Batcher(int batchTokens, int queueTokens, Metrics metrics) {
        this.batchTokens = batchTokens;
        this.queueTokens = queueTokens;
        this.share = Math.max(1, queueTokens / SHARES);
        this.metrics = metrics;
        this.queue = new FairQueue(batchTokens);
        metrics.watchQueue(this::waitingTokens);
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Computes sequences, and waits until it is done.
     *
     * @param gone whether nobody waits for the results any more
     * @throws RequestException if too many wait already, the server is stopping, or nobody waits for it
     */
    <S, R> List<R> compute(Work<S, R> work, List<S> sequences, BooleanSupplier gone) throws InterruptedException {
        if (sequences.isEmpty()) {
            return List.of();
        }
        Portions<S, R> request = new Portions<>(work, sequences, batchTokens);
        lock.lock();
        try {
            if (closed) {
                throw new RequestException(Kind.UNHEALTHY, "the server is stopping");
            }
            // What large ones may not have is left to small ones, whatever comes first.
            int limit = request.left() > share ? queueTokens - queueTokens / 4 : queueTokens;
            long occupied = queue.tokens(share);
            if (occupied > 0 && occupied + Math.min(share, request.left()) > limit) {
                throw new RequestException(Kind.OVERLOADED, "too many requests are waiting already: try again later");
            }
            queue.add(request);
            changed.signal();
        } finally {
            lock.unlock();
        }
        return await(request, gone);
    }

    private <R> List<R> await(Portions<?, R> request, BooleanSupplier gone) throws InterruptedException {
        int timesGone = 0;
        while (true) {
            try {
                request.done().get(ASK_MILLIS, TimeUnit.MILLISECONDS);
                return request.results();
            } catch (TimeoutException e) {
                timesGone = gone.getAsBoolean() ? timesGone + 1 : 0;
                if (timesGone == 2) {
                    drop(List.of(request));
                    throw new RequestException(Kind.GONE, "its client has gone");
                }
            } catch (ExecutionException e) {
                throw new CompletionException(e.getCause());
            } catch (InterruptedException e) {
                drop(List.of(request));
                throw e;
            }
        }
    }

    long waitingTokens() {
        lock.lock();
        try {
            return queue.tokens(Long.MAX_VALUE);
        } finally {
            lock.unlock();
        }
    }

    /** Does without what has not been computed yet. */
    private void drop(List<? extends Portions<?, ?>> requests) {
        lock.lock();
        try {
            requests.forEach(queue::remove);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        boolean crowded = false;
        try {
            for (Batch<?, ?> batch; (batch = next(crowded)) != null;) {
                crowded = batch.requests() > 1;
                metrics.batch(batch.sequences(), batch.tokens());
                compute(batch);
            }
        } catch (InterruptedException e) {
            // Nobody interrupts this thread; if someone does, the server is over.
            Thread.currentThread().interrupt();
        }
    }

    private void compute(Batch<?, ?> batch) {
        try {
            batch.compute();
        } catch (Throwable e) {
            // Whatever it is, the requests hear of it and the next batch gets its chance.
            batch.owners().forEach(request -> request.fail(e));
            drop(batch.owners());
        }
    }

    /** Waits for the next batch; null when closed and nothing is left to do. */
    private Batch<?, ?> next(boolean crowded) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long nanos = crowded ? LINGER_NANOS : 0;
            while (queue.isEmpty() || nanos > 0 && queue.tokens(batchTokens) < batchTokens && !closed) {
                if (!queue.isEmpty()) {
                    nanos = changed.awaitNanos(nanos);
                } else if (closed) {
                    return null;
                } else {
                    changed.await();
                }
            }
            return queue.next();
        } finally {
            lock.unlock();
        }
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
}
