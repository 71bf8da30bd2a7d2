package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.serve.ServeClient.Answer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is not answered as hoped, with the status and the reason. After each refusal the server still works. */
class RefusalsTest {

    private static final int BODY_LIMIT = 20_000;

    private static Served served;
    private static ServeClient client;

    @BeforeAll
    static void start() {
        served = Served.tiny(options -> options.withRequestLimits(BODY_LIMIT, 4));
        client = served.client();
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ``                                          | the body is not valid JSON
            nonsense                                    | the body is not valid JSON
            {"inputs": "a"                              | the body is not valid JSON
            {"inputs": "a"} {}                          | not valid JSON
            {'inputs': 'a'}                             | the body is not valid JSON
            {"inputs": NaN}                             | the body is not valid JSON
            {"inputs": "\\x"}                           | the body is not valid JSON
            {"inputs": "a", "x": [1e9, -Infinity]}      | the body is not valid JSON
            []                                          | the body is an array
            "a"                                         | the body is a string
            {}                                          | "inputs" is missing
            {"input": "a"}                              | "inputs" is missing
            {"inputs": null}                            | "inputs" is null
            {"inputs": 1e999999}                        | "inputs" is a number
            {"inputs": {"x": "a"}}                      | "inputs" is an object
            {"inputs": {"text": 5}}                     | "inputs.text" is a number
            {"inputs": {"text": "a", "text": "b"}}      | "inputs.text" is there twice
            {"inputs": "a", "parameters": []}           | "parameters" is an array, not an object
            {"inputs": "a", "parameters": {"x": 1}}     | "x" is not a parameter here; there
            {"inputs": "a", "parameters": {"inputs": 1}} | "inputs" is not a parameter here; there
            {"inputs": "a", "parameters": {}, "parameters": {}} | "parameters" is there twice
            {"inputs": []}                              | "inputs" is empty
            {"inputs": [[]]}                            | "inputs[0]" is empty
            {"inputs": ["a", 5]}                        | "inputs[1]" is a number
            {"inputs": ["a", ["b", null]]}              | "inputs[1][1]" is null
            {"inputs": ["a", ["b", "c", "d"]]}          | "inputs[1]" has more than two texts
            {"inputs": [[["a"]]]}                       | "inputs[0][0]" is an array
            {"inputs": "a", "inputs": "b"}              | "inputs" is there twice
            {"truncate": null, "inputs": "a", "truncate": false} | "truncate" is there twice
            {"inputs": "a", "truncate": "yes"}          | "truncate" is a string, not true or false
            {"inputs": "a", "normalize": 1}             | "normalize" is a number
            {"inputs": "a \\ud800 b"}                   | "inputs" is not Unicode: \\ud800 stands alone
            {"inputs": ["a", "\\ude00\\ud83d"]}         | "inputs[1]" is not Unicode: \\ude00 stands alone
            """)
    void aMalformedBodyIsRefusedNamingTheField(String body, String reason) {
        for (String path : new String[] {"/", "/predict", "/embed", "/tokenize"}) {
            Answer answer = client.post(path, body);
            assertThat(answer.status()).as(answer.body()).isEqualTo(400);
            assertThat(answer.error()).contains(reason);
            assertThat(answer.errorType()).isIn("Malformed", "Empty");
        }
        assertStillWorks();
    }

    @Test
    void unknownFieldsAndNullFlagsAreLeftAlone() {
        assertThat(client.post("/predict", 
                "{\"x\": {\"x\": [1e999999]}, \"inputs\": \"a\", \"truncate\": null, \"parameters\": null}").status())
                .isEqualTo(200);
    }

    @Test
    void deepNestingIsRefused() {
        for (String start : new String[] {"{\"x\":", "{\"inputs\":", ""}) {
            for (String nest : new String[] {"[", "{\"a\":"}) {
                Answer answer = client.post("/predict", start + String.join("", Collections.nCopies(3000, nest)));
                assertThat(answer.status()).isEqualTo(400);
                assertThat(answer.body().length()).isLessThan(500);
            }
        }
        assertStillWorks();
    }

    @Test
    void whatIsNotUtf8IsRefused() {
        byte[] body = "{\"inputs\": \"caf\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
        Answer answer = client.post("/predict", body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error()).isEqualTo("the body is not UTF-8");
        // U+D800 as three bytes, which UTF-8 forbids
        byte[] surrogate = "{\"inputs\": \"\u00ed\u00a0\u0080\"}".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(client.post("/predict", surrogate).status()).isEqualTo(400);
    }

    @Test
    void aBodyMayBeAsLargeAsTheLimitAndNotLarger() {
        String start = "{\"inputs\": \"";
        String end = "\"}";
        String text = "a".repeat(BODY_LIMIT - start.length() - end.length());
        assertThat(client.post("/predict", start + text + end).status()).isEqualTo(200);
        for (int more : new int[] {1, 20_000_000}) {
            Answer answer = client.post("/predict", start + text + "a".repeat(more) + end);
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.error()).isEqualTo("the body has more than 20000 bytes, the most that this server takes");
        }
        assertStillWorks();
    }

    @Test
    void tooManyTextsAreRefused() {
        assertThat(client.post("/embed", "{\"inputs\": [\"a\", \"a\", \"a\", \"a\"]}").status()).isEqualTo(200);
        Answer answer = client.post("/embed", "{\"inputs\": [\"a\", \"a\", \"a\", \"a\", \"a\"]}");
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.error()).startsWith("\"inputs\" has more than 4 texts");
    }

    @Test
    void aLongTextIsRefusedIfItMustNotBeCut() {
        String body = "{\"truncate\": false, \"inputs\": [\"good\", \"" + "good ".repeat(100) + "\"]}";
        Answer answer = client.post("/predict", body);
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.error()).isEqualTo("\"inputs[1]\" has 102 tokens, but the model reads at most 64");
        assertThat(client.post("/embed", body).status()).isEqualTo(413);
    }

    @Test
    void aPairHasNoVectorAndNoListOfTokens() {
        for (String path : new String[] {"/embed", "/tokenize"}) {
            Answer answer = client.post(path, "{\"inputs\": [\"a\", [\"a\", \"b\"]]}");
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.error()).isEqualTo("\"inputs[1]\" is a pair, not a string");
        }
    }

    @Test
    void oneTextIsInspectedAtATime() {
        Set<Integer> statuses = new HashSet<>();
        for (int round = 0; round < 50 && statuses.size() < 2; round++) {
            List<CompletableFuture<Answer>> answers = Stream.generate(() -> CompletableFuture.supplyAsync(() ->
                    client.post("/inspect", "{\"inputs\": \"a good film\"}"), task -> new Thread(task).start()))
                    .limit(16).toList();
            answers.stream().map(CompletableFuture::join).forEach(answer -> {
                statuses.add(answer.status());
                if (answer.status() == 429) {
                    assertThat(answer.error()).startsWith("another text is being inspected");
                    assertThat(answer.header("Retry-After")).isEqualTo("1");
                }
            });
        }
        assertThat(statuses).containsExactlyInAnyOrder(200, 429);
        assertThat(client.post("/inspect", "{\"inputs\": \"good\"}").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"/nope", "/predict/", "/Predict", "/..%2f..%2fetc/passwd", "/page.html",
        "/io/demitasse/serve/page.html", "//predict", "/health/../info", "/favicon.ico"})
    void thereIsNothingElseToReach(String path) {
        assertThat(client.get(path).status()).isEqualTo(404);
        assertThat(client.post(path, "{\"inputs\": \"a\"}").status()).isEqualTo(404);
    }

    @Test
    void eachPathSaysWhichMethodsItTakes() {
        assertThat(client.get("/predict").status()).isEqualTo(405);
        assertThat(client.get("/predict").header("Allow")).isEqualTo("POST");
        assertThat(client.post("/health", "").status()).isEqualTo(405);
        assertThat(client.post("/health", "").header("Allow")).isEqualTo("GET, HEAD");
        for (String method : new String[] {"PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "NONSENSE"}) {
            Answer answer = client.send(method, "/");
            assertThat(answer.status()).as(method).isEqualTo(405);
            assertThat(answer.header("Allow")).isEqualTo("GET, HEAD, POST");
        }
    }

    @Test
    void withATokenOnlyThePageAndHealthAreOpen() {
        try (Served guarded = Served.tiny(options -> options.withToken("secret"))) {
            assertThat(guarded.client().post("/predict", "{\"inputs\": \"a\"}").status()).isEqualTo(200);
            for (String token : new String[] {null, "wrong", "secret2", "secre"}) {
                ServeClient other = new ServeClient(guarded.base(), token);
                assertThat(other.get("/").status()).isEqualTo(200);
                assertThat(other.get("/health").status()).isEqualTo(200);
                for (String path : new String[] {"/", "/predict", "/embed", "/tokenize", "/inspect"}) {
                    Answer answer = other.post(path, "{\"inputs\": \"a\"}");
                    assertThat(answer.status()).isEqualTo(401);
                    assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer");
                }
                assertThat(other.get("/info").status()).isEqualTo(401);
                assertThat(other.get("/metrics").status()).isEqualTo(401);
            }
        }
    }

    private static void assertStillWorks() {
        assertThat(client.post("/predict", "{\"inputs\": \"good\"}").status()).isEqualTo(200);
    }
}
