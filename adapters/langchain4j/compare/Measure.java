import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Embeds a file's lines with one model, through LangChain4j's interface alone, in a process of its own. Prints what it
 * took and keeps the vectors. {@code Measure TEXTS VECTORS SECONDS [FLAT]}: with a flat file Demitasse, else LangChain4j's
 * all-MiniLM-L6-v2.
 */
class Measure {

    public static void main(String[] arguments) throws Exception {
        List<TextSegment> texts = Files.readAllLines(Path.of(arguments[0])).stream().map(TextSegment::from).toList();
        EmbeddingModel model = arguments.length > 3 ? demitasse(arguments[3]) : (EmbeddingModel) Class.forName(
                "dev.langchain4j.model.embedding.onnx.allminilml6v2.AllMiniLmL6V2EmbeddingModel")
                .getConstructor().newInstance();
        model.embed(texts.get(0));
        long toFirst = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
        long afterFirst = kilobytes("VmRSS");

        List<Embedding> vectors = model.embedAll(texts).content();
        write(vectors, Path.of(arguments[1]));
        long seconds = Long.parseLong(arguments[2]);
        warmUp(model, texts, seconds);
        long start = System.nanoTime();
        int passes = 0;
        do {
            model.embedAll(texts);
            passes++;
        } while (System.nanoTime() - start < seconds * 1_000_000_000L);
        double perSecond = passes * texts.size() / ((System.nanoTime() - start) / 1e9);
        System.out.printf(Locale.ROOT, "first vector %5d ms, then %4d MB; %6.0f vectors/s, most memory %4d MB%n", toFirst,
                afterFirst / 1024, perSecond, kilobytes("VmHWM") / 1024);
        if (model instanceof AutoCloseable closeable) {
            closeable.close();
        }
        System.exit(0);     // LangChain4j's threads end a second later
    }

    private static EmbeddingModel demitasse(String flat) throws ReflectiveOperationException {
        Object builder = Class.forName("io.demitasse.langchain4j.DemitasseEmbeddingModel").getMethod("builder").invoke(null);
        builder.getClass().getMethod("model", String.class).invoke(builder, flat);
        return (EmbeddingModel) builder.getClass().getMethod("build").invoke(builder);
    }

    private static void warmUp(EmbeddingModel model, List<TextSegment> texts, long seconds) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < seconds * 1_000_000_000L) {
            model.embedAll(texts);
        }
    }

    private static void write(List<Embedding> vectors, Path file) throws IOException {
        try (DataOutputStream out = new DataOutputStream(new java.io.BufferedOutputStream(Files.newOutputStream(file)))) {
            for (Embedding vector : vectors) {
                for (float value : vector.vector()) {
                    out.writeFloat(value);
                }
            }
        }
    }

    /** A line of what Linux tells of this process. */
    private static long kilobytes(String name) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(name + ":")) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return -1;
    }
}
