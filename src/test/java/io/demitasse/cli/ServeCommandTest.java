package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.TestModels;
import io.demitasse.serve.ServeClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server in a process of its own. */
@Timeout(60)
class ServeCommandTest {

    private static final String GOOD = "{\"inputs\": \"good\"}";

    @TempDir
    Path folder;

    private Path model;
    private Process process;
    private URI base;
    private ServeClient client;

    @BeforeEach
    void makeModel() {
        model = TestModels.tinyWithWords(folder.resolve("words.flat"));
    }

    @AfterEach
    void kill() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    @Test
    void sigtermAnswersWhatIsInFlightAndExits0() throws Exception {
        start(List.of());
        assertThat(client.post("/predict", GOOD).status()).isEqualTo(200);
        // A request that is still being sent when the signal comes.
        try (Socket socket = socket()) {
            send(socket, "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: " + GOOD.length() + "\r\n\r\n");
            send(socket, GOOD.substring(0, 5));
            Thread.sleep(300);
            long start = System.nanoTime();
            process.destroy();
            Thread.sleep(300);
            send(socket, GOOD.substring(5));
            assertThat(readAll(socket)).startsWith("HTTP/1.1 200 OK").contains("Connection: close", "POSITIVE");
            assertThat(Run.exit(process)).isZero();
            assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(5);
        }
    }

    @Test
    void sigtermDoesNotWaitForThoseWhoNeverFinish() throws Exception {
        start(List.of("-Dsun.net.httpserver.maxReqTime=60"));
        try (Socket slow = socket()) {
            send(slow, "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{");
            Thread.sleep(300);
            long start = System.nanoTime();
            process.destroy();
            assertThat(Run.exit(process)).isZero();
            assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(10);
        }
    }

    @Test
    void slowClientsTimeOutAndOthersDoNotNotice() throws Exception {
        start(List.of("-Dsun.net.httpserver.maxReqTime=4", "-Dsun.net.httpserver.idleInterval=1",
                "-Dsun.net.httpserver.clockTick=500"));
        List<Socket> slow = new ArrayList<>();
        String[] beginnings = {"", "GET /he", "POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{\"in",
            "POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"};
        for (int i = 0; i < 100; i++) {
            Socket socket = socket();
            send(socket, beginnings[i % beginnings.length]);
            slow.add(socket);
        }
        long start = System.nanoTime();
        assertThat(client.post("/predict", GOOD).status()).isEqualTo(200);
        assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).as("before the slow ones are gone").isLessThan(4000);
        for (Socket socket : slow) {
            socket.setSoTimeout(20_000);
            assertThat(socket.getInputStream().read()).as("closed").isEqualTo(-1);
            socket.close();
        }
        // On a new connection: the old one was idle, so it is closed too.
        assertThat(new ServeClient(base.toString()).post("/predict", GOOD).status()).isEqualTo(200);
    }

    @Test
    void brokenRequestsHarmNobody() throws Exception {
        start(List.of());
        for (String bytes : new String[] {"\0\1\2\3\r\n\r\n", "GET\r\n\r\n",
            "POST /predict HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            "POST /predict HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "GET http://[ HTTP/1.1\r\n\r\n",
            "POST /predict HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
            try (Socket socket = socket()) {
                send(socket, bytes);
                socket.shutdownOutput();
                assertThat(readAll(socket)).doesNotStartWith("HTTP/1.1 200").doesNotContain("\tat ");
            }
        }
        assertThat(client.post("/predict", GOOD).status()).isEqualTo(200);
    }

    @Test
    void memoryStaysBoundedWhateverIsSent() throws Exception {
        // Time enough to send all this on a busy machine.
        start(List.of("-Xmx160m", "-Dsun.net.httpserver.maxReqTime=60"));
        String huge = "{\"inputs\": \"" + "good ".repeat(390_000) + "\"}";      // just under the limit
        String tooMany = "{\"x\": [" + "[],".repeat(600_000) + "[]], \"inputs\": 1}";
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            String body = i % 2 == 0 ? huge : tooMany;
            answers.add(CompletableFuture.supplyAsync(() -> client.post("/predict", body).status(), task ->
                    new Thread(task).start()));
        }
        assertThat(answers).extracting(CompletableFuture::join).containsAnyOf(200, 400).allSatisfy(status ->
                assertThat(status).isIn(200, 400, 429));
        assertThat(client.post("/predict", GOOD).status()).isEqualTo(200);
        assertThat(process.isAlive()).isTrue();
    }

    @Test
    void aTokenComesFromAFile() throws Exception {
        Path token = Files.writeString(folder.resolve("token"), "secret\n");
        start(List.of(), "--token-file", token.toString());
        assertThat(client.post("/predict", GOOD).status()).isEqualTo(401);
        assertThat(client.get("/health").status()).isEqualTo(200);
    }

    @Test
    void whatCannotBeServedIsOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = String.valueOf(taken.getLocalPort());
            serve("--port", port).fails(1, "cannot listen on 127.0.0.1:" + port + ": Address already in use");
        }
        serve("--host", "no.such.host.invalid").fails(1, "cannot listen on no.such.host.invalid:8080: no such host");
        serve("--model", Run.TINY).fails(1, "has no vocabulary");
        serve("--port", "65536").fails(2, "port must be 0 to 65535");
        serve("--max-client-batch-size", "0").fails(2, "must be at least 1");
        serve("--token-file", folder.resolve("none").toString()).fails(1, "no such file");
    }

    private Run serve(String... arguments) {
        List<String> all = new ArrayList<>(List.of("serve", "--kernels", "plain"));
        all.addAll(List.of(arguments));
        if (!all.contains("--model")) {
            all.addAll(List.of("--model", model.toString()));
        }
        return Run.of(all.toArray(String[]::new));
    }

    private void start(List<String> jvmOptions, String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("serve", "--model", model.toString(), "--port", "0", "--threads",
                "1", "--kernels", "plain"));
        all.addAll(List.of(arguments));
        ProcessBuilder builder = Run.process(all.toArray(String[]::new));
        builder.command().addAll(1, jvmOptions);
        process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String line = process.inputReader(StandardCharsets.UTF_8).readLine();
        assertThat(line).matches("listening on http://127\\.0\\.0\\.1:\\d+");
        base = URI.create(line.substring(line.indexOf("http")));
        client = new ServeClient(base.toString());
    }

    private Socket socket() throws IOException {
        Socket socket = new Socket(base.getHost(), base.getPort());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    private static String readAll(Socket socket) throws IOException {
        try {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException e) {
            return "reset";
        }
    }
}
