package io.demitasse.benchmarks;

import io.demitasse.Classification;
import io.demitasse.Options;
import io.demitasse.TextClassifier;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A batch of sequences of random ids, all of one length, through a whole classifier. Needs {@code -p model=FILE}. Without
 * a JVM option only plain and jblas kernels work; JMH passes one on with
 * {@code -jvmArgsAppend --add-modules=jdk.incubator.vector}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class ClassifierBenchmark {

    /** The first id of bert-base-uncased's vocabulary that is a word. */
    private static final int FIRST_WORD = 1996;

    @Param("")
    public String model;

    @Param({"vector", "plain", "jblas"})
    public String kernels;

    @Param({"8", "16", "32", "64", "128", "256", "512"})
    public int tokens;

    @Param({"1", "8", "32"})
    public int batch;

    @Param("2")
    public int threads;

    private TextClassifier classifier;
    private List<int[]> sequences;

    @Setup(Level.Trial)
    public void load() {
        classifier = TextClassifier.load(Path.of(model), Options.defaults().withThreads(threads).withKernels(kernels));
        Random random = new Random(1);
        sequences = IntStream.range(0, batch)
                .mapToObj(i -> random.ints(tokens, FIRST_WORD, 2 * FIRST_WORD).toArray()).toList();
    }

    @Benchmark
    public List<Classification> classify() {
        return classifier.classifyIds(sequences);
    }

    @TearDown(Level.Trial)
    public void close() {
        classifier.close();
    }
}
