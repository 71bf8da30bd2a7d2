package io.demitasse.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.FillMask;
import io.demitasse.Model;
import io.demitasse.MultipleChoice;
import io.demitasse.Options;
import io.demitasse.QuestionAnswerer;
import io.demitasse.Reranker;
import io.demitasse.TextClassifier;
import io.demitasse.TextEmbedder;
import io.demitasse.TokenClassifier;
import io.demitasse.Truncation;
import io.demitasse.ZeroShotClassifier;
import io.demitasse.spring.ai.DemitasseEmbeddingAutoConfiguration;
import io.demitasse.spring.ai.DemitasseRerankAutoConfiguration;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.rag.postretrieval.document.DocumentPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader.ClassFilter;
import org.springframework.boot.test.context.FilteredClassLoader.PackageFilter;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Which beans there are for which model, and what is said when there is none. */
class BeansTest {

    private static final List<Class<?>> TASKS = List.of(TextClassifier.class, TokenClassifier.class,
            QuestionAnswerer.class, FillMask.class, ZeroShotClassifier.class, Reranker.class, MultipleChoice.class,
            TextEmbedder.class);

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(DemitasseAutoConfiguration.class,
                    DemitasseMetricsAutoConfiguration.class, DemitasseHealthAutoConfiguration.class,
                    DemitasseEmbeddingAutoConfiguration.class, DemitasseRerankAutoConfiguration.class))
            .withPropertyValues("demitasse.threads=1");

    private ApplicationContextRunner on(String model) {
        return runner.withPropertyValues("demitasse.model=" + model);
    }

    @Test
    void thereAreThoseThatTheModelIsFor() {
        Map<String, List<Class<?>>> expected = new LinkedHashMap<>();
        expected.put(Fixtures.SST2, List.of(TextClassifier.class));
        expected.put(Fixtures.head("bert-cross-sigmoid"), List.of(TextClassifier.class, Reranker.class));
        expected.put(Fixtures.head("bert-nli"), List.of(TextClassifier.class, ZeroShotClassifier.class));
        expected.put(Fixtures.head("bert-ner"), List.of(TokenClassifier.class));
        expected.put(Fixtures.head("bert-qa"), List.of(QuestionAnswerer.class));
        expected.put(Fixtures.head("distilbert-mlm"), List.of(FillMask.class));
        expected.put(Fixtures.head("bert-choice"), List.of(MultipleChoice.class));
        expected.put(Fixtures.MINILM, List.of());
        expected.forEach((model, tasks) -> on(model).run(context -> {
            assertThat(context).as(model).hasNotFailed().hasSingleBean(Model.class);
            for (Class<?> task : TASKS) {
                boolean there = tasks.contains(task) || task == TextEmbedder.class;
                assertThat(context.getBeanNamesForType(task)).as(model + " " + task).hasSize(there ? 1 : 0);
            }
            assertThat(context).hasSingleBean(EmbeddingModel.class);
            assertThat(context.getBeanNamesForType(DocumentPostProcessor.class))
                    .hasSize(tasks.contains(Reranker.class) ? 1 : 0);
        }));
    }

    @Test
    void thePropertiesAreObeyed() {
        on(Fixtures.SST2).withPropertyValues("demitasse.threads=2", "demitasse.kernels=plain",
                "demitasse.truncation=fail", "demitasse.split-special-tokens=true").run(context -> {
                    Model model = context.getBean(Model.class);
                    assertThat(model.kernels()).isEqualTo("plain");
                    assertThat(model.options().threads()).isEqualTo(2);
                    assertThat(model.options().truncation()).isEqualTo(Truncation.FAIL);
                    assertThat(model.options().splitSpecialTokens()).isTrue();
                });
    }

    @Test
    void aModelAmongTheResourcesIsFound() {
        on("classpath:/tiny.flat").withClassLoader(new ClassLoader(getClass().getClassLoader()) {
            @Override
            public URL getResource(String name) {
                return name.equals("tiny.flat") ? url(Path.of(Fixtures.MINILM)) : super.getResource(name);
            }
        }).run(context -> assertThat(context.getBean(TextEmbedder.class).dim()).isEqualTo(384));
    }

    private static URL url(Path path) {
        try {
            return path.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aModelInsideAJarIsRead(@TempDir Path folder) throws IOException {
        Path jar = folder.resolve("model.jar");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            zip.putNextEntry(new ZipEntry("models/small.flat"));
            Files.copy(Path.of(Fixtures.MINILM), zip);
        }
        try (URLClassLoader loader = new URLClassLoader(new URL[] {url(jar)}, getClass().getClassLoader())) {
            on("classpath:models/small.flat").withClassLoader(loader).run(context -> {
                assertThat(context.getBean(TextEmbedder.class).dim()).isEqualTo(384);
                assertThat(context.getBean(DemitasseProperties.class).modelName()).isEqualTo("small");
            });
        }
    }

    @Test
    void editorsAreToldOfTheProperties() throws IOException {
        try (InputStream in = getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            assertThat(in).isNotNull();
            assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).contains("\"demitasse.model\"",
                    "where the model is", "\"demitasse.embedding.query-prompt\"", "\"demitasse.rerank.top-k\"");
        }
    }

    @Test
    void withoutTheProperty_thereIsNothing() {
        runner.run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(Model.class)
                .doesNotHaveBean(EmbeddingModel.class).doesNotHaveBean(HealthIndicator.class));
    }

    @Test
    void withoutMicrometerHealthAndSpringAi_theModelIsStillThere() {
        on(Fixtures.SST2).withClassLoader(new FilteredClassLoader(PackageFilter.of("io.micrometer",
                "org.springframework.ai"), ClassFilter.of(HealthIndicator.class))).run(context -> assertThat(context)
                        .hasNotFailed().hasSingleBean(TextClassifier.class)
                        .doesNotHaveBean("demitasseHealthIndicator").doesNotHaveBean("demitasseModelMetrics"));
    }

    @Test
    void modelsOfTheApplicationsOwnTakeThePlaceOfTheNamedOne() {
        Supplier<Model> other = () -> Model.load(Path.of(Fixtures.MINILM), Options.defaults().withThreads(1));
        on(Fixtures.SST2).withBean("other", Model.class, other).run(context -> assertThat(context).hasNotFailed()
                .hasSingleBean(Model.class).hasBean("other").doesNotHaveBean(TextClassifier.class)
                .hasSingleBean(HealthIndicator.class));
        on(Fixtures.SST2).withBean("one", Model.class, other).withBean("two", Model.class, other)
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(TextClassifier.class)
                        .doesNotHaveBean(HealthIndicator.class));
    }

    @Test
    void anotherEmbeddingModelCanBeNamed() {
        on(Fixtures.MINILM).withPropertyValues("spring.ai.model.embedding=openai").run(context -> assertThat(context)
                .hasSingleBean(TextEmbedder.class).doesNotHaveBean(EmbeddingModel.class));
    }

    @Test
    void whatIsWrongIsSaidInOneLine() {
        Map<List<String>, String> wrong = Map.of(
                List.of("demitasse.model=no/such.flat"), "demitasse.model=no/such.flat: there is no file ",
                List.of("demitasse.model="), "demitasse.model=: it is empty",
                List.of("demitasse.model=classpath:/no.flat"), "demitasse.model=classpath:/no.flat: there is no such",
                List.of("demitasse.model=pom.xml"), "demitasse.model=pom.xml: ",
                List.of("demitasse.model=" + Fixtures.SST2, "demitasse.kernels=quick"), "no kernels are called \"quick\"",
                List.of("demitasse.model=" + Fixtures.SST2, "demitasse.threads=0"), "threads must be at least 1, not 0");
        wrong.forEach((properties, message) -> runner.withPropertyValues(properties.toArray(String[]::new))
                .run(context -> {
                    assertThat(context).hasFailed();
                    var analysis = new ModelUnavailableAnalyzer().analyze(context.getStartupFailure());
                    assertThat(analysis).as(properties.toString()).isNotNull();
                    assertThat(analysis.getDescription()).contains(message).doesNotContain("\n");
                }));
    }

    @Test
    void aClosedModelIsDown() {
        on(Fixtures.SST2).run(context -> {
            HealthIndicator indicator = context.getBean(HealthIndicator.class);
            assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
            context.getBean(Model.class).close();
            assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
            assertThat(indicator.health().getDetails()).containsEntry("model", "sst2-distilbert");
        });
    }
}
