package io.demitasse.file;

import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A model file that cannot be used. The message is one line that names the file and what is wrong with it. */
public final class ModelFormatException extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private static final int LONGEST_VALUE = 200;
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cntrl}\\x80-\\x9F\\u2028\\u2029]");

    public ModelFormatException(Path file, String problem) {
        super(oneLine(file + ": " + problem));
    }

    public ModelFormatException(Path file, String problem, Throwable cause) {
        super(oneLine(file + ": " + problem), cause);
    }

    /** A refusal whose message is one line that names the file already. */
    public static ModelFormatException named(IllegalArgumentException refusal) {
        return new ModelFormatException(refusal);
    }

    private ModelFormatException(IllegalArgumentException refusal) {
        super(oneLine(String.valueOf(refusal.getMessage())), refusal);
    }

    /** Two values that should agree and do not. */
    public static ModelFormatException of(Path file, String what, @Nullable Object expected, @Nullable Object found) {
        return new ModelFormatException(file, what + ": expected " + excerpt(expected) + ", found " + excerpt(found));
    }

    private static String excerpt(@Nullable Object value) {
        String text = String.valueOf(value);
        return text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE) + "...";
    }

    /** Names and values come from a file that may hold anything: line ends, or what a terminal obeys. */
    private static String oneLine(String message) {
        return CONTROL.matcher(message).replaceAll(match -> String.format("\\\\u%04x", (int) match.group().charAt(0)));
    }
}
