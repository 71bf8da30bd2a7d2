package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Many threads share one classifier, and it may be closed under them. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrencyTest {

    private static final int CALLERS = 32;
    private static final int CLASSIFICATIONS = 100_000;

    private static List<int[]> sequences() {
        Random random = new Random(7);
        List<int[]> sequences = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            sequences.add(random.ints(1 + random.nextInt(12), 0, 200).toArray());
        }
        return sequences;
    }

    /** Runs the same in all callers at once, and throws what any of them throws. */
    private static <T> List<T> inAllCallers(Callable<T> call) throws Exception {
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        try {
            List<Future<T>> futures = new ArrayList<>();
            for (int i = 0; i < CALLERS; i++) {
                futures.add(callers.submit(call));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } finally {
            callers.shutdownNow();
        }
    }

    static List<Options> bitStable() {
        return TextClassifierTest.bitStable();
    }

    /** Of which each thread takes passes of its own. */
    @ParameterizedTest
    @MethodSource("bitStable")
    void callsOfManyTextsHaveTheBitsOfEachTextAlone(Options options) throws Exception {
        List<int[]> sequences = new ArrayList<>(sequences());
        sequences.addAll(sequences());
        sequences.add(5, new int[60]);
        sequences.addAll(sequences());
        float[][] expected = new float[sequences.size()][];
        try (TextClassifier alone = TextClassifier.load(TestModels.TINY, options.withThreads(1))) {
            Arrays.setAll(expected, i -> alone.classifyIds(sequences.get(i)).logits());
        }
        for (int threads = 1; threads <= 4; threads++) {
            try (TextClassifier shared = TextClassifier.load(TestModels.TINY, options.withThreads(threads))) {
                for (List<Classification> results : inAllCallers(() -> shared.classifyIds(sequences))) {
                    assertThat(results.stream().map(Classification::logits)).as(threads + " threads")
                            .containsExactly(expected);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("bitStable")
    void aHundredThousandClassificationsFromManyThreadsAreThoseOfOne(Options options) throws Exception {
        List<int[]> sequences = sequences();
        float[][] expected = new float[sequences.size()][];
        try (TextClassifier alone = TextClassifier.load(TestModels.TINY, options.withThreads(1))) {
            Arrays.setAll(expected, i -> alone.classifyIds(sequences.get(i)).logits());
        }
        try (TextClassifier shared = TextClassifier.load(TestModels.TINY, options.withThreads(2))) {
            List<Integer> wrong = inAllCallers(() -> {
                int differing = 0;
                int first = (int) Thread.currentThread().getId();
                for (int i = 0; i < CLASSIFICATIONS / CALLERS; i += 5) {
                    // One alone, and four together.
                    int at = (first + i) % (sequences.size() - 5);
                    List<Classification> results = new ArrayList<>(List.of(shared.classifyIds(sequences.get(at))));
                    results.addAll(shared.classifyIds(sequences.subList(at + 1, at + 5)));
                    for (int j = 0; j < results.size(); j++) {
                        differing += Arrays.equals(results.get(j).logits(), expected[at + j]) ? 0 : 1;
                    }
                }
                return differing;
            });
            assertThat(wrong).containsOnly(0);
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "4"})
    void closingUnderCallersStopsThemWithAClearException(int threads) throws Exception {
        int[] ids = sequences().get(3);
        for (int round = 0; round < 20; round++) {
            TextClassifier classifier = TextClassifier.load(TestModels.TINY,
                    Options.defaults().withKernels("plain").withThreads(threads));
            float[] expected = classifier.classifyIds(ids).logits();
            CountDownLatch running = new CountDownLatch(CALLERS);
            Thread closer = new Thread(() -> {
                try {
                    running.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                classifier.close();
            });
            closer.start();
            List<String> ends = inAllCallers(() -> {
                running.countDown();
                while (true) {
                    try {
                        assertThat(classifier.classifyIds(ids).logits()).containsExactly(expected);
                    } catch (IllegalStateException e) {
                        return e.getMessage();
                    }
                }
            });
            closer.join();

            assertThat(ends).containsOnly("this model is closed");
        }
    }
}
