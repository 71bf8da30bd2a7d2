package io.demitasse.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.Model;
import io.demitasse.TextClassifier;
import io.demitasse.spring.ai.DemitasseEmbeddingModel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** An application that is really started, asked over HTTP, and stopped. */
class StartedApplicationTest {

    private static final String ACTUATOR = "management.endpoints.web.exposure.include=health,metrics";
    private static final String DETAILS = "management.endpoint.health.show-details=always";

    @SpringBootApplication
    @RestController
    static class Application {

        private final ObjectProvider<TextClassifier> classifier;
        private final ObjectProvider<EmbeddingModel> embedder;

        Application(ObjectProvider<TextClassifier> classifier, ObjectProvider<EmbeddingModel> embedder) {
            this.classifier = classifier;
            this.embedder = embedder;
        }

        @GetMapping("/classify")
        String classify(@RequestParam String text) {
            return classifier.getObject().classify(text).label();
        }

        @GetMapping("/embed")
        int embed(@RequestParam String text) {
            return embedder.getObject().embed(text).length;
        }
    }

    private static String get(int port, String path) throws IOException, InterruptedException {
        HttpResponse<String> response = HttpClient.newHttpClient().send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }

    private static JsonObject json(int port, String path) throws IOException, InterruptedException {
        return JsonParser.parseString(get(port, path)).getAsJsonObject();
    }

    private static double measured(JsonObject metric, String statistic) {
        for (var each : metric.getAsJsonArray("measurements")) {
            if (each.getAsJsonObject().get("statistic").getAsString().equals(statistic)) {
                return each.getAsJsonObject().get("value").getAsDouble();
            }
        }
        throw new AssertionError(statistic + " is not in " + metric);
    }

    @Nested
    @SpringBootTest(classes = Application.class, webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
            properties = {"demitasse.model=" + Fixtures.SST2, "demitasse.threads=1", ACTUATOR, DETAILS})
    class OnAClassifier {

        @LocalServerPort
        private int port;

        @Autowired
        private Model model;

        @Test
        void answersAndShowsItsHealth() throws Exception {
            assertThat(get(port, "/classify?text=a+gorgeous,+witty,+seductive+movie")).isEqualTo("POSITIVE");
            assertThat(get(port, "/classify?text=a+dull+film")).isEqualTo("NEGATIVE");

            JsonObject health = json(port, "/actuator/health");
            assertThat(health.get("status").getAsString()).isEqualTo("UP");
            JsonObject own = health.getAsJsonObject("components").getAsJsonObject("demitasse");
            assertThat(own.get("status").getAsString()).isEqualTo("UP");
            JsonObject details = own.getAsJsonObject("details");
            assertThat(details.get("model").getAsString()).isEqualTo("sst2-distilbert");
            assertThat(details.get("kernels").getAsString()).isEqualTo(model.kernels());
            assertThat(details.get("threads").getAsInt()).isEqualTo(1);
            assertThat(details.get("tasks").toString()).contains("text-classification");
        }

        @Test
        void countsWhatItReads() throws Exception {
            String tags = "?tag=model:sst2-distilbert&tag=kernels:" + model.kernels();
            double sequences = measured(json(port, "/actuator/metrics/demitasse.sequences" + tags), "COUNT");
            double tokens = measured(json(port, "/actuator/metrics/demitasse.tokens" + tags), "COUNT");
            double passes = measured(json(port, "/actuator/metrics/demitasse.passes" + tags), "COUNT");

            get(port, "/classify?text=a+dull+film");

            assertThat(measured(json(port, "/actuator/metrics/demitasse.sequences" + tags), "COUNT"))
                    .isEqualTo(sequences + 1);
            assertThat(measured(json(port, "/actuator/metrics/demitasse.tokens" + tags), "COUNT"))
                    .isEqualTo(tokens + 5);     // [CLS] a dull film [SEP]
            JsonObject timer = json(port, "/actuator/metrics/demitasse.passes" + tags);
            assertThat(measured(timer, "COUNT")).isEqualTo(passes + 1);
            assertThat(measured(timer, "TOTAL_TIME")).isPositive();
        }
    }

    @Nested
    @SpringBootTest(classes = Application.class, webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
            properties = {"demitasse.model=" + Fixtures.MINILM, "demitasse.name=minilm", ACTUATOR, DETAILS})
    class OnAnEmbedder {

        @LocalServerPort
        private int port;

        @Test
        void springAisVectorsAreObserved() throws Exception {
            assertThat(get(port, "/embed?text=a+cup+of+coffee")).isEqualTo("384");

            JsonObject operations = json(port, "/actuator/metrics/gen_ai.client.operation"
                    + "?tag=gen_ai.operation.name:embedding&tag=gen_ai.request.model:minilm");
            assertThat(measured(operations, "COUNT")).isEqualTo(1);
            assertThat(operations.toString()).contains(DemitasseEmbeddingModel.PROVIDER);
        }
    }

    @Test
    void stopsWithNothingLeftRunning() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        Model model;
        try (ConfigurableApplicationContext context = SpringApplication.run(Application.class, "--server.port=0",
                "--demitasse.model=" + Fixtures.SST2, "--demitasse.threads=3")) {
            int port = Integer.parseInt(String.valueOf(context.getEnvironment().getProperty("local.server.port")));
            assertThat(get(port, "/classify?text=a+dull+film")).isEqualTo("NEGATIVE");
            model = context.getBean(Model.class);
            assertThat(left(before)).as("the model's own threads, while it runs").anyMatch(this::isDemitasses);
        }
        TextClassifier closed = new TextClassifier(model);
        assertThatThrownBy(() -> closed.classify("a dull film"))
                .isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (!others(before).isEmpty() && System.nanoTime() < deadline) {
            Thread.sleep(50);
        }
        assertThat(others(before)).isEmpty();
    }

    private boolean isDemitasses(Thread thread) {
        return thread.getName().startsWith("demitasse");
    }

    private static List<Thread> left(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> !before.contains(thread) && thread.isAlive())
                .collect(Collectors.toList());
    }

    /** Those that are there since, but for the ones of this test's HTTP client and of the JVM. */
    private static List<Thread> others(Set<Thread> before) {
        return left(before).stream().filter(thread -> !thread.getName().startsWith("HttpClient-"))
                .filter(thread -> thread.getThreadGroup() != null && !thread.getThreadGroup().getName().equals("system")
                        && !thread.getThreadGroup().getName().equals("InnocuousThreadGroup"))
                .toList();
    }
}
