package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * After warm-up a classification allocates its encoding, its result, and next to nothing else. In a JVM of its own, as an
 * app has it: whether the JIT compiler makes objects of vectors depends on what else it has compiled, and other tests
 * call vector functions one by one. On a busy machine it does so for a few of them in one JVM of some twenty, whose
 * compiler threads came late; so another JVM gets a chance.
 */
class GarbageTest {

    private static final int CALLS = 100;
    private static final long MOST_BYTES = 4096;
    private static final int JVMS = 3;
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(30);

    @ParameterizedTest
    @ValueSource(strings = {"machine", "vector", "plain"})
    void aClassificationAllocatesLittle(String kernels, @TempDir Path folder) throws IOException {
        assumeThat(TestModels.kernels()).contains(kernels);
        Path model = TestModels.tinyWithWords(folder.resolve("tiny.flat"));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), GarbageTest.class.getName(), model.toString(), kernels));
        if (kernels.equals("vector")) {
            command.addAll(1, List.of("--add-modules", "jdk.incubator.vector"));
        }
        if (kernels.equals("machine")) {
            command.add(1, "--enable-native-access=ALL-UNNAMED");
        }
        List<Long> bytes = new ArrayList<>();
        do {
            Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            bytes.add(Long.parseLong(line));
        } while (Collections.min(bytes) > MOST_BYTES && bytes.size() < JVMS);
        assertThat(Collections.min(bytes)).as("bytes a classification, %s kernels, in JVMs: %s", kernels, bytes)
                .isLessThanOrEqualTo(MOST_BYTES);
    }

    /** Prints how many bytes a classification allocates, once they are few or after half a minute. */
    public static void main(String[] arguments) {
        try (TextClassifier classifier = TextClassifier.load(Path.of(arguments[0]),
                Options.defaults().withThreads(2).withKernels(arguments[1]))) {
            // Until the JIT compiler has been everywhere, a vector is an object.
            long start = System.nanoTime();
            long bytes;
            do {
                bytes = bytesPerCall(classifier);
            } while (bytes > MOST_BYTES && System.nanoTime() - start < WARM_UP_NANOS);
            System.out.println(bytes);
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
