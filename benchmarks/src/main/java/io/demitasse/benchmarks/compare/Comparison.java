package io.demitasse.benchmarks.compare;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs Demitasse and its peers in turns, in one process, on the same weights, threads and token ids. First checks what
 * each computes against Demitasse's plain kernels in F32.
 */
public final class Comparison {

    static final int BATCH = 32;
    private static final int[] LENGTHS = {8, 16, 32, 64, 128, 256, 512};

    private Comparison() {
    }

    /** See {@link Arguments#USAGE}. */
    public static void main(String[] args) throws IOException {
        Arguments arguments = Flags.parse(args, Arguments::parse, Arguments.USAGE);
        Machine machine = Machine.here();
        try (Peers peers = Peers.load(arguments)) {
            Report report = compare(arguments, machine, peers, new Table(System.out));
            if (arguments.json() != null) {
                Json.write(report, arguments.json());
            }
        }
    }

    private static Report compare(Arguments arguments, Machine machine, Peers peers, Table table) throws IOException {
        table.machine(machine, arguments.threads(), arguments.rounds(), peers.missing());
        Sst2 data = Sst2.read(arguments.data(), arguments.sentences(), peers.reference().tokenizer());
        List<Agreement> agreement = agreement(peers, data, table);
        Turns turns = new Turns(peers, arguments.rounds(), arguments.seconds(),
                Turns.clock(arguments.threads()));
        Map<String, String> versions = new LinkedHashMap<>();
        peers.all().forEach(peer -> versions.put(peer.name(), peer.version()));
        return new Report(machine, arguments.threads(), arguments.rounds(), versions, peers.missing(), data.size(),
                data.tokens(), agreement, latency(turns, data, table), throughput(turns, data, table));
    }

    private static List<Agreement> agreement(Peers peers, Sst2 data, Table table) {
        table.agreementHeader();
        float[][] reference = Agreement.alone(peers.reference(), data);
        List<Agreement> all = new ArrayList<>();
        for (Peer peer : peers.all()) {
            float[][] logits = peer == peers.reference() ? reference : Agreement.alone(peer, data);
            Agreement agreement = Agreement.of(peer, logits, reference, data);
            table.agreement(agreement, peer.version());
            all.add(agreement);
        }
        return all;
    }

    private static List<Measurement> latency(Turns turns, Sst2 data, Table table) {
        table.latencyHeader();
        List<Measurement> all = new ArrayList<>();
        for (int length : LENGTHS) {
            int[][] alone = {data.sequence(0, length)};
            List<Measurement> measurements = turns.measure(length + " tokens", List.<int[][]>of(alone));
            table.latency(measurements);
            all.addAll(measurements);
        }
        return all;
    }

    private static List<Measurement> throughput(Turns turns, Sst2 data, Table table) {
        table.throughputHeader(data);
        List<Measurement> all = new ArrayList<>();
        for (boolean sorted : new boolean[] {false, true}) {
            List<int[][]> batches = data.batches(sorted ? data.byLength() : data.fileOrder(), BATCH);
            List<Measurement> measurements = turns.measure(sorted ? "sorted by length" : "file order", batches);
            table.throughput(measurements);
            all.addAll(measurements);
        }
        return all;
    }
}
