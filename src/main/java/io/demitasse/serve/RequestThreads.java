package io.demitasse.serve;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A thread for each request that is being answered, up to a limit; most of them wait. They are virtual threads where
 * these can wait within a monitor (JDK 24 and newer, JEP 491). On JDK 21 to 23 a virtual thread that does so keeps the
 * thread of the system below it, of which there are as many as processors, and the JDK's HTTP server reads within
 * monitors: two clients that send nothing would stop a server on two processors.
 */
final class RequestThreads implements Executor {

    private static final int FIRST_WITHOUT_PINNING = 24;

    private final int most;
    private final Semaphore free;
    private final ExecutorService threads;
    private final boolean virtual;

    RequestThreads(int most) {
        this.most = most;
        this.free = new Semaphore(most);
        this.virtual = Runtime.version().feature() >= FIRST_WITHOUT_PINNING;
        this.threads = virtual ? virtualThreads() : platformThreads();
    }

    private static ExecutorService platformThreads() {
        AtomicInteger number = new AtomicInteger();
        return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(),
                task -> new Thread(task, "demitasse-http-" + number.incrementAndGet()));
    }

    /** By reflection: this is compiled for JDK 17. */
    private static ExecutorService virtualThreads() {
        try {
            return (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JDK has no virtual threads", e);
        }
    }

    /** Runs a request's task. Throws RejectedExecutionException if all threads are taken: its connection is closed. */
    @Override
    public void execute(Runnable task) {
        if (!free.tryAcquire()) {
            throw new RejectedExecutionException("as many requests are being answered as may be");
        }
        try {
            threads.execute(() -> {
                try {
                    task.run();
                } finally {
                    free.release();
                }
            });
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            free.release();
            throw e;
        }
    }

    /** How many requests are being answered. */
    int active() {
        return most - free.availablePermits();
    }

    boolean isVirtual() {
        return virtual;
    }

    /** Interrupts all that are still at work. */
    void stop() {
        threads.shutdownNow();
    }
}
