package io.demitasse.benchmarks;

import io.demitasse.file.FlatFile;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Batch;
import io.demitasse.model.Architecture;
import io.demitasse.model.ModelConfig;
import io.demitasse.model.GradientTrace;
import io.demitasse.model.TrainableModel;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/**
 * How long a training step's forward and backward pass take, what that is in GFLOPS, and where the time goes:
 * {@code TrainStepBenchmark FILE.flat [THREADS [STEPS [KERNELS]]]}, kernels as in {@code machine+bf16}. A batch has 16
 * sequences of 36 tokens; dropout is on. The optimiser is not part of it. Parts are kinds of arithmetic, timed in steps
 * of their own, since that costs some time: milliseconds a step of all threads together, matrix products on all
 * threads by the clock.
 */
public final class TrainStepBenchmark {

    private static final int SEQUENCES = 16;
    private static final int LENGTH = 36;
    private static final int WARM_UP = 10;

    private final FlatFile file;
    private final Workspace workspace;
    private final int steps;
    private final double[] forward;
    private final double[] backward;

    private TrainStepBenchmark(FlatFile file, Parallel parallel, int steps) {
        this.file = file;
        this.workspace = new Workspace(parallel);
        this.steps = steps;
        this.forward = new double[steps];
        this.backward = new double[steps];
    }

    public static void main(String[] args) {
        int threads = args.length > 1 ? Integer.parseInt(args[1]) : Runtime.getRuntime().availableProcessors();
        int steps = args.length > 2 ? Integer.parseInt(args[2]) : 30;
        String name = args.length > 3 ? args[3] : KernelChoice.AUTO;
        boolean bf16 = name.endsWith("+bf16");
        Kernels chosen = KernelChoice.choose(name.replace("+bf16", ""));
        Kernels kernels = bf16 ? chosen.bf16() : chosen;
        try (FlatFile file = FlatFile.open(Path.of(args[0])); Parallel parallel = new Parallel(threads)) {
            System.out.printf("%s kernels%s, %d threads, %d sequences of %d tokens%n", kernels.name(),
                    bf16 ? " in bfloat16" : "", threads, SEQUENCES, LENGTH);
            TrainStepBenchmark benchmark = new TrainStepBenchmark(file, parallel, steps);
            benchmark.run(kernels, () -> { });
            benchmark.print();
            Map<String, LongAdder> parts = new ConcurrentSkipListMap<>();
            benchmark.run(timed(kernels, parts), parts::clear);
            parts.forEach((part, nanos) -> System.out.printf("%-18s %7.1f ms%n", part, nanos.sum() / 1e6 / steps));
        }
    }

    private void run(Kernels kernels, Runnable afterWarmUp) {
        TrainableModel model = TrainableModel.load(file,
                Architecture.SEQUENCE_CLASSIFICATION.head(ModelConfig.of(file), file.labels().size()), kernels);
        Random random = new Random(1);
        for (int step = -WARM_UP; step < steps; step++) {
            if (step == 0) {
                afterWarmUp.run();
            }
            Batch batch = batch(random, model.config());
            GradientTrace trace = GradientTrace.training(42, step);
            model.zeroGradients();
            long mark = workspace.mark();
            long start = System.nanoTime();
            Matrix logits = model.forward(batch, workspace, trace);
            long middle = System.nanoTime();
            model.backward(logits, batch, workspace, trace);
            long end = System.nanoTime();
            workspace.release(mark);
            if (step >= 0) {
                forward[step] = (middle - start) / 1e6;
                backward[step] = (end - middle) / 1e6;
            }
        }
    }

    /** These kernels, with the time that each of their methods takes. */
    private static Kernels timed(Kernels kernels, Map<String, LongAdder> parts) {
        return (Kernels) Proxy.newProxyInstance(Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class},
                (proxy, method, arguments) -> {
                    long start = System.nanoTime();
                    Object result = method.invoke(kernels, arguments);
                    String part = method.getName();
                    if (part.equals("multiply")) {
                        part += ((boolean) arguments[1] ? " T" : " N") + ((boolean) arguments[3] ? "T" : "N");
                    }
                    parts.computeIfAbsent(part, name -> new LongAdder()).add(System.nanoTime() - start);
                    return result;
                });
    }

    private static Batch batch(Random random, ModelConfig config) {
        return Batch.of(List.copyOf(IntStream.range(0, SEQUENCES)
                .mapToObj(s -> random.ints(LENGTH, 0, config.shape().vocabSize()).toArray()).toList()));
    }

    /** Of the matrix products alone; in the last block, only keys and values are computed for all tokens. */
    private static double forwardFlops(ModelConfig config) {
        ModelConfig.Shape shape = config.shape();
        double square = 2.0 * shape.dim() * shape.dim();
        double feedForward = 4.0 * shape.dim() * shape.hiddenDim();
        double attention = 4.0 * LENGTH * shape.dim();
        double token = (shape.layers() - 1) * (4 * square + feedForward + attention) + 2 * square;
        return SEQUENCES * (LENGTH * token + 2 * square + feedForward + attention);
    }

    private void print() {
        double flops = forwardFlops(ModelConfig.of(file));
        print("forward", forward, flops);
        print("backward", backward, 2 * flops);
        print("both", IntStream.range(0, steps).mapToDouble(i -> forward[i] + backward[i]).toArray(), 3 * flops);
    }

    private static void print(String part, double[] millis, double flops) {
        double[] sorted = millis.clone();
        Arrays.sort(sorted);
        double median = sorted[sorted.length / 2];
        System.out.printf("%-9s min %7.1f ms, median %7.1f ms, max %7.1f ms: %6.1f GFLOPS, %5.2f a second%n", part,
                sorted[0], median, sorted[sorted.length - 1], flops / median / 1e6, 1000 / median);
    }
}
