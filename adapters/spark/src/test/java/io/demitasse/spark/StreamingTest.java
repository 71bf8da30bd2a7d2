package io.demitasse.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.Classification;
import io.demitasse.TextClassifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A query on files that appear while it runs, stopped and started again from its checkpoint. */
class StreamingTest {

    @TempDir
    private Path folder;

    @Test
    void filesThatAppearAreClassifiedOnceEachAcrossARestart() throws Exception {
        List<String> texts = Fixtures.texts(400, 12).stream().map(text -> text.isEmpty() ? "so" : text).toList();
        Files.createDirectories(folder.resolve("in"));
        SparkSession spark = Fixtures.spark();
        try {
            StreamingQuery query = start(spark);
            appear("a.txt", texts.subList(0, 100));
            query.processAllAvailable();
            appear("b.txt", texts.subList(100, 200));
            query.processAllAvailable();
            query.stop();
            assertThat(out(spark)).hasSize(200);
        } finally {
            spark.stop();
        }
        appear("c.txt", texts.subList(200, 300));
        spark = Fixtures.spark();
        try {
            StreamingQuery query = start(spark);
            query.processAllAvailable();
            appear("d.txt", texts.subList(300, 400));
            query.processAllAvailable();
            query.stop();
            List<Row> rows = out(spark);
            try (TextClassifier library = TextClassifier.load(Fixtures.model("distilbert-nli"), Fixtures.options())) {
                List<Classification> expected = library.classify(texts);
                // Rows of several files have no order, so both sides are put in that of their lines.
                List<String> lines = texts.stream().sorted().toList();
                assertThat(rows).extracting(row -> row.getString(0)).isEqualTo(lines);
                for (Row row : rows) {
                    Classification own = expected.get(texts.indexOf(row.getString(0)));
                    assertThat(row.getString(1)).isEqualTo(own.label());
                    assertThat(row.getFloat(2)).isEqualTo(own.score());
                }
            }
        } finally {
            spark.stop();
        }
    }

    private StreamingQuery start(SparkSession spark) throws Exception {
        Dataset<Row> lines = spark.readStream().schema(new StructType().add("value", DataTypes.StringType))
                .text(folder.resolve("in").toString());
        Dataset<Row> rows = new TextClassifierTransformer().setModel(Fixtures.model("distilbert-nli").toString())
                .setInputCol("value").transform(lines)
                .withColumn("score", functions.array_max(org.apache.spark.ml.functions.vector_to_array(
                        functions.col("probability"), "float32")));
        return rows.select("value", "label", "score").writeStream().format("parquet")
                .option("path", folder.resolve("out").toString())
                .option("checkpointLocation", folder.resolve("checkpoint").toString()).start();
    }

    /** Whole at once, as a file source asks for. */
    private void appear(String name, List<String> lines) throws Exception {
        Path written = Files.write(folder.resolve(name), lines);
        Files.move(written, folder.resolve("in").resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private List<Row> out(SparkSession spark) {
        return spark.read().parquet(folder.resolve("out").toString()).collectAsList().stream()
                .sorted((a, b) -> a.getString(0).compareTo(b.getString(0))).toList();
    }
}
