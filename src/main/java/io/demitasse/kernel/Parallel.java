package io.demitasse.kernel;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A parallel for-loop on threads of its own. The calling thread works too, so {@code threads} is the number that
 * compute at once for one caller, and 1 starts no thread at all. Many threads may call {@link #run} at once; each then
 * makes progress at least by itself. Idle threads are parked, after watching for more work for some microseconds,
 * since one forward pass is a quick row of loops.
 */
public final class Parallel implements AutoCloseable {

    /** The body of the loop. */
    @FunctionalInterface
    public interface Task {
        /**
         * @param index which step of the loop
         * @param worker which of this pool's threads runs it, from 0 (the caller) below {@link Parallel#threads()};
         *     no two threads of one loop share a number, so it may choose a scratch buffer
         */
        void run(int index, int worker);
    }

    private static final long WATCH_NANOS = 50_000;

    private final Worker[] workers;
    private final ConcurrentLinkedQueue<Loop> loops = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

    /**
     * Starts {@code threads - 1} daemon threads.
     *
     * @throws IllegalArgumentException if {@code threads} is below 1
     */
    public Parallel(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, not " + threads);
        }
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker(i + 1);
            workers[i].start();
        }
    }

    /** How many threads compute one caller's loop, the caller's own included. */
    public int threads() {
        return workers.length + 1;
    }

    /**
     * Runs {@code task} for every index from 0 below {@code steps}, in any order, and returns when all are done.
     * What a step throws is thrown here, once no step runs any more; steps not yet begun are then left out.
     */
    public void run(int steps, Task task) {
        if (steps == 1 || workers.length == 0 || closed) {
            for (int i = 0; i < steps; i++) {
                task.run(i, 0);
            }
            return;
        }
        Loop loop = new Loop(steps, task);
        loops.add(loop);
        int helpers = Math.min(workers.length, steps - 1);
        for (int i = 0; i < helpers; i++) {
            workers[i].wake();
        }
        loop.work(0);
        loops.remove(loop);
        loop.await();
    }

    /** Ends the threads. Loops that are running are finished by their callers. */
    @Override
    public void close() {
        closed = true;
        for (Worker worker : workers) {
            LockSupport.unpark(worker);
        }
    }

    private static final class Loop {
        private final int steps;
        private final Task task;
        private final Thread caller = Thread.currentThread();
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicInteger unfinished;
        private volatile Throwable failure;

        Loop(int steps, Task task) {
            this.steps = steps;
            this.task = task;
            this.unfinished = new AtomicInteger(steps);
        }

        boolean hasMore() {
            return next.get() < steps;
        }

        void work(int worker) {
            int index;
            while (hasMore() && (index = next.getAndIncrement()) < steps) {
                try {
                    if (failure == null) {
                        task.run(index, worker);
                    }
                } catch (Throwable t) {
                    failure = t;
                } finally {
                    if (unfinished.decrementAndGet() == 0 && worker != 0) {
                        LockSupport.unpark(caller);
                    }
                }
            }
        }

        void await() {
            boolean interrupted = false;
            long watchUntil = System.nanoTime() + WATCH_NANOS;
            while (unfinished.get() > 0) {
                if (System.nanoTime() < watchUntil) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                    interrupted |= Thread.interrupted();
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            Throwable thrown = failure;
            if (thrown instanceof RuntimeException e) {
                throw e;
            }
            if (thrown instanceof Error e) {
                throw e;
            }
        }
    }

    private final class Worker extends Thread {
        private final int number;
        private volatile boolean parked;

        Worker(int number) {
            super(null, null, "demitasse-" + number, 0, false);
            this.number = number;
            setDaemon(true);
            // An app server's class loader must not be held by this thread.
            setContextClassLoader(null);
        }

        void wake() {
            if (parked) {
                LockSupport.unpark(this);
            }
        }

        @Override
        public void run() {
            long watchUntil = 0;
            while (!closed) {
                Loop loop = unfinishedLoop();
                if (loop != null) {
                    loop.work(number);
                    watchUntil = System.nanoTime() + WATCH_NANOS;
                } else if (System.nanoTime() < watchUntil) {
                    Thread.onSpinWait();
                } else {
                    parked = true;
                    // Looked at once more after the flag is up, so that a caller cannot have missed it.
                    if (unfinishedLoop() == null && !closed) {
                        LockSupport.park(Parallel.this);
                    }
                    parked = false;
                    watchUntil = System.nanoTime() + WATCH_NANOS;
                }
            }
        }

        private Loop unfinishedLoop() {
            Loop loop = loops.peek();
            while (loop != null && !loop.hasMore()) {
                loops.remove(loop);
                loop = loops.peek();
            }
            return loop;
        }
    }
}
