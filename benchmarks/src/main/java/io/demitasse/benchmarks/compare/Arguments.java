package io.demitasse.benchmarks.compare;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What to compare.
 *
 * @param model the flat file with F32, F16 or BF16 weights
 * @param int8 the flat file with int8 weights; null to leave it out
 * @param onnx the folder that export_onnx.py and export_torchscript.py wrote to
 * @param data a TSV file with columns sentence and label
 * @param sentences how many sentences of the data to take
 * @param seconds how long a peer's turn lasts at least
 * @param only the names of the peers, or what they begin with; empty for all
 * @param json where to write the results; null for nowhere
 */
record Arguments(Path model, Path int8, Path onnx, Path data, int sentences, int threads, int rounds,
                 double seconds, List<String> only, Path json) {

    static final String USAGE = "usage: Comparison --model F32.flat [--int8 I8.flat] --onnx DIR --data dev.tsv"
            + " [--sentences N] [--threads N] [--rounds N] [--seconds S] [--only NAME,NAME] [--json out.json]";

    private static final List<String> NAMES = List.of("--model", "--int8", "--onnx", "--data", "--sentences",
            "--threads", "--rounds", "--seconds", "--only", "--json");

    static Arguments parse(String[] args) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i < args.length; i += 2) {
            if (!NAMES.contains(args[i])) {
                throw new IllegalArgumentException("there is no option " + args[i]);
            }
            if (i + 1 == args.length) {
                throw new IllegalArgumentException(args[i] + " needs a value");
            }
            values.put(args[i], args[i + 1]);
        }
        String only = values.get("--only");
        return new Arguments(
                path(values, "--model", true),
                path(values, "--int8", false),
                path(values, "--onnx", true),
                path(values, "--data", true),
                count(values, "--sentences", Integer.MAX_VALUE),
                count(values, "--threads", Runtime.getRuntime().availableProcessors()),
                count(values, "--rounds", 5),
                number(values, "--seconds", 0.5),
                only == null ? List.of() : List.of(only.split(",")),
                path(values, "--json", false));
    }

    boolean takes(String peer) {
        return only.isEmpty() || only.stream().anyMatch(peer::startsWith);
    }

    private static Path path(Map<String, String> values, String name, boolean needed) {
        String value = values.get(name);
        if (value == null && needed) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return value == null ? null : Path.of(value);
    }

    private static int count(Map<String, String> values, String name, int otherwise) {
        double number = number(values, name, otherwise);
        if (number != Math.rint(number)) {
            throw new IllegalArgumentException(name + " must be a whole number, not " + values.get(name));
        }
        return (int) number;
    }

    private static double number(Map<String, String> values, String name, double otherwise) {
        String value = values.get(name);
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
