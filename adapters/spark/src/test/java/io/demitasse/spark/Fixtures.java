package io.demitasse.spark;

import io.demitasse.Options;
import io.demitasse.convert.HuggingFaceFolder;
import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Models, texts and a Spark for tests. */
final class Fixtures {

    private static final Path HEADS = Path.of("../../src/test/resources/heads");
    private static final Path MODELS = Path.of("target/models");
    private static final String[] WORDS = ("the movie was not good bad great dull and of a in it is plot acting war love "
            + "story John Berlin works for Acme Paris unbelievably 42 ! , . ? [SEP] Ünïcode \uD83D\uDE00 日本 s't").split(" ");

    private Fixtures() {
    }

    static SparkSession spark() {
        return SparkSession.builder().master("local[2]").appName("demitasse-test").config("spark.ui.enabled", false)
                .config("spark.sql.shuffle.partitions", 2).config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1").getOrCreate();
    }

    /** The flat file of one of the library's small test models. */
    static synchronized Path model(String head) {
        Path flat = MODELS.resolve(head + ".flat");
        if (!Files.exists(flat)) {
            try (HuggingFaceFolder folder = HuggingFaceFolder.open(HEADS.resolve(head))) {
                Files.createDirectories(MODELS);
                folder.write(flat, null, Map.of());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return flat;
    }

    /** How an executor's tasks read and compute. */
    static Options options() {
        return Options.defaults().withThreads(1);
    }

    /** Texts of many lengths, the empty one and some too long for the model among them. */
    static List<String> texts(int count, int seed) {
        Random random = new Random(seed);
        List<String> texts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int words = random.nextInt(100) == 0 ? random.nextInt(200) : random.nextInt(16);
            StringBuilder text = new StringBuilder();
            for (int w = 0; w < words; w++) {
                text.append(w == 0 ? "" : " ").append(WORDS[random.nextInt(WORDS.length)]);
            }
            texts.add(text.toString());
        }
        return texts;
    }

    /** Rows of {@code id, text, pair}. */
    static Dataset<Row> table(SparkSession spark, List<String> texts, List<String> pairs, int partitions) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            rows.add(RowFactory.create(i, texts.get(i), pairs.get(i)));
        }
        return spark.createDataFrame(rows, new StructType().add("id", DataTypes.IntegerType, false)
                .add("text", DataTypes.StringType).add("pair", DataTypes.StringType)).repartitionByRange(partitions,
                        org.apache.spark.sql.functions.col("id")).sortWithinPartitions("id");
    }

    /** What happens to a task. */
    @FunctionalInterface
    interface Accident extends Serializable {
        void happen() throws InterruptedException;
    }

    /** The same rows, with an accident at one of them, the first time that any task comes there: then a folder is made. */
    static Dataset<Row> onceAt(Dataset<Row> table, int id, String marker, Accident accident) {
        return table.map((MapFunction<Row, Row>) row -> {
            if (row.getInt(0) == id && new File(marker).mkdir()) {
                accident.happen();
            }
            return row;
        }, Encoders.row(table.schema()));
    }

    static Dataset<Row> table(SparkSession spark, List<String> texts) {
        return table(spark, texts, texts, 5);
    }
}
