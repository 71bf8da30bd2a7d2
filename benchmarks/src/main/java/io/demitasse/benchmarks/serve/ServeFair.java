package io.demitasse.benchmarks.serve;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Whether a server on this machine keeps room for small requests: 1 and then 8 clients each send 32 texts of 512 tokens
 * one request after another, first alone, then beside a client that sends one word every 50 ms, answered or not the ones
 * before. It needs nothing but a JDK:
 * <pre>java ServeFair.java http://127.0.0.1:8080 SERVER_PID [SECONDS a part, 60]</pre>
 */
public final class ServeFair {

    private static final int[] LARGE_CLIENTS = {1, 8};
    private static final int BATCH_TOKENS = 512;
    private static final int TEXTS = 32;
    private static final long EVERY_MILLIS = 50;
    private static final String SMALL = "{\"inputs\":\"good\"}";
    private static final String LARGE = "{\"inputs\":["
            + String.join(",", Collections.nCopies(TEXTS, "\"" + "good ".repeat(600) + "\"")) + "]}";

    /** What the answers to one kind of request were. */
    private static final class Tally {
        private final TreeMap<String, Integer> kinds = new TreeMap<>();
        private final List<Long> nanos = new ArrayList<>();

        synchronized void add(String kind, long took) {
            kinds.merge(kind, 1, Integer::sum);
            nanos.add(took);
        }

        synchronized double percent(String kind) {
            return 100.0 * kinds.getOrDefault(kind, 0) / Math.max(1, nanos.size());
        }

        synchronized double millis(double part) {
            Collections.sort(nanos);
            return nanos.isEmpty() ? Double.NaN : nanos.get(Math.min(nanos.size() - 1, (int) (nanos.size() * part))) / 1e6;
        }

        @Override
        public synchronized String toString() {
            return kinds.toString();
        }
    }

    private final URI server;
    private final int seconds;
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private ServeFair(URI server, int seconds) {
        this.server = server;
        this.seconds = seconds;
    }

    public static void main(String[] args) throws Exception {
        int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 60;
        System.exit(new ServeFair(URI.create(args[0]), seconds).run() ? 0 : 1);
    }

    private boolean run() throws Exception {
        Tally alone = new Tally();
        sendSmall(seconds / 2, alone);
        System.out.printf(Locale.ROOT, "one word every %d ms, alone: p50 %.1f ms, p99 %.1f ms, %s%n", EVERY_MILLIS,
                alone.millis(0.5), alone.millis(0.99), alone);
        System.out.println("| large clients | tokens/s alone | beside small ones | two batches, ms | small: right "
                + "| p50 ms | p99 ms | most ms | large answers |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        boolean passed = true;
        for (int clients : LARGE_CLIENTS) {
            passed &= beside(clients);
        }
        System.out.println(passed ? "passed" : "FAILED");
        return passed;
    }

    private boolean beside(int clients) throws Exception {
        Tally large = new Tally();
        ExecutorService executor = Executors.newCachedThreadPool();
        List<Future<?>> futures = new ArrayList<>();
        for (int c = 0; c < clients; c++) {
            futures.add(executor.submit(() -> {
                sendLarge(large);
                return null;
            }));
        }
        TimeUnit.SECONDS.sleep(Math.max(10, seconds / 3));      // for the JIT compiler
        double tokensAlone = tokensPerSecond(() -> TimeUnit.SECONDS.sleep(seconds));
        Tally small = new Tally();
        double tokensBeside = tokensPerSecond(() -> sendSmall(seconds, small));
        // What they still wait for is cut off, and the server does without it.
        futures.forEach(future -> future.cancel(true));
        executor.shutdown();
        executor.awaitTermination(10, TimeUnit.SECONDS);
        double twoBatches = 2 * BATCH_TOKENS / tokensAlone * 1000;
        double kept = tokensBeside / tokensAlone;
        System.out.printf(Locale.ROOT, "| %d | %.0f | %.0f (%.0f %%) | %.0f | %.1f %% of %d | %.0f | %.0f | %.0f | %s |%n",
                clients, tokensAlone, tokensBeside, 100 * kept, twoBatches, small.percent("200"), small.nanos.size(),
                small.millis(0.5), small.millis(0.99), small.millis(1), large);
        return small.percent("200") == 100 && small.millis(0.99) < twoBatches && kept >= 0.8
                && large.percent("200") == 100;
    }

    @FunctionalInterface
    private interface Doing {
        void run() throws Exception;
    }

    /** What the server computed a second meanwhile. A word of three tokens each 50 ms is 60 of them, and counts too. */
    private double tokensPerSecond(Doing doing) throws Exception {
        long before = tokens();
        long start = System.nanoTime();
        doing.run();
        return (tokens() - before) * 1e9 / (System.nanoTime() - start);
    }

    private long tokens() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(server.resolve("/metrics")).build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body().lines()
                .filter(line -> line.startsWith("demitasse_tokens_total "))
                .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1))).findFirst().orElseThrow();
    }

    /** Until it is interrupted. */
    private void sendLarge(Tally tally) throws InterruptedException {
        while (true) {
            long start = System.nanoTime();
            try {
                tally.add(String.valueOf(http.send(request(LARGE), HttpResponse.BodyHandlers.discarding()).statusCode()),
                        System.nanoTime() - start);
            } catch (IOException e) {
                tally.add(e.getClass().getSimpleName(), System.nanoTime() - start);
            }
        }
    }

    private void sendSmall(int forSeconds, Tally tally) throws InterruptedException {
        Semaphore inFlight = new Semaphore(10_000);
        long start = System.nanoTime();
        for (int i = 0; i < forSeconds * 1000L / EVERY_MILLIS; i++) {
            TimeUnit.NANOSECONDS.sleep(start + TimeUnit.MILLISECONDS.toNanos(EVERY_MILLIS) * i - System.nanoTime());
            long sent = System.nanoTime();
            inFlight.acquire();
            http.sendAsync(request(SMALL), HttpResponse.BodyHandlers.ofString()).whenComplete((answer, failure) -> {
                tally.add(failure == null ? String.valueOf(answer.statusCode()) : failure.getClass().getSimpleName(),
                        System.nanoTime() - sent);
                inFlight.release();
            });
        }
        inFlight.acquire(10_000);
    }

    private HttpRequest request(String body) {
        return HttpRequest.newBuilder(server.resolve("/predict")).timeout(Duration.ofSeconds(300))
                .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)).build();
    }
}
