package io.demitasse.benchmarks.compare;

import java.nio.file.Path;
import java.util.List;

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
        Flags flags = new Flags(args, NAMES);
        String only = flags.text("--only");
        return new Arguments(
                flags.neededPath("--model"),
                flags.path("--int8"),
                flags.neededPath("--onnx"),
                flags.neededPath("--data"),
                flags.count("--sentences", Integer.MAX_VALUE),
                flags.count("--threads", Runtime.getRuntime().availableProcessors()),
                flags.count("--rounds", 5),
                flags.number("--seconds", 0.5),
                only == null ? List.of() : List.of(only.split(",")),
                flags.path("--json"));
    }

    boolean takes(String peer) {
        return only.isEmpty() || only.stream().anyMatch(peer::startsWith);
    }
}
