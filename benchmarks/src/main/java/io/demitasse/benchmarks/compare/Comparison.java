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
        Arguments arguments;
        try {
            arguments = Arguments.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.println(Arguments.USAGE);
            System.exit(2);
            return;
        }
        Machine machine = Machine.here();
        try (Peers peers = Peers.load(arguments)) {
            Report report = compare(arguments, machine, peers);
            report.print(System.out);
            if (arguments.json() != null) {
                report.write(arguments.json());
            }
        }
    }

    private static Report compare(Arguments arguments, Machine machine, Peers peers) throws IOException {
        Sst2 data = Sst2.read(arguments.data(), arguments.sentences(), peers.reference().tokenizer());
        List<Agreement> agreement = agreement(peers, data);
        Turns turns = new Turns(peers, arguments.rounds(), arguments.seconds());
        List<Measurement> latency = new ArrayList<>();
        for (int length : LENGTHS) {
            progress("timing sequences of " + length + " tokens");
            int[][] alone = {data.sequence(0, length)};
            latency.addAll(turns.measure(length + " tokens", List.<int[][]>of(alone)));
        }
        progress("timing batches");
        List<Measurement> throughput = new ArrayList<>();
        throughput.addAll(turns.measure("file order", data.batches(data.fileOrder(), BATCH)));
        throughput.addAll(turns.measure("sorted by length", data.batches(data.byLength(), BATCH)));
        Map<String, String> versions = new LinkedHashMap<>();
        peers.all().forEach(peer -> versions.put(peer.name(), peer.version()));
        return new Report(machine, arguments.threads(), arguments.rounds(), versions, peers.missing(), agreement,
                latency, throughput, data.size(), data.tokens());
    }

    private static List<Agreement> agreement(Peers peers, Sst2 data) {
        progress("computing the reference logits");
        float[][] reference = Agreement.alone(peers.reference(), data);
        List<Agreement> agreement = new ArrayList<>();
        for (Peer peer : peers.all()) {
            float[][] logits = peer == peers.reference() ? reference : Agreement.alone(peer, data);
            Agreement found = Agreement.of(peer, logits, reference, data);
            progress(found.summary());
            agreement.add(found);
        }
        return agreement;
    }

    private static void progress(String message) {
        System.err.println(message);
    }
}
