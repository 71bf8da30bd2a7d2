package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.serve.ServeClient.Answer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many requests at once. */
@Timeout(60)
class LoadTest {

    private static final int CLIENTS = 32;
    private static final String[] WORDS = {"a", "good", "bad", "film", "not", ".", "word"};

    @Test
    void everyAnswerIsByteForByteThatOfARequestAlone() throws Exception {
        try (Served served = Served.tiny()) {
            Map<String, String> alone = alone(served.client(), 60);
            AtomicInteger ok = load(served, alone, 40, new AtomicInteger());
            assertThat(ok.get()).isEqualTo(CLIENTS * 40);
        }
    }

    @Test
    void underOverloadAnswersAreRightOr429() throws Exception {
        // One token may wait: whoever comes while another waits is turned away.
        try (Served served = Served.tiny(options -> options.withTokenLimits(8, 1))) {
            Map<String, String> alone = alone(served.client(), 60);
            AtomicInteger refused = new AtomicInteger();
            AtomicInteger ok = load(served, alone, 60, refused);
            assertThat(ok.get()).isPositive();
            assertThat(refused.get()).isPositive();
            assertThat(ok.get() + refused.get()).as("every request was answered").isEqualTo(CLIENTS * 60);
            alone.forEach((request, answer) ->
                    assertThat(ask(served.client(), request).body()).as("and afterwards").isEqualTo(answer));
        }
    }

    private static AtomicInteger load(Served served, Map<String, String> alone, int requests, AtomicInteger refused)
            throws Exception {
        List<String> all = new ArrayList<>(alone.keySet());
        AtomicInteger ok = new AtomicInteger();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<Future<?>> futures = new ArrayList<>();
            for (int c = 0; c < CLIENTS; c++) {
                Random random = new Random(c);
                futures.add(clients.submit(() -> {
                    for (int i = 0; i < requests; i++) {
                        String request = all.get(random.nextInt(all.size()));
                        Answer answer = ask(served.client(), request);
                        if (answer.status() == 429) {
                            assertThat(answer.header("Retry-After")).isEqualTo("1");
                            assertThat(answer.errorType()).isEqualTo("Overloaded");
                            refused.incrementAndGet();
                        } else {
                            assertThat(answer.body()).isEqualTo(alone.get(request));
                            ok.incrementAndGet();
                        }
                    }
                }));
            }
            for (Future<?> future : futures) {
                future.get();
            }
        } finally {
            clients.shutdownNow();
        }
        return ok;
    }

    private static Map<String, String> alone(ServeClient client, int number) {
        Random random = new Random(7);
        Map<String, String> alone = new LinkedHashMap<>();
        while (alone.size() < number) {
            StringBuilder inputs = new StringBuilder("\"").append(words(random)).append('"');
            for (int i = random.nextInt(5); i > 0; i--) {
                inputs.append(", \"").append(words(random)).append('"');
            }
            String path = new String[] {"/predict", "/embed", "/"}[random.nextInt(3)];
            String request = path + " {\"inputs\": [" + inputs + "], \"normalize\": " + random.nextBoolean() + "}";
            Answer answer = ask(client, request);
            assertThat(answer.status()).isEqualTo(200);
            alone.put(request, answer.body());
        }
        return alone;
    }

    private static String words(Random random) {
        StringBuilder words = new StringBuilder();
        for (int i = random.nextInt(30); i >= 0; i--) {
            words.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
        }
        return words.toString();
    }

    private static Answer ask(ServeClient client, String request) {
        int space = request.indexOf(' ');
        return client.post(request.substring(0, space), request.substring(space + 1));
    }
}
