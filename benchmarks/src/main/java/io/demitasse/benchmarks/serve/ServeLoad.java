package io.demitasse.benchmarks.serve;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;

/**
 * Loads a server on this machine: one client in a loop, then many, then many at twice what it can do. Every answer is
 * compared, byte for byte, with that of the same request alone. It needs nothing but a JDK:
 * <pre>java ServeLoad.java http://127.0.0.1:8080 SERVER_PID [SECONDS, 60] [CONNECTIONS, 64]</pre>
 */
public final class ServeLoad {

    private static final int TEXTS_AT_MOST = 32;
    private static final String[] WORDS = ("the a an of and to it is that this with for film movie plot cast acting "
            + "story scene director comedy drama thriller funny dull witty charming painfully hardly never always not "
            + "very too quite one two best worst good bad great boring beautiful ugly moving predictable . , ! -- "
            + "café naïve unforgettable overwrought cinematography").split(" ");

    /** A request, and what the server answers to it when nothing else goes on. */
    private record Case(String body, String answer, long tokens) {
    }

    /** What happened to some requests. */
    private static final class Tally {
        final LongAdder ok = new LongAdder();
        final LongAdder okTokens = new LongAdder();
        final LongAdder sentTokens = new LongAdder();
        final LongAdder refused = new LongAdder();
        final LongAdder wrong = new LongAdder();
        final LongAdder failed = new LongAdder();
        final List<Long> nanos = new ArrayList<>();         // of those that were answered 200
        final List<Long> refusalNanos = new ArrayList<>();
        double seconds;

        double tokensPerSecond() {
            return okTokens.sum() / seconds;
        }

        void print(String name) {
            System.out.printf(Locale.ROOT, "%-32s %6.1f s: %d right, %d refused (429), %d wrong, %d without an answer; "
                            + "%.1f requests/s, %.0f tokens/s%n", name, seconds, ok.sum(), refused.sum(), wrong.sum(),
                    failed.sum(), ok.sum() / seconds, tokensPerSecond());
            System.out.printf(Locale.ROOT, "%-32s admitted ms: %s%n", "", percentiles(nanos));
            if (!refusalNanos.isEmpty()) {
                System.out.printf(Locale.ROOT, "%-32s refusals ms: %s%n", "", percentiles(refusalNanos));
            }
        }
    }

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI server;

    private ServeLoad(URI server) {
        this.server = server;
    }

    public static void main(String[] args) throws Exception {
        ServeLoad load = new ServeLoad(URI.create(args[0]));
        long pid = Long.parseLong(args[1]);
        int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 60;
        int connections = args.length > 3 ? Integer.parseInt(args[3]) : 64;

        List<Case> single = load.cases(300, 1);
        // A minute of the JIT compiler's work is not what is measured here.
        load.run(single, connections, 10, 0);
        Tally one = load.run(single, 1, Math.min(20, seconds), 0);
        one.print("one client in a loop");
        Tally many = load.run(single, connections, Math.min(20, seconds), 0);
        many.print(connections + " clients in a loop");
        System.out.printf(Locale.ROOT, "%-32s %.2f times one client's throughput%n", "",
                many.tokensPerSecond() / one.tokensPerSecond());

        List<Case> mixed = load.cases(150, TEXTS_AT_MOST);
        Tally capacity = load.run(mixed, 8, Math.min(15, seconds), 0);
        capacity.print("capacity, 8 clients, 1-32 texts");
        double rate = 2 * capacity.tokensPerSecond();
        Thread watch = new Thread(() -> watchMemory(pid, seconds), "memory");
        watch.start();
        Tally over = load.run(mixed, connections, seconds, rate);
        watch.join();
        over.print(connections + " clients, twice the capacity");
        // Over the time in which they were sent; the last answers come later.
        System.out.printf(Locale.ROOT, "%-32s offered %.2f times the capacity%n", "",
                (double) over.sentTokens.sum() / seconds / capacity.tokensPerSecond());
        long bad = one.wrong.sum() + many.wrong.sum() + over.wrong.sum() + one.failed.sum() + many.failed.sum()
                + over.failed.sum();
        System.exit(bad == 0 ? 0 : 1);
    }

    /** Makes requests and asks each by itself. */
    private List<Case> cases(int number, int mostTexts) throws IOException, InterruptedException {
        Random random = new Random(number);
        List<Case> cases = new ArrayList<>();
        while (cases.size() < number) {
            StringBuilder texts = new StringBuilder();
            for (int t = 1 + random.nextInt(mostTexts); t > 0; t--) {
                texts.append('"');
                for (int w = 5 + random.nextInt(30); w > 0; w--) {
                    texts.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
                }
                texts.append(t == 1 ? "\"" : "\",");
            }
            String body = "{\"inputs\":[" + texts + "]}";
            HttpResponse<String> answer = send(body);
            long tokens = answer.headers().firstValueAsLong("x-compute-tokens").orElseThrow();
            cases.add(new Case(body, answer.body(), tokens));
        }
        return cases;
    }

    /** @param tokensPerSecond how much all clients together send, as far as they get answers in time; 0 for no limit */
    private Tally run(List<Case> cases, int clients, int seconds, double tokensPerSecond) throws Exception {
        Tally tally = new Tally();
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        long start = System.nanoTime();
        long end = start + Duration.ofSeconds(seconds).toNanos();
        List<Future<?>> futures = new ArrayList<>();
        for (int c = 0; c < clients; c++) {
            Random random = new Random(c);
            futures.add(threads.submit(() -> {
                double due = System.nanoTime();
                while (System.nanoTime() < end) {
                    Case next = cases.get(random.nextInt(cases.size()));
                    if (tokensPerSecond > 0) {
                        due += next.tokens * 1e9 * clients / tokensPerSecond;
                        Thread.sleep(Math.max(0, (long) (due - System.nanoTime()) / 1_000_000));
                        if (System.nanoTime() >= end) {
                            break;
                        }
                    }
                    ask(next, tally);
                }
                return null;
            }));
        }
        for (Future<?> future : futures) {
            future.get();
        }
        threads.shutdown();
        tally.seconds = (System.nanoTime() - start) / 1e9;
        return tally;
    }

    private void ask(Case next, Tally tally) {
        long start = System.nanoTime();
        tally.sentTokens.add(next.tokens);
        try {
            HttpResponse<String> answer = send(next.body);
            long nanos = System.nanoTime() - start;
            if (answer.statusCode() == 429) {
                tally.refused.increment();
                synchronized (tally) {
                    tally.refusalNanos.add(nanos);
                }
            } else if (answer.statusCode() == 200 && answer.body().equals(next.answer)) {
                tally.ok.increment();
                tally.okTokens.add(next.tokens);
                synchronized (tally) {
                    tally.nanos.add(nanos);
                }
            } else {
                tally.wrong.increment();
                System.out.println("wrong: " + answer.statusCode() + " " + answer.body());
            }
        } catch (IOException | InterruptedException e) {
            tally.failed.increment();
            System.out.println("no answer: " + e);
        }
    }

    private HttpResponse<String> send(String body) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(server.resolve("/predict")).timeout(Duration.ofSeconds(60))
                .POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static void watchMemory(long pid, int seconds) {
        StringBuilder line = new StringBuilder("resident MB at second");
        for (int second = 1; second <= seconds; second++) {
            try {
                Thread.sleep(1000);
                if (second % 10 == 0) {
                    line.append(String.format(Locale.ROOT, "  %d: %d", second, residentKilobytes(pid) / 1024));
                }
            } catch (IOException | InterruptedException e) {
                line.append("  ").append(e);
            }
        }
        System.out.println(line);
    }

    static long residentKilobytes(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status")).stream()
                .filter(line -> line.startsWith("VmRSS:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst().orElseThrow();
    }

    private static String percentiles(List<Long> nanos) {
        long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        if (sorted.length == 0) {
            return "none";
        }
        StringBuilder text = new StringBuilder();
        for (int percent : new int[] {50, 90, 99, 100}) {
            long value = sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
            String name = percent == 100 ? "most" : "p" + percent;
            text.append(String.format(Locale.ROOT, "%s %.1f  ", name, value / 1e6));
        }
        return text.toString().strip() + " of " + Arrays.stream(sorted).count();
    }
}
