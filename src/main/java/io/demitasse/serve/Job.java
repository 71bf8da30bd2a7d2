package io.demitasse.serve;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * What a request asks to have computed, and what becomes of it. It holds no text: while it waits, the request's body is
 * let go.
 *
 * @param sequences what is computed, in the batches of all requests
 * @param bytes about how much memory the results and the response take; those who need much have to find it free
 * @param respond makes the response of the results, one for each sequence
 */
record Job<S, R>(Work<S, R> work, List<S> sequences, long bytes, Function<List<R>, Response> respond) implements Answer {

    /** Waits until it is computed; see {@link Batcher#compute}. */
    Response run(Batcher batcher, BooleanSupplier gone) throws InterruptedException {
        return respond.apply(batcher.compute(work, sequences, gone));
    }
}
