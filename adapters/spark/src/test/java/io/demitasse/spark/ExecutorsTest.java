package io.demitasse.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.demitasse.Classification;
import io.demitasse.TextClassifier;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On two executors, JVMs of their own that fetch the model from the driver. */
class ExecutorsTest {

    /** What a Spark that was unpacked has: its jars in a folder. */
    static void layOutSpark() throws Exception {
        String home = System.getenv("SPARK_HOME");
        assumeTrue(home != null, "executors need SPARK_HOME, which the build sets");
        Path jars = Files.createDirectories(Path.of(home, "jars"));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path jar = Path.of(entry).toAbsolutePath().normalize();
            Path link = jars.resolve(String.valueOf(jar.getFileName()));
            if (entry.endsWith(".jar") && !Files.exists(link)) {
                Files.deleteIfExists(link);
                Files.createSymbolicLink(link, jar);
            }
        }
    }

    private static SparkSession spark() throws Exception {
        layOutSpark();
        return SparkSession.builder().master("local-cluster[2,1,1024]").appName("demitasse-executors")
                .config("spark.ui.enabled", false).config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1").config("spark.sql.shuffle.partitions", 8)
                .config("spark.executor.memory", "1g").config("spark.task.maxFailures", 8)
                .config("spark.executor.extraClassPath", Path.of("target/classes").toAbsolutePath() + File.pathSeparator
                        + Path.of("target/test-classes").toAbsolutePath()).getOrCreate();
    }

    @Test
    void anExecutorThatDiesLosesAndDoublesNothing(@TempDir Path folder) throws Exception {
        List<String> texts = Fixtures.texts(20_000, 13);
        String marker = folder.resolve("died").toString();
        SparkSession spark = spark();
        List<Row> rows;
        List<Row> loads;
        try {
            Dataset<Row> table = Fixtures.table(spark, texts, texts, 8);
            // In the middle of a partition.
            Dataset<Row> dying = Fixtures.onceAt(table, 5_000, marker, () -> Runtime.getRuntime().halt(1));
            Dataset<Row> scored = new TextClassifierTransformer().setInputCol("text")
                    .setModel(Fixtures.model("distilbert-nli").toString()).transform(dying);
            rows = scored.collectAsList();
            loads = scored.select("id", "text").mapPartitions((MapPartitionsFunction<Row, Row>) part ->
                    List.of(RowFactory.create(ProcessHandle.current().pid(), SharedModels.loads())).iterator(),
                    Encoders.row(new StructType().add("pid", DataTypes.LongType).add("loads", DataTypes.IntegerType)))
                    .collectAsList();
        } finally {
            spark.stop();
        }
        assertThat(new File(marker)).as("an executor died").exists();
        assertThat(loads).allMatch(row -> row.getLong(0) != ProcessHandle.current().pid())
                .allMatch(row -> row.getInt(1) <= 1);
        assertThat(loads.stream().mapToInt(row -> row.getInt(1)).max()).hasValue(1);
        assertThat(rows).extracting(row -> row.getInt(0)).isEqualTo(IntStream.range(0, texts.size()).boxed().toList());
        try (TextClassifier library = TextClassifier.load(Fixtures.model("distilbert-nli"), Fixtures.options())) {
            List<Classification> expected = library.classify(texts);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(rows.get(i).<String>getAs("label")).isEqualTo(expected.get(i).label());
                TransformersTest.assertSameBits(rows.get(i).getAs("rawPrediction"), expected.get(i).logits());
            }
        }
    }
}
