package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After warm-up a classification allocates its encoding, its result, and next to nothing else. */
class GarbageTest {

    private static final int CALLS = 100;
    private static final long MOST_BYTES = 4096;
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(60);

    @ParameterizedTest
    @ValueSource(strings = {"vector", "plain"})
    void aClassificationAllocatesLittle(String kernels, @TempDir Path folder) {
        assumeThat(TestModels.kernels()).contains(kernels);
        Path model = TestModels.tinyWithWords(folder.resolve("tiny.flat"));
        try (TextClassifier classifier = TextClassifier.load(model,
                Options.defaults().withThreads(2).withKernels(kernels))) {
            // Until the JIT compiler has been everywhere, a vector is an object.
            long start = System.nanoTime();
            long bytes;
            do {
                bytes = bytesPerCall(classifier);
            } while (bytes > MOST_BYTES && System.nanoTime() - start < WARM_UP_NANOS);
            assertThat(bytes).as("bytes a classification, %s kernels", kernels).isLessThanOrEqualTo(MOST_BYTES);
        }
    }

    private static long bytesPerCall(TextClassifier classifier) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < CALLS; i++) {
            classifier.classify("a good film, not a bad film.");
        }
        return (threads.getCurrentThreadAllocatedBytes() - before) / CALLS;
    }
}
