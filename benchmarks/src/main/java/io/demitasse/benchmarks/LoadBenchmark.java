package io.demitasse.benchmarks;

import io.demitasse.Options;
import io.demitasse.TextClassifier;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Loading a model from a file that the system has in memory, with all its checksums. Needs {@code -p model=FILE}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 10)
@Fork(3)
public class LoadBenchmark {

    @Param("")
    public String model;

    @Param({"vector", "plain", "jblas"})
    public String kernels;

    @Benchmark
    public List<String> load() {
        try (TextClassifier classifier = TextClassifier.load(Path.of(model), Options.defaults().withKernels(kernels))) {
            return classifier.labels();
        }
    }
}
