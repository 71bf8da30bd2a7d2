package io.demitasse.serve;

import io.demitasse.serve.RequestException.Kind;
import java.util.concurrent.Semaphore;

/**
 * The memory of results and answers, which grows with a model's labels: an eighth of the heap for all that are at work.
 * Small ones, such as those of two labels, need not ask.
 */
final class AnswerMemory {

    static final long SMALL = 64 << 10;
    private static final int UNIT = 1 << 10;

    private final int units;
    private final Semaphore free;

    AnswerMemory(long heapBytes) {
        units = (int) Math.min(Integer.MAX_VALUE, heapBytes / 8 / UNIT);
        free = new Semaphore(units);
    }

    /** What was taken; closed, it is free again. */
    interface Lease extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Takes memory for an answer.
     *
     * @throws RequestException if so much is never there, or not now
     */
    Lease take(long bytes) {
        if (bytes <= SMALL) {
            return () -> { };
        }
        long needed = (bytes + UNIT - 1) / UNIT;
        if (needed > units) {
            throw new RequestException(Kind.TOO_LARGE, "the answer would take about " + (bytes >> 20)
                    + " MB; this server has " + ((long) units * UNIT >> 20) + " MB for answers: send fewer texts at a time");
        }
        if (!free.tryAcquire((int) needed)) {
            throw new RequestException(Kind.OVERLOADED, "too many large answers at once: try again later");
        }
        return () -> free.release((int) needed);
    }
}
