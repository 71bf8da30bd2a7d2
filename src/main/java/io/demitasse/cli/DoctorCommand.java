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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(description = "Says which kernels work here and how fast, and whether the model is intact.")
final class DoctorCommand implements Callable<Integer> {

    /** A linear layer of DistilBERT over a sentence or a few. */
    private static final int ROWS = 128;
    private static final int DIM = 768;
    /** The JIT compiler may take seconds, and then kernels are suddenly faster; so wait for that. */
    private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(6);

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
            output.flush();
            List<KernelChoice.Attempt> attempts = KernelChoice.attempts();
            List<Speed> speeds = new ArrayList<>();
            for (KernelChoice.Attempt attempt : attempts) {
                speeds.add(attempt.works() ? new Speed(attempt.kernels(), threads) : null);
            }
            // On a busy machine the JIT compiler needs longer than anybody waits, so it goes on while the others are measured.
            for (int round = 0; round < 2; round++) {
                speeds.stream().filter(Objects::nonNull).forEach(Speed::measure);
            }
            String chosen = null;
            for (int i = 0; i < attempts.size(); i++) {
                KernelChoice.Attempt attempt = attempts.get(i);
                output.line(String.format(Locale.ROOT, "%-10s  %s", attempt.name(), attempt.works()
                        ? "works: " + speeds.get(i)
                        : "does not work here: " + attempt.reason()));
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

    /** How fast kernels are at a linear layer, with weights of float32 and of int8, and at its product in bfloat16. */
    private static final class Speed {

        private final Kernels kernels;
        private final int threads;
        private final Weight floats;
        private final Weight bytes;
        /** Null where they do not work. */
        private final @Nullable Kernels bf16;
        private double floatNanos = Double.MAX_VALUE;
        private double byteNanos = Double.MAX_VALUE;
        private double bf16Nanos = Double.MAX_VALUE;

        Speed(Kernels kernels, int threads) {
            this.kernels = kernels;
            this.threads = threads;
            float[] numbers = new float[DIM * DIM];
            Arrays.fill(numbers, 0.01f);
            byte[] whole = new byte[DIM * DIM];
            Arrays.fill(whole, (byte) 1);
            floats = kernels.weight(numbers, DIM, DIM);
            bytes = kernels.weight(whole, Arrays.copyOf(numbers, DIM), DIM, DIM);
            bf16 = bf16(kernels);
        }

        private static @Nullable Kernels bf16(Kernels kernels) {
            try {
                return kernels.bf16();
            } catch (IllegalArgumentException e) {
                return null;
            }
        }

        void measure() {
            float[] bias = new float[DIM];
            Matrix x = Matrix.zeros(ROWS, DIM);
            Matrix y = Matrix.zeros(ROWS, DIM);
            floatNanos = Math.min(floatNanos, fastest(workspace ->
                    kernels.linear(x, floats, bias, Activation.NONE, y, workspace)));
            byteNanos = Math.min(byteNanos, fastest(workspace ->
                    kernels.linear(x, bytes, bias, Activation.NONE, y, workspace)));
            if (bf16 != null) {
                Matrix weight = Matrix.zeros(DIM, DIM);
                bf16Nanos = Math.min(bf16Nanos, fastest(workspace ->
                        bf16.multiply(x, false, weight, true, 0f, y, workspace)));
            }
        }

        private double fastest(Consumer<Workspace> product) {
            try (Parallel parallel = new Parallel(threads)) {
                Workspace workspace = new Workspace(parallel);
                double fastest = Double.MAX_VALUE;
                long begun = System.nanoTime();
                long now = begun;
                long improved = begun;
                while (now - improved < PATIENCE_NANOS && now - begun < LONGEST_NANOS) {
                    product.accept(workspace);
                    long end = System.nanoTime();
                    if (end - now < 0.95 * fastest) {
                        improved = end;
                    }
                    fastest = Math.min(fastest, end - now);
                    now = end;
                }
                return fastest;
            }
        }

        @Override
        public String toString() {
            double operations = 2.0 * ROWS * DIM * DIM;
            return String.format(Locale.ROOT, "%.1f GFLOPS, %.1f on int8 weights%s, on %d thread%s",
                    operations / floatNanos, operations / byteNanos,
                    bf16 == null ? "" : String.format(Locale.ROOT, ", %.1f in bfloat16", operations / bf16Nanos),
                    threads, threads == 1 ? "" : "s");
        }
    }
}
