package io.demitasse.serve;

import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

/** What went wrong inside the server: one line each time, and where it came from the first time alone. */
final class FailureLog {

    private static final System.Logger LOG = System.getLogger("io.demitasse.serve");
    private static final int MOST_PLACES = 100;

    private final Set<String> places = ConcurrentHashMap.newKeySet();

    /** Logs a failure. */
    void log(String request, Throwable failure) {
        Throwable cause = unwrap(failure);
        String line = (request + " failed: " + cause).lines().findFirst().orElse(request);
        // What kept memory from being had says more about the moment than about the place.
        String place = isOutOfMemory(cause) || cause.getStackTrace().length == 0 ? cause.getClass().getName()
                : cause.getClass().getName() + " at " + cause.getStackTrace()[0];
        if (places.size() < MOST_PLACES && places.add(place)) {
            LOG.log(Level.ERROR, line, cause);
        } else {
            LOG.log(Level.ERROR, line);
        }
    }

    static boolean isOutOfMemory(Throwable failure) {
        return unwrap(failure) instanceof OutOfMemoryError;
    }

    private static Throwable unwrap(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }
}
