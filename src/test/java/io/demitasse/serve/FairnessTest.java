package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that send large requests one after another, and one beside them that asks about a word now and then. */
@Timeout(60)
class FairnessTest {

    private static final int BATCH_TOKENS = 512;
    private static final int TEXTS = 32;
    private static final long BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long SECONDS = 2;
    private static final String WORD = "{\"inputs\": \"good\"}";

    private final ExecutorService clients = Executors.newCachedThreadPool();
    private volatile boolean over;

    @AfterEach
    void end() {
        clients.shutdownNow();
    }

    /** On a model that takes 100 ms for a full batch and 2 ms for none at all. */
    @ParameterizedTest
    @ValueSource(ints = {1, 8})
    void smallRequestsAreSoonAnsweredAndLargeOnesKeepTheirThroughput(int large) throws Exception {
        LongAdder largeTexts = new LongAdder();
        Work<int[], Integer> work = Work.of(ids -> ids.length, Integer.MAX_VALUE, sequences -> {
            int tokens = sequences.stream().mapToInt(ids -> ids.length).sum();
            sleep(TimeUnit.MILLISECONDS.toNanos(2) + BATCH_NANOS * tokens / BATCH_TOKENS);
            largeTexts.add(sequences.stream().filter(ids -> ids.length == BATCH_TOKENS).count());
            return sequences.stream().map(ids -> ids[0]).toList();
        });
        List<Long> nanos = new ArrayList<>();
        double alone;
        double beside;
        try (Batcher batcher = new Batcher(BATCH_TOKENS, 4096, new Metrics())) {
            List<Future<?>> running = new ArrayList<>();
            for (int c = 0; c < large; c++) {
                running.add(clients.submit(() -> {
                    while (!over) {
                        batcher.compute(work, Collections.nCopies(TEXTS, new int[BATCH_TOKENS]), () -> over);
                    }
                    return null;
                }));
            }
            alone = texts(largeTexts, () -> sleep(TimeUnit.SECONDS.toNanos(SECONDS)));
            beside = texts(largeTexts, () -> {
                long start = System.nanoTime();
                while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(SECONDS)) {
                    long asked = System.nanoTime();
                    batcher.compute(work, List.of(new int[] {5, 6, 7}), () -> false);
                    nanos.add(System.nanoTime() - asked);
                    sleep(TimeUnit.MILLISECONDS.toNanos(50));
                }
            });
            over = true;
        }
        Collections.sort(nanos);
        assertThat(nanos.get(nanos.size() * 99 / 100)).as("p99 of %d", nanos.size()).isLessThan(2 * BATCH_NANOS);
        assertThat(beside / alone).as("of their throughput alone").isGreaterThan(0.8);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8})
    void noSmallRequestIsTurnedAway(int large) throws Exception {
        String texts = "[" + String.join(",", Collections.nCopies(TEXTS, "\"" + "good ".repeat(62) + "\"")) + "]";
        // As many texts of the longest kind, batches of one and a queue of eight of them as the defaults have.
        try (Served served = Served.tiny(options -> options.withTokenLimits(64, 512))) {
            AtomicInteger largeAnswers = new AtomicInteger();
            List<CompletableFuture<?>> running = new ArrayList<>();
            for (int c = 0; c < large; c++) {
                running.add(CompletableFuture.runAsync(() -> {
                    ServeClient client = new ServeClient(served.base());
                    while (!over) {
                        assertThat(client.post("/predict", "{\"inputs\": " + texts + "}").status()).isEqualTo(200);
                        largeAnswers.incrementAndGet();
                    }
                }, clients));
            }
            List<Integer> statuses = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                statuses.add(served.client().post("/predict", WORD).status());
                sleep(TimeUnit.MILLISECONDS.toNanos(20));
            }
            over = true;
            running.forEach(CompletableFuture::join);
            assertThat(statuses).containsOnly(200);
            assertThat(largeAnswers.get()).isPositive();
        }
    }

    @Test
    void largeBodiesLeaveRoomForSmallOnes() throws Exception {
        Bodies bodies = new Bodies(2 << 20);
        List<InputStream> open = new ArrayList<>();
        for (int i = 0; i < 8; i++) {       // 16 MB
            open.add(bodies.open(new ByteArrayInputStream(new byte[2 << 20])));
            open.get(i).readAllBytes();
        }
        InputStream large = bodies.open(new ByteArrayInputStream(new byte[2 << 20]));
        assertThatThrownBy(large::readAllBytes).extracting(e -> ((RequestException) e).kind())
                .isEqualTo(RequestException.Kind.OVERLOADED);
        assertThat(bodies.open(new ByteArrayInputStream(new byte[16 << 10])).readAllBytes()).hasSize(16 << 10);
        large.close();
        open.get(0).close();
        assertThat(bodies.open(new ByteArrayInputStream(new byte[2 << 20])).readAllBytes()).hasSize(2 << 20);
    }

    @FunctionalInterface
    private interface Doing {
        void run() throws Exception;
    }

    /** How many texts a second were counted meanwhile. */
    private static double texts(LongAdder counter, Doing doing) throws Exception {
        long before = counter.sum();
        long start = System.nanoTime();
        doing.run();
        return (counter.sum() - before) * 1e9 / (System.nanoTime() - start);
    }

    private static void sleep(long nanos) {
        try {
            TimeUnit.NANOSECONDS.sleep(nanos);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
