package io.demitasse.spark;

import io.demitasse.Options;
import io.demitasse.TextClassifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Measures local[2] against the library on two threads, in turns in one JVM: {@code MODEL SENTENCES TURNS}. */
final class Throughput {

    private static final String[] WORDS = ("the movie was not good bad great dull and of a in it is plot acting war love "
            + "story that film with for but as its funny moving slow long script director scene").split(" ");

    private Throughput() {
    }

    public static void main(String[] arguments) {
        Path model = Path.of(arguments[0]);
        List<String> texts = sentences(Integer.parseInt(arguments[1]));
        SparkSession spark = Fixtures.spark();
        try (TextClassifier library = TextClassifier.load(model, Options.defaults().withThreads(2))) {
            Dataset<Row> table = Fixtures.table(spark, texts, texts, 8).cache();
            table.count();
            Dataset<Row> scored = new TextClassifierTransformer().setModel(model.toString()).setInputCol("text")
                    .transform(table);
            library.classify(texts.subList(0, 200));
            scored.limit(200).collectAsList();
            for (int turn = 0; turn < Integer.parseInt(arguments[2]); turn++) {
                long start = System.nanoTime();
                library.classify(texts);
                long between = System.nanoTime();
                // Computes every row and keeps none, so that collecting them is not measured.
                scored.write().format("noop").mode("overwrite").save();
                long end = System.nanoTime();
                System.out.printf("library %.0f sentences/s, local[2] %.0f sentences/s, ratio %.3f%n",
                        texts.size() * 1e9 / (between - start), texts.size() * 1e9 / (end - between),
                        (double) (between - start) / (end - between));
            }
        } finally {
            spark.stop();
        }
    }

    /** Of 8 to 40 words. */
    private static List<String> sentences(int count) {
        Random random = new Random(1);
        List<String> texts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            StringBuilder text = new StringBuilder(WORDS[random.nextInt(WORDS.length)]);
            for (int w = random.nextInt(33) + 7; w > 0; w--) {
                text.append(' ').append(WORDS[random.nextInt(WORDS.length)]);
            }
            texts.add(text.toString());
        }
        return texts;
    }
}
