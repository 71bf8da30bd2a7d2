package io.demitasse.cli;

import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.kernel.Activation;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Weight;
import io.demitasse.kernel.Workspace;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "doctor", description = "Says which kernels work here and how fast, and whether the model is intact.")
final class DoctorCommand implements Callable<Integer> {

    /** A linear layer of DistilBERT over a sentence or a few. */
    private static final int ROWS = 128;
    private static final int DIM = 768;
    /** The JIT compiler may take seconds, and then kernels are suddenly faster; so wait for that. */
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(2500);
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(12);

    @Mixin
    ModelOptions model;

    @Override
    public Integer call() {
        int threads = model.options().threads();
        try (Output output = new Output()) {
            output.line("java        " + System.getProperty("java.version") + ", " + System.getProperty("java.vm.name")
                    + ", " + System.getProperty("os.name") + " " + System.getProperty("os.arch"));
            output.line("processors  " + Runtime.getRuntime().availableProcessors());
            output.line(String.format(Locale.ROOT, "memory      up to %,d MB for Java",
                    Runtime.getRuntime().maxMemory() >> 20));
            String coreType = System.getenv("OPENBLAS_CORETYPE");
            output.line("openblas    OPENBLAS_CORETYPE is " + (coreType == null ? "not set" : coreType));
            String chosen = null;
            for (KernelChoice.Attempt attempt : KernelChoice.attempts()) {
                output.line(String.format(Locale.ROOT, "%-10s  %s", attempt.name(), attempt.works()
                        ? speed(attempt.kernels(), threads)
                        : "does not work here: " + attempt.reason()));
                output.flush();
                if (chosen == null && attempt.works()) {
                    chosen = attempt.name();
                }
            }
            output.line("auto        takes " + chosen);
            try (FlatFile flat = ModelFiles.open(model.file())) {
                flat.verify(threads);
                output.line(String.format(Locale.ROOT, "model       %s is intact: %d tensors, %,d bytes",
                        flat.path(), flat.tensors().size(), flat.size()));
            }
        }
        return 0;
    }

    private static String speed(Kernels kernels, int threads) {
        float[] numbers = new float[DIM * DIM];
        Arrays.fill(numbers, 0.01f);
        byte[] bytes = new byte[DIM * DIM];
        Arrays.fill(bytes, (byte) 1);
        return String.format(Locale.ROOT, "works: %.1f GFLOPS, %.1f on int8 weights, on %d thread%s",
                gflops(kernels, kernels.weight(numbers, DIM, DIM), threads),
                gflops(kernels, kernels.weight(bytes, Arrays.copyOf(numbers, DIM), DIM, DIM), threads),
                threads, threads == 1 ? "" : "s");
    }

    private static double gflops(Kernels kernels, Weight weight, int threads) {
        float[] bias = new float[DIM];
        Matrix x = Matrix.zeros(ROWS, DIM);
        Matrix y = Matrix.zeros(ROWS, DIM);
        try (Parallel parallel = new Parallel(threads)) {
            Workspace workspace = new Workspace(parallel);
            double fastest = Double.MAX_VALUE;
            long begun = System.nanoTime();
            long now = begun;
            long improved = begun;
            while (now - improved < PATIENCE_NANOS && now - begun < LONGEST_NANOS) {
                kernels.linear(x, weight, bias, Activation.NONE, y, workspace);
                long end = System.nanoTime();
                if (end - now < 0.95 * fastest) {
                    improved = end;
                }
                fastest = Math.min(fastest, end - now);
                now = end;
            }
            return 2.0 * ROWS * DIM * DIM / fastest;
        }
    }
}
