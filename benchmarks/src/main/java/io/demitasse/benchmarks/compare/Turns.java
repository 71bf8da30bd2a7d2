package io.demitasse.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;

/** Times peers in turns: all of them once, then all again, so that what slows the machine down slows all of them. */
final class Turns {

    /** Threads of the peer before may still spin for a while; the next turn waits for them to sleep. */
    private static final int PAUSE_MILLIS = 50;

    private final Peers peers;
    private final int rounds;
    private final double seconds;

    Turns(Peers peers, int rounds, double seconds) {
        this.peers = peers;
        this.rounds = rounds;
        this.seconds = seconds;
    }

    /**
     * Times the work {@code batches}, which a turn repeats until its time is up. A turn of each peer goes before, to
     * warm up.
     */
    List<Measurement> measure(String work, List<int[][]> batches) {
        double[][] seconds = time(batches);
        List<Measurement> measurements = new ArrayList<>();
        for (int p = 0; p < seconds.length; p++) {
            Peer peer = peers.all().get(p);
            Peer baseline = peers.baseline(peer);
            measurements.add(new Measurement(work, peer.name(), seconds[p], Spread.of(seconds[p]),
                    baseline == null ? null : baseline.name(),
                    baseline == null ? null : Spread.ofRatios(seconds[p], seconds[peers.all().indexOf(baseline)])));
        }
        return measurements;
    }

    /** Seconds a sequence, {@code [peers][rounds]}. */
    private double[][] time(List<int[][]> batches) {
        double[][] times = new double[peers.all().size()][rounds];
        for (int round = -1; round < rounds; round++) {
            for (int p = 0; p < peers.all().size(); p++) {
                double time = turn(peers.all().get(p), batches);
                if (round >= 0) {
                    times[p][round] = time;
                }
            }
        }
        return times;
    }

    private double turn(Peer peer, List<int[][]> batches) {
        pause();
        long start = System.nanoTime();
        double passed;
        int times = 0;
        do {
            for (int[][] batch : batches) {
                if (peer.logits(batch).length != batch.length) {
                    throw new IllegalStateException(peer.name() + " gave too few logits");
                }
            }
            times++;
            passed = (System.nanoTime() - start) / 1e9;
        } while (passed < seconds);
        return passed / ((double) times * batches.stream().mapToInt(batch -> batch.length).sum());
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
