package io.demitasse.benchmarks.compare;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * All that a comparison found.
 *
 * @param versions the runtime of each peer, by the peer's name
 * @param missing the kernels that do not work here, and why
 * @param latency a sequence alone, for each number of tokens
 * @param throughput all sentences in batches
 */
record Report(Machine machine, int threads, int rounds, Map<String, String> versions, List<String> missing,
              List<Agreement> agreement, List<Measurement> latency, List<Measurement> throughput, int sentences,
              long tokens) {

    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().serializeNulls()
            .serializeSpecialFloatingPointValues().create();

    void write(Path file) throws IOException {
        Files.writeString(file, GSON.toJson(this) + "\n");
    }

    void print(PrintStream out) {
        out.printf("%s; %d processors; %s; %s; %s%n", machine.processor(), machine.processors(), machine.system(),
                machine.jvm(), machine.date());
        out.printf(Locale.ROOT, "threads %d, rounds %d, load before %.2f, OPENBLAS_CORETYPE %s%n", threads, rounds,
                machine.load(), machine.openblasCoretype() == null ? "not set" : machine.openblasCoretype());
        missing.forEach(line -> out.println("left out: " + line));
        printAgreement(out);
        out.println();
        out.println("One sequence at a time: milliseconds, and the time divided by Demitasse's in the same round");
        latency.forEach(m -> print(out, m, m.spread(), 1e3));
        out.println();
        out.printf("%d sentences (%d tokens) in batches of %d: sentences a second, and the time divided by Demitasse's"
                + " in the same round%n", sentences, tokens, Comparison.BATCH);
        throughput.forEach(m -> {
            Spread time = m.spread();
            print(out, m, new Spread(1 / time.max(), 1 / time.median(), 1 / time.min()), 1);
        });
    }

    private void printAgreement(PrintStream out) {
        out.printf("%n%-26s %-14s %-14s %-16s %-9s %s%n", "peer", "|difference|", "in batches", "labels changed",
                "accuracy", "runtime");
        for (Agreement a : agreement) {
            out.printf(Locale.ROOT, "%-26s %-14.2e %-14.2e %-16s %-9.4f %s%n", a.peer(), a.difference(),
                    a.batchDifference(), a.changed() + " of " + a.sentences(), a.accuracy(), versions.get(a.peer()));
        }
    }

    private static void print(PrintStream out, Measurement m, Spread value, double scale) {
        String ratio = m.ratio() == null ? "" : String.format(Locale.ROOT, "%8.2f %8.2f %8.2f  x %s", m.ratio().min(),
                m.ratio().median(), m.ratio().max(), m.baseline());
        out.printf(Locale.ROOT, "%-18s %-26s %9.2f %9.2f %9.2f  %s%n", m.work(), m.peer(), value.min() * scale,
                value.median() * scale, value.max() * scale, ratio);
    }
}
