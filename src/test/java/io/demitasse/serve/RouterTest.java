package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.demitasse.serve.ServeClient.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The way of a request, with routes of the test's own. */
@Timeout(30)
class RouterTest {

    private final Metrics metrics = new Metrics();
    private final Batcher batcher = new Batcher(8, 800, metrics);
    private final CountDownLatch gate = new CountDownLatch(1);
    private final List<String> computed = Collections.synchronizedList(new ArrayList<>());
    private final ExecutorService threads = Executors.newCachedThreadPool();
    /** Gives what it gets; "wait" waits for the gate, "fail" fails, "full" finds no memory. */
    private final Work<String, String> work = Work.of(String::length, 1, texts -> {
        computed.addAll(texts);
        return texts.stream().map(this::compute).toList();
    });
    private HttpServer http;
    private ServeClient client;

    private String compute(String text) {
        switch (text) {
            case "wait" -> {
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            case "fail" -> throw new IllegalStateException("of the test\nand a second line");
            case "full" -> throw new OutOfMemoryError("Java heap space, says the test");
            default -> { }
        }
        return text;
    }

    @BeforeEach
    void start() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        Route echo = Route.post("/echo", body -> {
            List<String> texts = List.of(new String(body.readAllBytes(), StandardCharsets.UTF_8).split(" "));
            return new Job<>(work, texts, 0, Response::json);
        });
        Route huge = Route.post("/huge", body -> new Deferred(Runtime.getRuntime().maxMemory(), () -> Response.empty(200)));
        Route large = Route.post("/large", body -> new Deferred(Runtime.getRuntime().maxMemory() / 20,
                () -> Response.json(List.of(1))));
        Routes routes = new Routes(List.of(echo, huge, large, Route.get("/metrics", () -> Response.text("text/plain", metrics.text()))));
        http.createContext("/", new Router(routes, new Guard(ServerOptions.defaults(), true), new Bodies(1000), batcher,
                new Connections(http.getAddress().getPort()), metrics));
        http.setExecutor(threads);
        http.start();
        client = new ServeClient("http://127.0.0.1:" + http.getAddress().getPort());
    }

    @AfterEach
    void stop() {
        gate.countDown();
        http.stop(0);
        batcher.close();
        threads.shutdownNow();
    }

    @Test
    void aRouteAnswersWithWhatWasComputed() {
        assertThat(client.post("/echo", "a bb ccc").body()).isEqualTo("[\"a\",\"bb\",\"ccc\"]");
        assertThat(client.get("/echo").header("Allow")).isEqualTo("POST");
        assertThat(client.get("/other").error()).isEqualTo("no such path: there are /metrics to GET and /echo, /huge, /large to POST");
    }

    @Test
    void whatTakesMuchMemoryHasToFindIt() {
        assertThat(client.post("/huge", "").status()).isEqualTo(413);
        assertThat(client.post("/huge", "").error()).contains("MB for answers");
        for (int i = 0; i < 5; i++) {
            assertThat(client.post("/large", "").body()).as("and gives it back").isEqualTo("[1]");
        }
    }

    @Test
    void twoRoutesCannotBeTheSame() {
        Route one = Route.get("/a", () -> Response.empty(200));
        assertThatThrownBy(() -> new Routes(List.of(one, one))).hasMessage("two routes are GET /a");
    }

    @Test
    void whatIsAskedByAClientThatHasGoneIsNotComputedAndCounted() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/net/tcp")), "needs /proc/net/tcp, which this system has not");
        CompletableFuture<Answer> first = CompletableFuture.supplyAsync(() -> client.post("/echo", "wait"), threads);
        await(() -> computed.contains("wait"));
        Socket leaving = new Socket(InetAddress.getLoopbackAddress(), http.getAddress().getPort());
        leaving.getOutputStream().write(("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 9\r\n\r\nnot again").getBytes(StandardCharsets.US_ASCII));
        await(() -> batcher.waitingTokens() == 8);
        CompletableFuture<Answer> staying = CompletableFuture.supplyAsync(() -> client.post("/echo", "patient"), threads);
        await(() -> batcher.waitingTokens() == 15);
        leaving.close();
        await(() -> batcher.waitingTokens() == 7);
        gate.countDown();

        assertThat(first.join().status()).isEqualTo(200);
        assertThat(staying.join().body()).isEqualTo("[\"patient\"]");
        assertThat(computed).containsExactly("wait", "patient");
        await(() -> client.get("/metrics").body().contains("demitasse_requests_gone_total 1\n"));
        assertThat(client.get("/metrics").body()).contains(
                "demitasse_requests_total{path=\"/echo\",status=\"499\"} 1\n");
    }

    @Test
    void eachFailureIsALineAndItsTraceIsThereOnce() {
        List<LogRecord> records = Collections.synchronizedList(new ArrayList<>());
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                records.add(record);
            }

            @Override
            public void flush() {
            }

            @Override
            public void close() {
            }
        };
        Logger logger = Logger.getLogger("io.demitasse.serve");
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            for (int i = 0; i < 3; i++) {
                Answer answer = client.post("/echo", "fail");
                assertThat(answer.status()).isEqualTo(500);
                assertThat(answer.error()).isEqualTo("the server failed to compute this");
                Answer full = client.post("/echo", "full");
                assertThat(full.status()).isEqualTo(503);
                assertThat(full.error()).contains("too little memory");
            }
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
        }
        assertThat(records).extracting(LogRecord::getMessage).containsExactly(
                Collections.nCopies(3, List.of("POST /echo failed: java.lang.IllegalStateException: of the test",
                "POST /echo failed: java.lang.OutOfMemoryError: Java heap space, says the test"))
                .stream().flatMap(List::stream).toArray(String[]::new));
        assertThat(records).filteredOn(record -> record.getThrown() != null).hasSize(2);
        assertThat(client.post("/echo", "fine").status()).isEqualTo(200);
    }

    private interface Condition {
        boolean holds();
    }

    private static void await(Condition condition) throws InterruptedException {
        while (!condition.holds()) {
            Thread.sleep(5);
        }
    }
}
