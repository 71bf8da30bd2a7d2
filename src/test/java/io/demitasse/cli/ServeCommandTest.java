package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

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
            send(socket, "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " + GOOD.length() + "\r\n\r\n");
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
            send(slow, "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{");
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
        String[] beginnings = {"", "GET /he", "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{\"in",
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"};
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
    void tokensThatNoRequestCanBringAreRefusedAtStart() throws Exception {
        token("caf\u00e9\n").fails(2, "token: the token's character 4 is not printable ASCII");
        token("\ufeffsecret").fails(2, "not printable ASCII");
        token("one\ttwo").fails(2, "character 4 is not printable ASCII");
        token("one\ntwo\n").fails(2, "token: the token has several lines");
        token(" \r\n\n").fails(2, "token: the token is empty");
        token("x".repeat(9000)).fails(2, "more than 8192 bytes");
        serve("--token-file", folder.toString()).fails(2, folder + " is a folder, not a file with a token");
    }

    /** Serves with a file that holds this token; no message may hold it. */
    private Run token(String token) throws IOException {
        Run run = serve("--token-file", Files.writeString(folder.resolve("token"), token).toString());
        assertThat(run.err()).doesNotContain("caf", "secret", "one", "xxx");
        return run;
    }

    @Test
    void bearerMayBeWrittenInAnyCase() throws Exception {
        start(List.of(), "--token-file", Files.writeString(folder.resolve("token"), "a b/c==\r\n").toString());
        for (String header : new String[] {"Bearer a b/c==", "bearer a b/c==", "BEARER   a b/c=="}) {
            assertThat(get("/info", "Authorization: " + header)).as(header).startsWith("HTTP/1.1 200");
        }
        for (String header : new String[] {"Basic a b/c==", "a b/c==", "Bearer", "Bearera b/c==", "Bearer A b/c=="}) {
            assertThat(get("/info", "Authorization: " + header)).as(header).startsWith("HTTP/1.1 401");
        }
    }

    @Test
    void namesAndOriginsComeFromOptions() throws Exception {
        start(List.of(), "--allowed-host", "models.example,other.example", "--cors", "https://app.example");
        assertThat(get("/info", "Host: models.example")).startsWith("HTTP/1.1 200");
        assertThat(get("/info", "Host: other.example:8080")).startsWith("HTTP/1.1 200");
        assertThat(get("/info", "Host: evil.example")).startsWith("HTTP/1.1 403");
        assertThat(get("/info", "Host: localhost\r\nOrigin: https://app.example")).startsWith("HTTP/1.1 200");
        assertThat(get("/info", "Host: localhost\r\nOrigin: https://evil.example")).startsWith("HTTP/1.1 403");
        serve("--cors", "app.example").fails(2, "an origin is scheme, name and port, as https://example.com:8443, not app");
        serve("--allowed-host", "http://a").fails(2, "an allowed host is a name or address without scheme and port");
    }

    @Test
    void aModelMayHaveANameOfItsOwnAndMakeVectors() throws Exception {
        start(List.of(), "--served-model-name", "sentiment", "--embeddings", "--pooling", "cls");
        String answer = client.post("/v1/embeddings", "{\"input\": \"good\", \"model\": \"any\"}").body();
        assertThat(answer).contains("\"model\":\"sentiment\"").as("--model goes before --embeddings").contains("\"embedding\":[");
        assertThat(client.get("/info").body()).contains("\"served_model_name\":\"sentiment\"", "\"model_id\":\"words\"");
        assertThat(client.post("/embed", "{\"inputs\": \"good\"}").body()).isEqualTo(client.post("/embed",
                "{\"inputs\": \"good\", \"pooling\": \"cls\"}").body());
        serve("--served-model-name", " ").fails(2, "the served model's name is empty");
    }

    @Test
    void vectorsComeFromTheModelThatIsMadeForThemUnlessAnotherIsGiven() throws Exception {
        process = Run.process("serve", "--embeddings", "--port", "0", "--threads", "1", "--kernels", "plain").start();
        String line = process.inputReader(StandardCharsets.UTF_8).readLine();
        ServeClient embeddings = new ServeClient(line.substring(line.indexOf("http")));
        assertThat(embeddings.get("/info").body()).contains("all-MiniLM-L6-v2", "\"pooling\":\"mean\"");
        assertThat(embeddings.post("/", GOOD).json().getAsJsonArray().get(0).getAsJsonArray()).hasSize(384);
    }

    private String get(String path, String headers) throws IOException {
        try (Socket socket = socket()) {
            send(socket, "GET " + path + " HTTP/1.1\r\n" + headers + "\r\nConnection: close\r\n\r\n");
            return readAll(socket);
        }
    }

    @Test
    void whoeverCannotBeToldWhereItListensHearsOfItByTheExitCode() throws Exception {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full), "needs /dev/full");
        Path error = folder.resolve("err");
        process = Run.process("serve", "--model", model.toString(), "--port", "0", "--kernels", "plain")
                .redirectOutput(full.toFile()).redirectError(error.toFile()).start();
        assertThat(Run.exit(process)).isEqualTo(1);
        assertThat(error).hasContent("demitasse: cannot write to stdout: No space left on device");
    }

    @Test
    void aClosedStdoutIsAFailureToo() throws Exception {
        Path error = folder.resolve("err");
        List<String> command = Run.process("serve", "--model", model.toString(), "--port", "0", "--kernels", "plain")
                .command();
        List<String> shell = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" >&-", "sh"));
        shell.addAll(command);
        process = new ProcessBuilder(shell).redirectError(error.toFile()).start();
        assertThat(Run.exit(process)).as(Files.readString(error)).isEqualTo(1);
        assertThat(Files.readString(error)).startsWith("demitasse: cannot write to stdout").hasLineCount(1);
    }

    @Test
    void anInspectionThatCannotHaveItsMemoryHarmsNobody() throws Exception {
        model = TestModels.DEFAULT;
        Path error = folder.resolve("err");
        start(List.of("-Xmx256m"), error);
        List<Integer> inspections = new ArrayList<>();
        CompletableFuture<Void> inspecting = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 10; i++) {
                inspections.add(new ServeClient(base.toString()).post("/inspect", GOOD).status());
            }
        }, task -> new Thread(task).start());
        for (int i = 0; i < 10; i++) {
            assertThat(client.post("/predict", GOOD).status()).isEqualTo(200);
        }
        inspecting.join();
        assertThat(inspections).containsOnly(503);
        assertThat(error).as("and is not a failure of the server").isEmptyFile();
    }

    @Test
    void manyLabelsDoNotTakeMoreThanThereIs() throws Exception {
        model = TestModels.tinyWithLabels(folder.resolve("labels.flat"), 50_000);
        Path error = folder.resolve("err");
        start(List.of("-Xmx256m"), error);
        String two = "{\"inputs\": [\"good\", \"bad\"]}";
        String many = "{\"inputs\": [" + "\"good\", ".repeat(31) + "\"bad\"]}";
        assertThat(client.post("/predict", many).status()).isEqualTo(413);
        assertThat(client.post("/predict", many).body()).contains("send fewer texts at a time");
        List<CompletableFuture<Integer>> answers = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String body = i % 4 == 0 ? two : GOOD;
            answers.add(CompletableFuture.supplyAsync(() -> new ServeClient(base.toString()).post("/predict", body).status(),
                    task -> new Thread(task).start()));
        }
        assertThat(answers).extracting(CompletableFuture::join).contains(200).containsAnyOf(200, 429)
                .allSatisfy(status -> assertThat(status).isIn(200, 429));
        assertThat(error).isEmptyFile();
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
        start(jvmOptions, ProcessBuilder.Redirect.INHERIT, arguments);
    }

    private void start(List<String> jvmOptions, Path error, String... arguments) throws IOException {
        start(jvmOptions, ProcessBuilder.Redirect.to(error.toFile()), arguments);
    }

    private void start(List<String> jvmOptions, ProcessBuilder.Redirect error, String... arguments)
            throws IOException {
        List<String> all = new ArrayList<>(List.of("serve", "--model", model.toString(), "--port", "0", "--threads",
                "1", "--kernels", "plain"));
        all.addAll(List.of(arguments));
        ProcessBuilder builder = Run.process(all.toArray(String[]::new));
        builder.command().addAll(1, jvmOptions);
        process = builder.redirectError(error).start();
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
