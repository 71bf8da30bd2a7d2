package io.demitasse.benchmarks.serve;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Sends a server on this machine valid and hostile requests at once for some time: the valid ones must get the answer
 * they get alone, and in the end there must be no more threads, descriptors or heap than in the beginning. It needs
 * nothing but a JDK, whose jcmd it uses. With a pause, each client waits so long between two requests, which leaves the
 * machine to others:
 * <pre>java ServeSoak.java http://127.0.0.1:8080 SERVER_PID [SECONDS, 60] [PAUSE_MILLISECONDS, 0]</pre>
 */
public final class ServeSoak {

    private static final int VALID_CLIENTS = 8;
    private static final int HOSTILE_CLIENTS = 12;
    private static final int SLOW_CLIENTS = 40;
    private static final String INSPECTED = "{\"inputs\":\"not a good film, and far too long\"}";
    private static final long INSPECTION_PAUSE_MILLIS = 3000;
    /** The server's idle connections close after a minute. */
    private static final int SETTLE_SECONDS = 80;

    private final URI server;
    private final long pid;
    private final long pauseMillis;
    private final LongAdder valid = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder wrong = new LongAdder();
    private final LongAdder hostile = new LongAdder();
    private final LongAdder inspected = new LongAdder();
    private String inspectedAlone;
    private volatile boolean over;

    private ServeSoak(URI server, long pid, long pauseMillis) {
        this.server = server;
        this.pid = pid;
        this.pauseMillis = pauseMillis;
    }

    /** The server's process at a moment. */
    private record State(long heapKilobytes, long residentKilobytes, long threads, long descriptors) {

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "heap after GC %.1f MB, resident %d MB, %d threads, %d descriptors",
                    heapKilobytes / 1024.0, residentKilobytes / 1024, threads, descriptors);
        }
    }

    public static void main(String[] args) throws Exception {
        int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 60;
        long pauseMillis = args.length > 3 ? Long.parseLong(args[3]) : 0;
        System.exit(new ServeSoak(URI.create(args[0]), Long.parseLong(args[1]), pauseMillis).run(seconds) ? 0 : 1);
    }

    private boolean run(int seconds) throws Exception {
        Map<String, String> alone = new LinkedHashMap<>();
        HttpClient http = client();
        for (String text : List.of("good", "a dull film", "not bad at all . ".repeat(20), "caf\u00e9 \uD83D\uDE00",
                "")) {
            String body = "{\"inputs\":[\"" + text + "\",\"and more\"]}";
            alone.put(body, post(http, "/predict", body).body());
        }
        inspectedAlone = post(http, "/inspect", INSPECTED).body();
        soak(Math.min(20, seconds), alone);
        Thread.sleep(SETTLE_SECONDS * 1000L);
        State before = state();
        System.out.println("after warming up: " + before);
        long start = System.nanoTime();
        soak(seconds, alone);
        System.out.printf("%d s of soak: %d valid requests right, %d of them inspections; %d refused (429), %d wrong or "
                        + "without an answer; %d hostile ones%n", (System.nanoTime() - start) / 1_000_000_000,
                valid.sum() + inspected.sum(), inspected.sum(), refused.sum(), wrong.sum(), hostile.sum());
        Thread.sleep(SETTLE_SECONDS * 1000L);
        State after = state();
        System.out.println("after settling:   " + after);
        boolean flat = after.threads <= before.threads + 2 && after.descriptors <= before.descriptors + 2
                && after.heapKilobytes <= before.heapKilobytes * 1.1 + 2048;
        System.out.println(wrong.sum() == 0 && flat ? "passed" : "FAILED");
        return wrong.sum() == 0 && flat;
    }

    private void soak(int seconds, Map<String, String> alone) throws InterruptedException {
        over = false;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < VALID_CLIENTS; i++) {
            threads.add(new Thread(() -> beValid(alone)));
        }
        threads.add(new Thread(this::inspect));
        for (int i = 0; i < HOSTILE_CLIENTS; i++) {
            Random random = new Random(i);
            threads.add(new Thread(() -> beHostile(random)));
        }
        for (int i = 0; i < SLOW_CLIENTS; i++) {
            Random random = new Random(i);
            threads.add(new Thread(() -> beSlow(random)));
        }
        threads.forEach(Thread::start);
        Thread.sleep(seconds * 1000L);
        over = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void beValid(Map<String, String> alone) {
        List<String> bodies = new ArrayList<>(alone.keySet());
        HttpClient http = client();
        for (int i = 0; !over; i++) {
            String body = bodies.get(i % bodies.size());
            check(http, "/predict", body, alone.get(body), valid);
            pause();
        }
    }

    /** One at a time, as the server has it, so none is refused. */
    private void inspect() {
        HttpClient http = client();
        while (!over) {
            check(http, "/inspect", INSPECTED, inspectedAlone, inspected);
            for (int i = 0; i < 10 && !over; i++) {
                LockSupport.parkNanos(INSPECTION_PAUSE_MILLIS / 10 * 1_000_000);
            }
        }
    }

    private void check(HttpClient http, String path, String body, String expected, LongAdder right) {
        try {
            HttpResponse<String> answer = post(http, path, body);
            if (answer.statusCode() == 429) {
                refused.increment();
            } else if (answer.statusCode() == 200 && answer.body().equals(expected)) {
                right.increment();
            } else {
                wrong.increment();
                System.out.println("wrong: " + path + " " + answer.statusCode() + " "
                        + answer.body().substring(0, Math.min(300, answer.body().length())));
            }
        } catch (IOException | InterruptedException e) {
            wrong.increment();
            System.out.println("no answer: " + path + " " + e);
        }
    }

    private void beHostile(Random random) {
        while (!over) {
            try (Socket socket = new Socket(server.getHost(), server.getPort())) {
                socket.setSoTimeout(15_000);
                OutputStream out = socket.getOutputStream();
                out.write(attack(random));
                out.flush();
                if (random.nextBoolean()) {
                    socket.shutdownOutput();
                    socket.getInputStream().readNBytes(random.nextInt(2000));
                }
            } catch (IOException e) {
                // Being cut off is what it asked for.
            }
            hostile.increment();
            pause();
        }
    }

    private static byte[] attack(Random random) {
        byte[] noise = new byte[1 + random.nextInt(5000)];
        random.nextBytes(noise);
        return switch (random.nextInt(12)) {
            case 0 -> noise;
            case 1 -> request(noise);
            case 2 -> request(("{\"inputs\":\"" + "x ".repeat(1 + random.nextInt(2_000_000)) + "\"}").getBytes());
            case 3 -> request("[".repeat(random.nextInt(100_000)).getBytes());
            case 4 -> request(("{\"a\":" + "{\"a\":".repeat(random.nextInt(10_000))).getBytes());
            case 5 -> request("{\"inputs\":\"\\ud800\\udbff\"}".getBytes());
            case 6 -> ("POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 5000\r\n\r\n{\"inputs\":").getBytes();
            case 7 -> ("POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
                    + new String(noise, StandardCharsets.ISO_8859_1)).getBytes(StandardCharsets.ISO_8859_1);
            case 8 -> ("GET /" + "x".repeat(random.nextInt(100_000)) + " HTTP/1.1\r\n\r\n").getBytes();
            case 9 -> ("GET / HTTP/1.1\r\n" + "a: b\r\n".repeat(random.nextInt(1000)) + "\r\n").getBytes();
            case 10 -> ("X".repeat(random.nextInt(50)) + " /predict HTTP/1.1\r\nContent-Length: "
                    + random.nextLong() + "\r\n\r\n").getBytes();
            default -> mutated(random);
        };
    }

    private static byte[] mutated(Random random) {
        byte[] body = ("{\"inputs\":[\"a good film\",[\"one\",\"two\"]],\"truncate\":true,"
                + "\"raw_scores\":1e5}").getBytes();
        for (int i = random.nextInt(5); i >= 0; i--) {
            body[random.nextInt(body.length)] = (byte) random.nextInt();
        }
        return request(body);
    }

    private static byte[] request(byte[] body) {
        byte[] head = ("POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: " + body.length + "\r\n\r\n").getBytes();
        byte[] all = new byte[head.length + body.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return all;
    }

    /** Slow loris: a byte now and then, until it is cut off. */
    private void beSlow(Random random) {
        byte[] request = request("{\"inputs\":\"slowly\"}".getBytes());
        while (!over) {
            try (Socket socket = new Socket(server.getHost(), server.getPort())) {
                for (int i = 0; i < request.length && !over; i++) {
                    socket.getOutputStream().write(request[i]);
                    Thread.sleep(500 + random.nextInt(1000));
                }
            } catch (IOException | InterruptedException e) {
                // Cut off.
            }
            hostile.increment();
        }
    }

    private void pause() {
        LockSupport.parkNanos(pauseMillis * 1_000_000);
    }

    private State state() throws IOException, InterruptedException {
        jcmd("GC.run");
        Matcher used = Pattern.compile("(?:generation|heap) .*used (\\d+)K").matcher(jcmd("GC.heap_info"));
        long heap = used.results().mapToLong(r -> Long.parseLong(r.group(1))).sum();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc", String.valueOf(pid), "fd"))) {
            return new State(heap, status("VmRSS:"), status("Threads:"), descriptors.count());
        }
    }

    private long status(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status")).stream()
                .filter(line -> line.startsWith(name)).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst().orElseThrow();
    }

    private String jcmd(String command) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process process = new ProcessBuilder(jcmd.toString(), String.valueOf(pid), command)
                .redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return out;
    }

    private static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    private HttpResponse<String> post(HttpClient http, String path, String body)
            throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(server.resolve(path)).timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
