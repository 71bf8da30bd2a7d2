package io.demitasse.benchmarks.compare;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A command line of {@code --name value} pairs. A value that will not do is an IllegalArgumentException. */
final class Flags {

    private final Map<String, String> values = new HashMap<>();

    Flags(String[] args, List<String> names) {
        for (int i = 0; i < args.length; i += 2) {
            if (!names.contains(args[i])) {
                throw new IllegalArgumentException("there is no option " + args[i]);
            }
            if (i + 1 == args.length) {
                throw new IllegalArgumentException(args[i] + " needs a value");
            }
            values.put(args[i], args[i + 1]);
        }
    }

    /** What the parser makes of a program's arguments; if they will not do, says why and how, and ends it with 2. */
    static <A> A parse(String[] args, Function<String[], A> parser, String usage) {
        try {
            return parser.apply(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.println(usage);
            System.exit(2);
            throw e;
        }
    }

    /** The value; null if there is none. */
    String text(String name) {
        return values.get(name);
    }

    /** Null if there is none. */
    Path path(String name) {
        String value = text(name);
        return value == null ? null : Path.of(value);
    }

    Path neededPath(String name) {
        if (text(name) == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return path(name);
    }

    int count(String name, int otherwise) {
        double number = number(name, otherwise);
        if (number != Math.rint(number)) {
            throw new IllegalArgumentException(name + " must be a whole number, not " + text(name));
        }
        return (int) number;
    }

    double number(String name, double otherwise) {
        String value = text(name);
        if (value == null) {
            return otherwise;
        }
        double number;
        try {
            number = Double.parseDouble(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " must be a number, not " + value, e);
        }
        if (!(number > 0)) {
            throw new IllegalArgumentException(name + " must be above 0, not " + value);
        }
        return number;
    }
}
