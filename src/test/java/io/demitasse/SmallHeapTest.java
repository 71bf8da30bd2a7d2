package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a pass takes is bounded: in a heap of 128 MB, a model of 23 MB does whatever it is given in one call. */
class SmallHeapTest {

    private static final Path MODEL = Path.of("weights/all-MiniLM-L6-v2.flat");

    /** Texts of 3 to 256 tokens, about 8,000 together: several passes, whose memory grows. */
    private static List<String> texts() {
        return IntStream.range(0, 220).mapToObj(i -> "a film " + "and more of it ".repeat(i % 11 == 0 ? i / 3 : i % 7))
                .toList();
    }

    /** Embeds all texts in one call and prints what the vectors come to. */
    static final class Embeds {
        public static void main(String[] arguments) {
            Options options = Options.defaults().withKernels(arguments[0]).withThreads(2);
            try (TextEmbedder embedder = TextEmbedder.load(MODEL, options)) {
                System.out.println(hash(embedder.embed(texts())));
            }
        }
    }

    private static int hash(List<float[]> vectors) {
        return vectors.stream().map(Arrays::hashCode).toList().hashCode();
    }

    @Test
    void manyTextsInOneCallAreTheSameVectorsAsEachAlone() throws IOException, InterruptedException {
        try (TextEmbedder embedder = TextEmbedder.load(MODEL, Options.defaults().withThreads(1))) {
            List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx128m", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
            if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
                command.add("--add-modules=jdk.incubator.vector");
            }
            command.addAll(List.of(Embeds.class.getName(), embedder.model().kernels()));
            Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            List<float[]> alone = texts().stream().map(embedder::embed).toList();
            String printed = new String(process.getInputStream().readAllBytes()).strip();
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
            assertThat(printed).isEqualTo(String.valueOf(hash(alone)));
        }
    }
}
