package io.demitasse.benchmarks;

import io.demitasse.kernel.Activation;
import io.demitasse.kernel.Int8Activations;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Weight;
import io.demitasse.kernel.Workspace;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Where the time of a block goes, on one thread: processor time of each part of one DistilBERT block over one sequence,
 * each part by itself, the shortest of many runs. Arguments: kernels (with {@code +fast} for bytes), f32 or int8, and
 * numbers of tokens, as in {@code machine+fast int8 8 32 128}.
 */
public final class PassParts {

    private static final int DIM = 768;
    private static final int HIDDEN = 3072;
    private static final int HEADS = 12;
    private static final int HEAD = DIM / HEADS;
    private static final long PATIENCE_NANOS = 700_000_000L;
    private static final long LONGEST_NANOS = 6_000_000_000L;

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final Random random = new Random(1);
    private final Kernels kernels;
    private final boolean int8;

    private PassParts(Kernels kernels, boolean int8) {
        this.kernels = kernels;
        this.int8 = int8;
    }

    public static void main(String[] args) {
        boolean fast = args[0].endsWith("+fast");
        Kernels kernels = KernelChoice.choose(args[0].replace("+fast", ""),
                fast ? Int8Activations.FAST : Int8Activations.EXACT);
        PassParts parts = new PassParts(kernels, args[1].equals("int8"));
        for (int i = 2; i < args.length; i++) {
            parts.measure(args[0] + " " + args[1], Integer.parseInt(args[i]));
        }
    }

    private void measure(String name, int tokens) {
        Map<String, Double> micros = new LinkedHashMap<>();
        try (Parallel parallel = new Parallel(1)) {
            Workspace workspace = new Workspace(parallel);
            // The vector kernels wait here until they are compiled.
            kernels.multiply(random(2, 2), false, random(2, 2), false, 0f, Matrix.zeros(2, 2), workspace);
            Matrix x = random(tokens, DIM);
            Matrix kv = random(tokens, 2 * DIM);
            Matrix inner = random(tokens, HIDDEN);
            Matrix y = random(tokens, DIM);
            micros.put("query", linear(x, DIM, DIM, Activation.NONE, y, workspace));
            micros.put("key, value", linear(x, 2 * DIM, DIM, Activation.NONE, kv, workspace));
            micros.put("scores", time(() -> attend(x, kv, tokens, true, workspace)));
            micros.put("softmax", time(() -> {
                float[] p = workspace.scratch(0, 0, tokens * tokens);
                for (int head = 0; head < HEADS; head++) {
                    kernels.softmax(p, 0, tokens, tokens);
                }
            }));
            micros.put("context", time(() -> attend(x, kv, tokens, false, workspace)));
            micros.put("output", linear(x, DIM, DIM, Activation.NONE, y, workspace));
            float[] weight = random(1, DIM).data();
            micros.put("LayerNorm x 2", 2 * time(() ->
                    kernels.addLayerNorm(x, y, 0, tokens, weight, weight, 1e-12f, y)));
            double lin1 = linear(x, HIDDEN, DIM, Activation.GELU, inner, workspace);
            double plain = linear(x, HIDDEN, DIM, Activation.NONE, inner, workspace);
            micros.put("lin1", plain);
            micros.put("GELU", lin1 - plain);
            micros.put("lin2", linear(inner, DIM, HIDDEN, Activation.NONE, y, workspace));
        }
        double sum = micros.values().stream().mapToDouble(Double::doubleValue).sum();
        System.out.printf(Locale.ROOT, "%s, %d tokens, a block on one thread: %.0f us%n", name, tokens, sum);
        micros.forEach((part, time) ->
                System.out.printf(Locale.ROOT, "  %-14s %8.1f us  %4.1f %%%n", part, time, 100 * time / sum));
    }

    private void attend(Matrix q, Matrix kv, int tokens, boolean scores, Workspace workspace) {
        float[] p = workspace.scratch(0, 0, tokens * tokens);
        for (int head = 0; head < HEADS; head++) {
            int column = head * HEAD;
            if (scores) {
                kernels.gemm(false, true, tokens, tokens, HEAD, 0.125f, q.data(), column, DIM, kv.data(), column,
                        2 * DIM, 0f, p, 0, tokens, workspace, 0);
            } else {
                kernels.gemm(false, false, tokens, HEAD, tokens, 1f, p, 0, tokens, kv.data(), DIM + column, 2 * DIM,
                        0f, q.data(), column, DIM, workspace, 0);
            }
        }
    }

    private double linear(Matrix x, int out, int in, Activation activation, Matrix y, Workspace workspace) {
        Weight weight = int8 ? bytes(out, in) : kernels.weight(random(out, in).data(), out, in);
        float[] bias = new float[out];
        return time(() -> kernels.linear(x, weight, bias, activation, y, workspace));
    }

    private Weight bytes(int out, int in) {
        byte[] bytes = new byte[out * in];
        random.nextBytes(bytes);
        float[] scales = new float[out];
        Arrays.fill(scales, 0.001f);
        return kernels.weight(bytes, scales, out, in);
    }

    private Matrix random(int rows, int columns) {
        float[] numbers = new float[rows * columns];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return new Matrix(numbers, rows, columns);
    }

    /** Microseconds: the least, once it has not become less for a while, since the JIT compiler may take seconds. */
    private double time(Runnable part) {
        double shortest = Double.MAX_VALUE;
        long begun = System.nanoTime();
        long improved = begun;
        long now = begun;
        while (now - improved < PATIENCE_NANOS && now - begun < LONGEST_NANOS) {
            long start = threads.getCurrentThreadCpuTime();
            part.run();
            long passed = threads.getCurrentThreadCpuTime() - start;
            now = System.nanoTime();
            if (passed < 0.95 * shortest) {
                improved = now;
            }
            shortest = Math.min(shortest, passed);
        }
        return shortest / 1e3;
    }
}
