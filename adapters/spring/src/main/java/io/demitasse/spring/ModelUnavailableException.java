package io.demitasse.spring;

/** The application's model cannot be had; the message says which, and why. */
public class ModelUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1;

    ModelUnavailableException(String location, Exception cause) {
        super("demitasse.model=" + location + ": " + cause.getMessage(), cause);
    }
}
