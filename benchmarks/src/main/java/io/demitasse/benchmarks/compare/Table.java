package io.demitasse.benchmarks.compare;

import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Prints what a comparison finds, as it is found. */
final class Table {

    private final PrintStream out;

    Table(PrintStream out) {
        this.out = out;
    }

    void machine(Machine machine, int threads, int rounds, List<String> missing) {
        out.printf("%s; %d processors; %s; %s; %s%n", machine.processor(), machine.processors(), machine.system(),
                machine.jvm(), machine.date());
        out.printf(Locale.ROOT, "threads %d, rounds %d, load before %.2f, OPENBLAS_CORETYPE %s%n", threads, rounds,
                machine.load(), machine.openblasCoretype() == null ? "not set" : machine.openblasCoretype());
        missing.forEach(line -> out.println("left out: " + line));
    }

    void agreementHeader() {
        out.printf("%n%-26s %-14s %-14s %-16s %-9s %s%n", "peer", "|difference|", "in batches", "labels changed",
                "accuracy", "runtime");
    }

    void agreement(Agreement a, String version) {
        out.printf(Locale.ROOT, "%-26s %-14.2e %-14.2e %-16s %-9.4f %s%n", a.peer(), a.difference(),
                a.batchDifference(), a.changed() + " of " + a.sentences(), a.accuracy(), version);
    }

    void latencyHeader() {
        out.printf("%nOne sequence at a time: milliseconds (min, median, max), and the time divided by Demitasse's in"
                + " the same round%n");
    }

    void latency(List<Measurement> measurements) {
        measurements.forEach(m -> line(m, m.spread(), 1e3));
    }

    void throughputHeader(Sst2 data) {
        out.printf("%n%d sentences (%d tokens) in batches of %d: sentences a second, and the time divided by"
                + " Demitasse's in the same round%n", data.size(), data.tokens(), Comparison.BATCH);
    }

    /** Units of the work a second. */
    void throughput(List<Measurement> measurements) {
        for (Measurement m : measurements) {
            Spread time = m.spread();
            line(m, new Spread(1 / time.max(), 1 / time.median(), 1 / time.min()), 1);
        }
    }

    void lossesHeader() {
        out.printf("%n%-26s %-12s %-46s %s%n", "peer", "|difference|", "losses of steps on one batch, without dropout",
                "runtime");
    }

    void losses(String peer, double[] losses, double difference, String version) {
        out.printf(Locale.ROOT, "%-26s %-12.2e %-46s %s%n", peer, difference, Arrays.stream(losses)
                .mapToObj(loss -> String.format(Locale.ROOT, "%.6f", loss)).collect(Collectors.joining(" ")), version);
    }

    void trainingHeader(int sequences, int length, int steps) {
        out.printf("%nWith dropout, batches of %d sequences of %d tokens, %d steps a turn: steps a second (min, median,"
                + " max), and the time divided by Demitasse's in the same round%n", sequences, length, steps);
    }

    void meanLoss(String peer, double loss) {
        out.printf(Locale.ROOT, "%-18s %-26s %9.4f%n", "mean loss", peer, loss);
    }

    private void line(Measurement m, Spread value, double scale) {
        String ratio = m.ratio() == null ? "" : String.format(Locale.ROOT, "%8.2f %8.2f %8.2f  x %s", m.ratio().min(),
                m.ratio().median(), m.ratio().max(), m.baseline());
        out.printf(Locale.ROOT, "%-18s %-26s %9.2f %9.2f %9.2f  %s%n", m.work(), m.peer(), value.min() * scale,
                value.median() * scale, value.max() * scale, ratio);
    }
}
