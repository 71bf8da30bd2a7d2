package io.demitasse.benchmarks;

import io.demitasse.kernel.Activation;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Weight;
import io.demitasse.kernel.Workspace;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.LongSupplier;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * How much of the processor's fused multiply-add peak the linear layers reach: {@code GemmPeak [THREADS [ROWS...]]}.
 * All kernels take turns, so that what else the machine does meets them alike; the least, the middle and the greatest
 * GFLOPS of a row of turns are printed, and the greatest as a share of the peak. One thread is timed by the processor
 * time it gets, more threads by the clock. Needs {@code --add-modules jdk.incubator.vector}.
 */
public final class GemmPeak {

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int TURNS = 15;
    private static final long TURN_NANOS = 60_000_000;
    private static final int[][] SHAPES = {{768, 768}, {2304, 768}, {3072, 768}, {768, 3072}};   // out, in

    /** One kind of kernels with one kind of weight. */
    private static final class Contender {
        private final String name;
        private final Kernels kernels;
        private final Weight weight;
        private final double[] gflops = new double[TURNS];

        Contender(Kernels kernels, boolean bytes, int out, int in) {
            Random random = new Random(1);
            this.kernels = kernels;
            this.name = kernels.name() + (bytes ? ", int8" : "");
            if (bytes) {
                byte[] quantized = new byte[out * in];
                random.nextBytes(quantized);
                this.weight = kernels.weight(quantized, floats(random, out), out, in);
            } else {
                this.weight = kernels.weight(floats(random, out * in), out, in);
            }
        }

        double turn(Matrix x, float[] bias, Matrix y, Workspace workspace, LongSupplier clock) {
            double flops = 2.0 * x.rows() * weight.out() * weight.in();
            long start = clock.getAsLong();
            long now = start;
            long calls = 0;
            while (now - start < TURN_NANOS) {
                kernels.linear(x, weight, bias, Activation.NONE, y, workspace);
                calls++;
                now = clock.getAsLong();
            }
            return calls * flops / (now - start);
        }
    }

    private GemmPeak() {
    }

    public static void main(String[] args) {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        int[] rows = args.length > 1 ? Arrays.stream(args).skip(1).mapToInt(Integer::parseInt).toArray()
                : new int[] {1, 8, 16, 32, 128, 512};
        LongSupplier clock = threads > 1 ? System::nanoTime
                : ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime;
        double peak = threads * peak();
        System.out.printf("Java %s, %d-bit vectors, %d threads: peak %.1f GFLOPS%n", Runtime.version(),
                SPECIES.vectorBitSize(), threads, peak);
        System.out.printf("%-22s %-14s %8s %8s %8s %7s%n", "rows x out x in", "kernels", "min", "median", "max", "share");
        try (Parallel parallel = new Parallel(threads)) {
            for (int[] shape : SHAPES) {
                compare(shape[0], shape[1], rows, peak, new Workspace(parallel), clock);
            }
        }
    }

    private static void compare(int out, int in, int[] rowCounts, double peak, Workspace workspace,
                                LongSupplier clock) {
        List<Contender> contenders = new ArrayList<>();
        for (KernelChoice.Attempt attempt : KernelChoice.attempts()) {
            if (attempt.works()) {
                contenders.add(new Contender(attempt.kernels(), false, out, in));
                if (attempt.name().equals("vector")) {
                    contenders.add(new Contender(attempt.kernels(), true, out, in));
                }
            }
        }
        float[] bias = floats(new Random(2), out);
        for (int rows : rowCounts) {
            Matrix x = new Matrix(floats(new Random(3), rows * in), rows, in);
            Matrix y = Matrix.zeros(rows, out);
            for (int turn = -5; turn < TURNS; turn++) {
                for (Contender contender : contenders) {
                    double gflops = contender.turn(x, bias, y, workspace, clock);
                    if (turn >= 0) {
                        contender.gflops[turn] = gflops;
                    }
                }
            }
            for (Contender contender : contenders) {
                double[] sorted = contender.gflops.clone();
                Arrays.sort(sorted);
                System.out.printf("%-22s %-14s %8.1f %8.1f %8.1f %6.0f%%%n", rows + " x " + out + " x " + in,
                        contender.name, sorted[0], sorted[TURNS / 2], sorted[TURNS - 1],
                        100 * sorted[TURNS - 1] / peak);
            }
        }
    }

    /** The most GFLOPS of one thread in a loop of nothing but fused multiply-adds. */
    private static double peak() {
        int steps = 2_000_000;
        double most = 0;
        float sum = 0;
        for (int i = 0; i < 100; i++) {
            long start = System.nanoTime();
            sum += multiplyAdds(steps);
            most = Math.max(most, 2.0 * 10 * SPECIES.length() * steps / (System.nanoTime() - start));
        }
        if (Float.isNaN(sum)) {
            throw new AssertionError("the sums are bounded");
        }
        return most;
    }

    /** Ten sums at once: each waits for its own last step, four or five cycles ago. */
    private static float multiplyAdds(int steps) {
        FloatVector half = FloatVector.broadcast(SPECIES, 0.5f);
        FloatVector a = FloatVector.broadcast(SPECIES, 1f);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        FloatVector e = a;
        FloatVector f = a;
        FloatVector g = a;
        FloatVector h = a;
        FloatVector i = a;
        FloatVector j = a;
        for (int step = 0; step < steps; step++) {
            a = a.fma(half, half);
            b = b.fma(half, half);
            c = c.fma(half, half);
            d = d.fma(half, half);
            e = e.fma(half, half);
            f = f.fma(half, half);
            g = g.fma(half, half);
            h = h.fma(half, half);
            i = i.fma(half, half);
            j = j.fma(half, half);
        }
        return a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).lane(0);
    }

    private static float[] floats(Random random, int n) {
        float[] floats = new float[n];
        for (int i = 0; i < n; i++) {
            floats[i] = (float) random.nextGaussian();
        }
        return floats;
    }
}
