package io.demitasse.file;

import java.nio.file.Path;

/** A model file that cannot be used. The message is one line that names the file and what is wrong with it. */
public final class ModelFormatException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public ModelFormatException(Path file, String problem) {
        super(file + ": " + problem);
    }

    public ModelFormatException(Path file, String problem, Throwable cause) {
        super(file + ": " + problem, cause);
    }

    /** Two values that should agree and do not. */
    public static ModelFormatException of(Path file, String what, Object expected, Object found) {
        return new ModelFormatException(file, what + ": expected " + expected + ", found " + found);
    }
}
