package io.demitasse.spark;

import io.demitasse.Model;
import io.demitasse.Options;
import io.demitasse.TextClassifier;
import io.demitasse.TextEmbedder;
import io.demitasse.model.Architecture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Measures local[2] against the library on two threads, in turns in one JVM, and then what local[2] holds of the heap
 * through a pass over as many sentences as all turns had: {@code MODEL TSV SENTENCES TURNS}, of a classifier or of a model
 * that embeds, with so many sentences a turn. They are the file's first column, without its header, again and again.
 */
final class Throughput {

    private static final int PARTITIONS = 8;

    private Throughput() {
    }

    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        List<String> texts = sentences(Path.of(arguments[1]), Integer.parseInt(arguments[2]));
        int turns = Integer.parseInt(arguments[3]);
        SparkSession spark = Fixtures.spark();
        try (Model model = Model.load(file, Options.defaults().withThreads(2))) {
            boolean classifies = model.config().architecture() == Architecture.SEQUENCE_CLASSIFICATION;
            Consumer<List<String>> library = classifies ? new TextClassifier(model)::classify : new TextEmbedder(model)::embed;
            DemitasseTransformer<?> transformer = classifies ? new TextClassifierTransformer().setInputCol("text")
                    : new TextEmbedderTransformer().setInputCol("text");
            transformer.setModel(file.toString());
            Dataset<Row> table = Fixtures.table(spark, texts, texts, PARTITIONS).cache();
            table.count();
            Dataset<Row> scored = transformer.transform(table);
            System.out.printf("%s, %s, Java %s, kernels %s, %d sentences a turn%n", processor(), file.getFileName(),
                    System.getProperty("java.version"), model.kernels(), texts.size());
            // Until the JIT compiler is done with both.
            List<String> first = texts.subList(0, Math.min(texts.size(), 600));
            library.accept(first);
            compute(scored.limit(first.size()));
            List<Double> ratios = new ArrayList<>();
            for (int turn = 0; turn < turns; turn++) {
                long alone = nanoseconds(() -> library.accept(texts));
                long inSpark = nanoseconds(() -> compute(scored));
                ratios.add((double) alone / inSpark);
                System.out.printf("library %.1f sentences/s, local[2] %.1f sentences/s, ratio %.3f%n",
                        texts.size() * 1e9 / alone, texts.size() * 1e9 / inSpark, (double) alone / inSpark);
            }
            List<Double> sorted = ratios.stream().sorted().toList();
            System.out.printf("ratio: min %.3f, median %.3f, max %.3f%n", sorted.get(0), sorted.get(sorted.size() / 2),
                    sorted.get(sorted.size() - 1));
            Dataset<Row> all = table;
            for (int turn = 1; turn < turns; turn++) {
                all = all.union(table);
            }
            tellOfMemory(transformer.transform(all));
        } finally {
            spark.stop();
        }
    }

    /** Computes every row and keeps none, so that collecting them is not measured. */
    private static void compute(Dataset<Row> rows) {
        rows.write().format("noop").mode("overwrite").save();
    }

    private static long nanoseconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return System.nanoTime() - start;
    }

    /** What is left of the heap after a collection, all through one pass. */
    private static void tellOfMemory(Dataset<Row> scored) throws InterruptedException {
        List<Long> megabytes = new ArrayList<>();
        Thread pass = new Thread(() -> compute(scored), "pass");
        pass.start();
        while (pass.isAlive()) {
            System.gc();
            Runtime runtime = Runtime.getRuntime();
            megabytes.add((runtime.totalMemory() - runtime.freeMemory()) >> 20);
            pass.join(1000);
        }
        int size = megabytes.size();
        System.out.printf("heap after collections: third quarter %s, fourth quarter %s%n",
                spread(megabytes.subList(size / 2, size * 3 / 4)), spread(megabytes.subList(size * 3 / 4, size)));
    }

    private static String spread(List<Long> megabytes) {
        LongSummaryStatistics spread = megabytes.stream().mapToLong(Long::longValue).summaryStatistics();
        return spread.getMin() + " to " + spread.getMax() + " MB, mean " + Math.round(spread.getAverage()) + " MB of "
                + spread.getCount() + " samples";
    }

    private static List<String> sentences(Path tsv, int count) throws IOException {
        List<String> lines = Files.readAllLines(tsv);
        List<String> texts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            texts.add(lines.get(1 + i % (lines.size() - 1)).split("\t")[0]);
        }
        return texts;
    }

    private static String processor() throws IOException {
        Path file = Path.of("/proc/cpuinfo");
        return !Files.exists(file) ? System.getProperty("os.arch") : Files.readAllLines(file).stream()
                .filter(line -> line.startsWith("model name")).map(line -> line.substring(line.indexOf(':') + 2))
                .findFirst().orElse(System.getProperty("os.arch"));
    }
}
