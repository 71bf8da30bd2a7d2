package io.demitasse.benchmarks.compare;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/** Times peers in turns: all of them once, then all again, so that what slows the machine down slows all of them. */
final class Turns {

    /** Threads of the peer before may still spin for a while; the next turn waits for them to sleep. */
    private static final int PAUSE_MILLIS = 50;

    private final LongSupplier clock;
    private final Peers peers;
    private final int rounds;
    private final double seconds;

    /** @param clock of nanoseconds: {@link #clock(int)} */
    Turns(Peers peers, int rounds, double seconds, LongSupplier clock) {
        this.clock = clock;
        this.peers = peers;
        this.rounds = rounds;
        this.seconds = seconds;
    }

    /** One thread is timed by the processor time it gets, whatever else the machine does; more threads by the clock. */
    static LongSupplier clock(int threads) {
        return threads == 1 ? ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime : System::nanoTime;
    }

    /** Times the work {@code batches}, which a turn repeats until its time is up. */
    List<Measurement> measure(String work, List<int[][]> batches) {
        double[][] seconds = time(peers.all(), rounds, peer -> turn(peer, batches));
        List<Measurement> measurements = new ArrayList<>();
        for (int p = 0; p < seconds.length; p++) {
            Peer peer = peers.all().get(p);
            Peer baseline = peers.baseline(peer);
            measurements.add(Measurement.of(work, peer.name(), seconds[p],
                    baseline == null ? null : baseline.name(),
                    baseline == null ? null : seconds[peers.all().indexOf(baseline)]));
        }
        return measurements;
    }

    /**
     * Gives each peer a turn in each round, and one before the first round, to warm up.
     *
     * @param turn gives the seconds that a peer took for a unit of its work
     * @return {@code [peers][rounds]}
     */
    static <P> double[][] time(List<P> peers, int rounds, ToDoubleFunction<P> turn) {
        double[][] times = new double[peers.size()][rounds];
        for (int round = -1; round < rounds; round++) {
            for (int p = 0; p < peers.size(); p++) {
                pause();
                double time = turn.applyAsDouble(peers.get(p));
                if (round >= 0) {
                    times[p][round] = time;
                }
            }
        }
        return times;
    }

    /** Seconds a sequence. */
    private double turn(Peer peer, List<int[][]> batches) {
        long start = clock.getAsLong();
        double passed;
        int times = 0;
        do {
            for (int[][] batch : batches) {
                if (peer.logits(batch).length != batch.length) {
                    throw new IllegalStateException(peer.name() + " gave too few logits");
                }
            }
            times++;
            passed = (clock.getAsLong() - start) / 1e9;
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
