package io.demitasse.train;

/** A training that cannot go on. The message is one line that says why and what to change. */
public final class TrainingException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public TrainingException(String message) {
        super(message);
    }
}
