package io.demitasse.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.Classification;
import io.demitasse.TextClassifier;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A task that dawdles is begun a second time. Spark does so on another host only, so here are a master and two of them. */
class SpeculationTest {

    private final List<Process> processes = new ArrayList<>();
    @TempDir
    private Path folder;

    @AfterEach
    void end() throws InterruptedException {
        for (int i = processes.size() - 1; i >= 0; i--) {
            processes.get(i).destroy();
            processes.get(i).waitFor();
        }
    }

    private void start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(arguments));
        File log = folder.resolve("log" + processes.size()).toFile();
        processes.add(new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start());
    }

    private String cluster() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = socket.getLocalPort();
        }
        String master = "spark://127.0.0.1:" + port;
        start("org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", port + "", "--webui-port", "0");
        for (String host : new String[] {"127.0.0.1", "127.0.0.2"}) {
            start("org.apache.spark.deploy.worker.Worker", "--host", host, "--webui-port", "0", "--cores", "1", "--memory",
                    "1g", "--work-dir", folder.resolve(host).toString(), master);
        }
        return master;
    }

    @Test
    void aTaskThatIsBegunTwiceDoublesNothing() throws Exception {
        ExecutorsTest.layOutSpark();
        List<String> texts = Fixtures.texts(800, 14);
        String marker = folder.resolve("dawdled").toString();
        String written = folder.resolve("written").toString();
        AtomicInteger speculative = new AtomicInteger();
        SparkSession spark = SparkSession.builder().master(cluster()).appName("demitasse-speculation")
                .config("spark.ui.enabled", false).config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1").config("spark.executor.memory", "600m")
                .config("spark.speculation", true).config("spark.speculation.interval", "100ms")
                .config("spark.speculation.quantile", 0.5).config("spark.speculation.multiplier", 1.1)
                .config("spark.scheduler.minRegisteredResourcesRatio", 1.0)
                .config("spark.scheduler.maxRegisteredResourcesWaitingTime", "60s").config("spark.cores.max", 2)
                .config("spark.executor.extraClassPath", Path.of("target/classes").toAbsolutePath() + File.pathSeparator
                        + Path.of("target/test-classes").toAbsolutePath()).getOrCreate();
        List<Row> rows;
        try {
            spark.sparkContext().addSparkListener(new SparkListener() {
                @Override
                public void onTaskStart(SparkListenerTaskStart start) {
                    if (start.taskInfo().speculative()) {
                        speculative.incrementAndGet();
                    }
                }
            });
            Dataset<Row> table = Fixtures.table(spark, texts, texts, 8);
            new TextClassifierTransformer().setInputCol("text").setModel(Fixtures.model("distilbert-nli").toString())
                    .transform(Fixtures.onceAt(table, 150, marker, () -> Thread.sleep(60_000)))
                    .select("id", "label").write().parquet(written);
            rows = spark.read().parquet(written).orderBy("id").collectAsList();
        } finally {
            spark.stop();
        }
        assertThat(new File(marker)).as("a task dawdled").exists();
        assertThat(speculative.get()).as("tasks that were begun a second time").isPositive();
        assertThat(rows).extracting(row -> row.getInt(0)).isEqualTo(IntStream.range(0, texts.size()).boxed().toList());
        try (TextClassifier library = TextClassifier.load(Fixtures.model("distilbert-nli"), Fixtures.options())) {
            assertThat(rows).extracting(row -> row.getString(1)).isEqualTo(library.classify(texts).stream()
                    .map(Classification::label).toList());
        }
        assertThat(Files.exists(Path.of(written, "_SUCCESS"))).isTrue();
    }
}
