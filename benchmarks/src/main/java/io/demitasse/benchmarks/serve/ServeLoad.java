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
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * Loads a server on this machine: one client in a loop, then many, then requests on a schedule at twice what it can do,
 * whether or not those before have been answered. Every answer is compared, byte for byte, with that of the same
 * request alone. It needs nothing but a JDK:
 * <pre>java ServeLoad.java http://127.0.0.1:8080 SERVER_PID [SECONDS, 60] [CONNECTIONS, 64]</pre>
 */
public final class ServeLoad {

    private static final int TEXTS_AT_MOST = 32;
    /** Half the requests that the server works on at a time; beyond them it would close connections unanswered. */
    private static final int IN_FLIGHT_AT_MOST = 256;
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
        final LongAdder refused = new LongAdder();
        final LongAdder wrong = new LongAdder();
        final LongAdder failed = new LongAdder();
        final List<Long> nanos = new ArrayList<>();         // of those that were answered 200
        final List<Long> refusalNanos = new ArrayList<>();
        double seconds;                                     // until the last answer

        void add(Case asked, HttpResponse<String> answer, long tookNanos) {
            if (answer.statusCode() == 429) {
                refused.increment();
                synchronized (this) {
                    refusalNanos.add(tookNanos);
                }
            } else if (answer.statusCode() == 200 && answer.body().equals(asked.answer)) {
                ok.increment();
                okTokens.add(asked.tokens);
                synchronized (this) {
                    nanos.add(tookNanos);
                }
            } else {
                wrong.increment();
                System.out.println("wrong: " + answer.statusCode() + " " + answer.body());
            }
        }

        void addFailure(Throwable failure) {
            failed.increment();
            System.out.println("no answer: " + failure);
        }

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

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final HttpClient http = client();
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
        load.run(single, connections, 10);
        Tally one = load.run(single, 1, Math.min(20, seconds));
        one.print("one client in a loop");
        Tally many = load.run(single, connections, Math.min(20, seconds));
        many.print(connections + " clients in a loop");
        System.out.printf(Locale.ROOT, "%-32s %.2f times one client's throughput%n", "",
                many.tokensPerSecond() / one.tokensPerSecond());

        List<Case> mixed = load.cases(150, TEXTS_AT_MOST);
        Tally capacity = load.run(mixed, 8, Math.min(15, seconds));
        capacity.print("capacity, 8 clients, 1-32 texts");
        Thread watch = new Thread(() -> watchMemory(pid, seconds), "memory");
        watch.start();
        Tally over = load.offer(mixed, connections, seconds, capacity.tokensPerSecond(), 2);
        watch.join();
        System.out.printf(Locale.ROOT, "resident MB after the last answer: %d%n", residentKilobytes(pid) / 1024);
        over.print(connections + " connections, on a schedule");
        System.out.printf(Locale.ROOT, "%-32s admitted %.2f times the capacity%n", "",
                over.tokensPerSecond() / capacity.tokensPerSecond());
        long bad = Stream.of(one, many, capacity, over).mapToLong(t -> t.wrong.sum() + t.failed.sum()).sum();
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

    /** Clients that each send the next request when the one before has been answered. */
    private Tally run(List<Case> cases, int clients, int seconds) throws Exception {
        Tally tally = new Tally();
        long start = System.nanoTime();
        long end = start + Duration.ofSeconds(seconds).toNanos();
        List<Future<?>> futures = new ArrayList<>();
        for (int c = 0; c < clients; c++) {
            Random random = new Random(c);
            futures.add(executor.submit(() -> {
                while (System.nanoTime() < end) {
                    ask(cases.get(random.nextInt(cases.size())), tally);
                }
                return null;
            }));
        }
        for (Future<?> future : futures) {
            future.get();
        }
        tally.seconds = (System.nanoTime() - start) / 1e9;
        return tally;
    }

    private void ask(Case next, Tally tally) throws InterruptedException {
        long start = System.nanoTime();
        try {
            HttpResponse<String> answer = send(next.body);
            tally.add(next, answer, System.nanoTime() - start);
        } catch (IOException e) {
            tally.addFailure(e);
        }
    }

    /**
     * Sends each request when it is due, so that slow answers do not slow the sending, through the connections in turn;
     * where one is still busy a further one opens. Times are taken from when a request was due, not from when it left.
     *
     * @param capacity in tokens per second
     */
    private Tally offer(List<Case> cases, int connections, int seconds, double capacity, double times)
            throws InterruptedException {
        List<HttpClient> clients = Stream.generate(this::client).limit(connections).toList();
        Semaphore free = new Semaphore(IN_FLIGHT_AT_MOST);
        Random random = new Random(connections);
        Tally tally = new Tally();
        long tokens = 0;
        int sent = 0;
        int heldBack = 0;
        int mostInFlight = 0;
        long start = System.nanoTime();
        long end = start + Duration.ofSeconds(seconds).toNanos();
        for (long due = start; due < end && System.nanoTime() < end; sent++) {
            if (!free.tryAcquire()) {
                heldBack++;
                free.acquire();
            }
            mostInFlight = Math.max(mostInFlight, IN_FLIGHT_AT_MOST - free.availablePermits());
            Case next = cases.get(random.nextInt(cases.size()));
            long wasDue = due;
            clients.get(sent % connections).sendAsync(request(next.body), HttpResponse.BodyHandlers.ofString())
                    .whenComplete((answer, failure) -> {
                        if (failure == null) {
                            tally.add(next, answer, System.nanoTime() - wasDue);
                        } else {
                            tally.addFailure(failure);
                        }
                        free.release();
                    });
            tokens += next.tokens;
            due = start + (long) (tokens * 1e9 / (times * capacity));
            TimeUnit.NANOSECONDS.sleep(Math.min(due, end) - System.nanoTime());
        }
        free.acquire(IN_FLIGHT_AT_MOST);
        tally.seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(Locale.ROOT, "offered %d requests in %d s, %.0f tokens/s: %.2f times the capacity; "
                        + "at most %d in flight, %d held back%n", sent, seconds, (double) tokens / seconds,
                tokens / (seconds * capacity), mostInFlight, heldBack);
        return tally;
    }

    private HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(executor).build();
    }

    private HttpResponse<String> send(String body) throws IOException, InterruptedException {
        return http.send(request(body), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String body) {
        return HttpRequest.newBuilder(server.resolve("/predict")).timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)).build();
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
        return text.toString().strip() + " of " + sorted.length;
    }
}
