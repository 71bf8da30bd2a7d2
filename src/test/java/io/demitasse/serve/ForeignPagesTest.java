package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.demitasse.serve.ServeClient.Answer;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What web pages of others can do with a server on one's own machine: nothing. */
@Timeout(30)
class ForeignPagesTest {

    private static final String BODY = "{\"inputs\": \"good\"}";
    private static final String JSON = "application/json";

    private static Served served;

    @BeforeAll
    static void start() {
        served = Served.tiny(options -> options.withAllowedHosts(List.of("Models.example"))
                .withCors(List.of("https://app.example", "http://localhost:3000/")));
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "127.9.9.9", "[::1]", "[::1]:8080",
        "[0:0:0:0:0:0:0:1]", "models.example", "MODELS.example:443"})
    void namesOfThisMachineAndAllowedOnesAreAnswered(String host) throws IOException {
        assertThat(raw("GET /health HTTP/1.1\r\nHost: " + host)).startsWith("HTTP/1.1 200");
    }

    @Test
    void whoSendsNoNameIsNoBrowser() throws IOException {
        assertThat(raw("GET /health HTTP/1.0")).startsWith("HTTP/1.1 200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
        "192.168.0.1", "[::2]", "[fe80::1]", "[127.0.0.1]", "models.example.evil", "0.0.0.0", "x", "", "localhost@evil", "[::1"})
    void otherNamesAreRefusedOnEveryPath(String host) throws IOException {
        for (String path : new String[] {"/", "/health", "/info", "/metrics", "/nothing"}) {
            assertThat(raw("GET " + path + " HTTP/1.1\r\nHost: " + host)).as(path).startsWith("HTTP/1.1 403")
                    .contains("--allowed-host");
        }
        assertThat(raw("GET http://evil.example/info HTTP/1.1\r\nHost: localhost")).startsWith("HTTP/1.1 403");
    }

    @Test
    void twoNamesAreNone() throws IOException {
        assertThat(raw("GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example")).startsWith("HTTP/1.1 400");
    }

    @Test
    void withoutAllowedNamesOnlyThoseOfTheMachineAreAnswered() throws IOException {
        try (Served plain = Served.tiny()) {
            assertThat(raw(plain, "GET /health HTTP/1.1\r\nHost: models.example")).startsWith("HTTP/1.1 403");
            assertThat(raw(plain, "GET /health HTTP/1.1\r\nHost: localhost")).startsWith("HTTP/1.1 200");
        }
        try (Served any = Served.tiny(options -> options.withAllowedHosts(List.of("*")))) {
            assertThat(raw(any, "GET /health HTTP/1.1\r\nHost: models.example")).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void onAnotherAddressNamesAreNotLookedAtUnlessSomeAreAllowed() throws IOException {
        try (Served open = Served.tiny(options -> options.withAddress("0.0.0.0", 0))) {
            assertThat(raw(open, "GET /health HTTP/1.1\r\nHost: models.example")).startsWith("HTTP/1.1 200");
        }
        try (Served open = Served.tiny(options -> options.withAddress("0.0.0.0", 0)
                .withAllowedHosts(List.of("models.example")))) {
            assertThat(raw(open, "GET /health HTTP/1.1\r\nHost: models.example")).startsWith("HTTP/1.1 200");
            assertThat(raw(open, "GET /health HTTP/1.1\r\nHost: localhost")).startsWith("HTTP/1.1 200");
            assertThat(raw(open, "GET /health HTTP/1.1\r\nHost: evil.example")).startsWith("HTTP/1.1 403");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://evil.example", "https://app.example.evil", "http://app.example", "null",
        "http://localhost:1", "https://app.example:8443", "file://"})
    void pagesOfOtherOriginsAreRefused(String origin) {
        for (String path : new String[] {"/", "/predict", "/embed", "/inspect"}) {
            Answer answer = served.client().postWith(path, BODY, "Origin", origin, "Content-Type", JSON);
            assertThat(answer.status()).as(path).isEqualTo(403);
            assertThat(answer.error()).contains("--cors");
            assertThat(answer.errorType()).isEqualTo("Forbidden");
            assertThat(answer.header("Access-Control-Allow-Origin")).isNull();
        }
    }

    @Test
    void theServersOwnPageIsNotForeign() throws IOException {
        Answer answer = served.client().postWith("/predict", BODY, "Origin", served.base(), "Content-Type", JSON);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Access-Control-Allow-Origin")).isNull();
        // Through a proxy that brings TLS and keeps the name.
        assertThat(raw("GET /health HTTP/1.1\r\nHost: models.example\r\nOrigin: https://models.example"))
                .startsWith("HTTP/1.1 200");
        assertThat(raw("GET /health HTTP/1.1\r\nHost: models.example:443\r\nOrigin: https://models.example"))
                .startsWith("HTTP/1.1 200");
    }

    @Test
    void pagesOfNamedOriginsMayAskAndRead() throws IOException {
        for (String origin : new String[] {"https://app.example", "http://localhost:3000"}) {
            Answer answer = served.client().postWith("/predict", BODY, "Origin", origin, "Content-Type", JSON);
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo(origin);
            assertThat(answer.header("Vary")).isEqualTo("Origin");
            Answer bad = served.client().postWith("/predict", "{}", "Origin", origin, "Content-Type", JSON);
            assertThat(bad.status()).isEqualTo(400);
            assertThat(bad.header("Access-Control-Allow-Origin")).as("so that the page can read why").isEqualTo(origin);
        }
        assertThat(raw("OPTIONS /predict HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\n"
                + "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Private-Network: true"))
                .startsWith("HTTP/1.1 204").containsIgnoringCase("Access-Control-Allow-Headers: authorization, content-type")
                .containsIgnoringCase("Access-Control-Allow-Origin: https://app.example")
                .containsIgnoringCase("Access-Control-Allow-Private-Network: true");
        assertThat(raw("OPTIONS /predict HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n"
                + "Access-Control-Request-Method: POST")).startsWith("HTTP/1.1 403");
    }

    @Test
    void anAllowedPageNeedsTheTokenAllTheSame() {
        try (Served guarded = Served.tiny(options -> options.withToken("secret").withCors(List.of("*")))) {
            ServeClient stranger = new ServeClient(guarded.base());
            Answer refused = stranger.postWith("/predict", BODY, "Origin", "https://any.example", "Content-Type", JSON);
            assertThat(refused.status()).isEqualTo(401);
            Answer answer = guarded.client().postWith("/predict", BODY, "Origin", "https://any.example",
                    "Content-Type", JSON);
            assertThat(answer.status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\"",
        "text/json", "application/vnd.api+json", "application/json; profile=x"})
    void jsonIsTaken(String type) {
        assertThat(served.client().postWith("/predict", BODY, "Content-Type", type).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/json; charset=iso-8859-1", "application/jsonp", "application/javascript", "text/plain; a=application/json",
        ";", "application/octet-stream"})
    void otherTypesAreRefused(String type) {
        Answer answer = served.client().postWith("/predict", BODY, "Content-Type", type);
        assertThat(answer.status()).isEqualTo(415);
        assertThat(answer.error()).contains("Content-Type: application/json");
    }

    @Test
    void noTypeIsRefusedToo() {
        // A page can send a body without a type, and without being asked first.
        assertThat(served.client().postWith("/predict", BODY).status()).isEqualTo(415);
    }

    @ParameterizedTest
    @CsvSource({"https://a.example/path, origin", "a.example, origin", "'', origin", "http://x y, origin",
        "http://a.example, host", "a.example:80, host", "'', host", "a/b, host"})
    void whatIsNoOriginOrNameIsRefusedAtStart(String value, String kind) {
        assertThatThrownBy(() -> {
            if (kind.equals("origin")) {
                ServerOptions.defaults().withCors(List.of(value));
            } else {
                ServerOptions.defaults().withAllowedHosts(List.of(value));
            }
        }).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("as ").hasMessageContaining(value);
    }

    @Test
    void originsAreComparedAsBrowsersWriteThem() {
        assertThat(ServerOptions.defaults().withCors(List.of("HTTPS://App.Example:443/", "http://a:80", "http://a:8080",
                "null", "*", "https://[::1]:8443")).cors())
                .containsExactly("https://app.example", "http://a", "http://a:8080", "null", "*", "https://[::1]:8443");
    }

    private static String raw(String head) throws IOException {
        return raw(served, head);
    }

    private static String raw(Served server, String head) throws IOException {
        URI base = URI.create(server.base());
        try (Socket socket = new Socket(base.getHost(), base.getPort())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write((head + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
