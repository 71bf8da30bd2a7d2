package io.demitasse.kernel;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
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

    private static final long WATCH_NANOS = 200_000;

    private final Worker[] workers;
    /** The loops that run now; one that finds no place here runs on its caller alone, as all threads are busy. */
    private final AtomicReferenceArray<Loop> loops;
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
        loops = new AtomicReferenceArray<>(threads);
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
        run(new Loop(), steps, task);
    }

    /** {@link #run(int, Task)} with a loop that its one caller uses again and again. */
    void run(Loop loop, int steps, Task task) {
        int place = steps == 1 || workers.length == 0 || closed ? -1 : place(loop);
        if (place < 0) {
            for (int i = 0; i < steps; i++) {
                task.run(i, 0);
            }
            return;
        }
        loop.start(steps, task);
        int helpers = Math.min(workers.length, steps - 1);
        for (int i = 0; i < helpers; i++) {
            workers[i].wake();
        }
        while (loop.work(0)) {
            // Until no step is left to begin.
        }
        loops.set(place, null);
        loop.await();
    }

    private int place(Loop loop) {
        for (int i = 0; i < loops.length(); i++) {
            if (loops.get(i) == null && loops.compareAndSet(i, null, loop)) {
                return i;
            }
        }
        return -1;
    }

    /** Ends the threads. Loops that are running are finished by their callers. */
    @Override
    public void close() {
        closed = true;
        for (Worker worker : workers) {
            LockSupport.unpark(worker);
        }
    }

    /** A loop of one caller, which may start it again once it has ended. */
    static final class Loop {

        /**
         * How often it was started, in the upper half, and how many steps are still to begin, in the lower one. A
         * thread that was held up since an earlier start so takes no step of this one by what it saw then.
         */
        private final AtomicLong ahead = new AtomicLong();
        private final AtomicInteger unfinished = new AtomicInteger();
        private volatile Task task;
        private volatile Thread caller;
        private volatile Throwable failure;

        private void start(int steps, Task task) {
            this.task = task;
            this.caller = Thread.currentThread();
            this.failure = null;
            unfinished.set(steps);
            ahead.set((ahead.get() >>> 32) + 1 << 32 | steps);
        }

        private boolean hasMore() {
            return (int) ahead.get() > 0;
        }

        /** Does a step; false if none is left to begin. */
        private boolean work(int worker) {
            long seen = ahead.get();
            int left = (int) seen;
            if (left == 0) {
                return false;
            }
            if (!ahead.compareAndSet(seen, seen - 1)) {
                return true;
            }
            try {
                if (failure == null) {
                    task.run(left - 1, worker);
                }
            } catch (Throwable t) {
                failure = t;
            } finally {
                Thread waiting = caller;
                if (unfinished.decrementAndGet() == 0 && worker != 0) {
                    LockSupport.unpark(waiting);
                }
            }
            return true;
        }

        private void await() {
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
            task = null;
            caller = null;
            failure = null;
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
                    while (loop.work(number)) {
                        // Until no step is left to begin.
                    }
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
            for (int i = 0; i < loops.length(); i++) {
                Loop loop = loops.get(i);
                if (loop != null && loop.hasMore()) {
                    return loop;
                }
            }
            return null;
        }
    }
}
