package io.demitasse.serve;

import io.demitasse.file.ModelFormatException;
import io.demitasse.serve.RequestException.Kind;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Pages that show how a text came to its label: one at a time, of short texts, and only where there is memory. Theirs is
 * many times that of a prediction, and whoever takes what is not there lets others fail.
 */
final class Inspections {

    /** The longest text; all its intermediates are kept until the page is written. */
    static final int MOST_TOKENS = 128;
    /** How often the garbage collector is asked how much memory there really is. */
    private static final long COLLECT_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final ServedModel model;
    private final long mostBytes;
    private final Semaphore one = new Semaphore(1);
    private long collected = System.nanoTime() - COLLECT_NANOS;

    /**
     * Makes pages.
     *
     * @param heapBytes the most that the JVM may have. A third of it is left to the requests beside the inspection, and
     *     to the garbage collector, which keeps about as much for what is new
     */
    Inspections(ServedModel model, long heapBytes) {
        this.model = model;
        this.mostBytes = heapBytes / 3 * 2;
    }

    /**
     * The page, in UTF-8.
     *
     * @param tokens how many the text has
     * @throws RequestException if the text is too long, another is being inspected, there is too little memory, or the
     *     model's file is not the one that was loaded
     */
    byte[] page(String text, int tokens) {
        if (tokens > MOST_TOKENS) {
            throw new RequestException(Kind.TOO_LARGE, "\"inputs\" has " + tokens + " tokens; at most " + MOST_TOKENS
                    + " are inspected here, and more by the command line's inspect");
        }
        if (!one.tryAcquire()) {
            throw new RequestException(Kind.OVERLOADED, "another text is being inspected: try again later");
        }
        try {
            checkMemory(model.inspectionBytes(tokens));
            return model.inspect(text);
        } catch (ModelFormatException e) {
            throw new RequestException(Kind.CHANGED, model.fileName() + " is not the file any more that this server has "
                    + "loaded: start it again to inspect");
        } finally {
            one.release();
        }
    }

    private void checkMemory(long bytes) {
        if (usedBytes() + bytes > mostBytes && System.nanoTime() - collected >= COLLECT_NANOS) {
            // Much of what is in use may be garbage.
            System.gc();
            collected = System.nanoTime();
        }
        long free = mostBytes - usedBytes();
        if (bytes > free) {
            throw new RequestException(Kind.UNHEALTHY, "this inspection would take about " + (bytes >> 20) + " MB, and "
                    + (Math.max(0, free) >> 20) + " MB are to be had: start the server with more, as in "
                    + "JAVA_OPTS=-Xmx2g, or with --no-inspect");
        }
    }

    private static long usedBytes() {
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
