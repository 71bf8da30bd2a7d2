package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.Requantizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where a model may come from, and what is left of it when it is closed. */
class LoadingTest {

    private static final Options OPTIONS = Options.defaults().withThreads(2);
    private static final int[] IDS = {1, 5, 9, 199, 0, 3};
    private static final int TIMES = 1000;

    @TempDir
    Path folder;

    static List<String> kernels() {
        return TestModels.kernels();
    }

    private static float[] logits(TextClassifier classifier) {
        try (classifier) {
            return classifier.classifyIds(IDS).logits();
        }
    }

    @Test
    void aResourceGivesWhatTheFileGives() throws IOException {
        float[] expected = logits(TextClassifier.load(TestModels.TINY));
        try (InputStream in = LoadingTest.class.getResourceAsStream("/tiny-distilbert/tiny-distilbert.flat")) {
            assertThat(logits(TextClassifier.load(in))).containsExactly(expected);
            assertThat(in.read()).as("all of it was read").isEqualTo(-1);
        }
        try (InputStream in = Files.newInputStream(TestModels.TINY); TextEmbedder encoder = TextEmbedder.load(in)) {
            assertThat(encoder.dim()).isEqualTo(32);
        }
    }

    @Test
    void aStreamMayHoldATokenizerAlone() throws IOException {
        Path model = TestModels.tinyWithWords(folder.resolve("words.flat"));
        try (InputStream in = Files.newInputStream(model)) {
            assertThat(Tokenizers.load(in).encode("good").tokens()).containsExactly("[CLS]", "good", "[SEP]");
        }
    }

    @Test
    void aStreamLargerThanABlockIsReadWhole() throws IOException {
        try (InputStream in = Files.newInputStream(TestModels.DEFAULT);
                TextClassifier stream = TextClassifier.load(in);
                TextClassifier file = TextClassifier.load(TestModels.DEFAULT)) {
            assertThat(stream.classify("a gorgeous, witty, seductive movie").logits())
                    .containsExactly(file.classify("a gorgeous, witty, seductive movie").logits());
        }
    }

    @Test
    void aBadStreamIsRefused() throws IOException {
        byte[] bytes = Files.readAllBytes(TestModels.TINY);

        assertThatNullPointerException().isThrownBy(() -> TextClassifier.load((InputStream) null))
                .withMessageContaining("is there such a resource?");
        assertThatThrownBy(() -> TextClassifier.load(new ByteArrayInputStream(bytes, 0, bytes.length - 1)))
                .isInstanceOf(ModelFormatException.class).hasMessageStartingWith("(stream): tensor ")
                .hasMessageContaining("is it cut off?");
        bytes[bytes.length - 1] ^= 1;
        assertThatThrownBy(() -> TextClassifier.load(new ByteArrayInputStream(bytes)))
                .isInstanceOf(ModelFormatException.class).hasMessageContaining("crc32");
        assertThatThrownBy(() -> TextClassifier.load(new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("the line is dead");
            }
        })).isInstanceOf(ModelFormatException.class).hasMessage("(stream): cannot be read: the line is dead");
    }

    /** A class for a task as it is loaded out of a file and out of a stream. */
    private record Loader(Task task, BiFunction<Path, Options, AutoCloseable> file,
                          BiFunction<InputStream, Options, AutoCloseable> stream) {
        @Override
        public String toString() {
            return task.name();
        }
    }

    static Stream<Loader> loaders() {
        return Stream.of(
                new Loader(TextClassifier.TASK, TextClassifier::load, TextClassifier::load),
                new Loader(Reranker.TASK, Reranker::load, Reranker::load),
                new Loader(ZeroShotClassifier.TASK, ZeroShotClassifier::load, ZeroShotClassifier::load),
                new Loader(TokenClassifier.TASK, TokenClassifier::load, TokenClassifier::load),
                new Loader(QuestionAnswerer.TASK, QuestionAnswerer::load, QuestionAnswerer::load),
                new Loader(FillMask.TASK, FillMask::load, FillMask::load),
                new Loader(MultipleChoice.TASK, MultipleChoice::load, MultipleChoice::load),
                new Loader(TextEmbedder.TASK, TextEmbedder::load, TextEmbedder::load));
    }

    @Test
    void everyTaskHasALoader() {
        assertThat(loaders().map(Loader::task).toList()).containsAll(
                Tasks.ALL.stream().filter(task -> task != TextEmbedder.SIMILARITY).toList());
    }

    /** All small models, of which each task has one that it is for and some that it is not for. */
    @ParameterizedTest
    @MethodSource("loaders")
    void aStreamIsTakenAndRefusedAsAFileIs(Loader loader) throws Exception {
        List<Path> models = new ArrayList<>(List.of(TestModels.TINY));
        try (Stream<Path> heads = Files.list(Path.of("src/test/resources/heads"))) {
            for (Path head : heads.filter(head -> Files.exists(head.resolve("config.json"))).sorted().toList()) {
                Path flat = folder.resolve(head.getFileName() + ".flat");
                try (FlatFile source = ModelFiles.open(head)) {
                    Requantizer.write(source, flat, null, source.metadata());
                }
                models.add(flat);
            }
        }
        int taken = 0;
        for (Path model : models) {
            String file = refusal(() -> loader.file.apply(model, OPTIONS), model);
            try (InputStream in = Files.newInputStream(model)) {
                assertThat(refusal(() -> loader.stream.apply(in, OPTIONS), FlatFile.STREAM)).as("%s", model).isEqualTo(file);
            }
            taken += file.isEmpty() ? 1 : 0;
        }
        assertThat(taken).isPositive();
        assertThat(taken == models.size()).as("every encoder makes vectors").isEqualTo(loader.task == TextEmbedder.TASK);
        assertThat(threads()).as("threads of models that were refused").isEmpty();
    }

    /** What is said about a model that is not for a task, without its name in front; empty if it is taken. */
    private static String refusal(Callable<AutoCloseable> load, Path name) throws Exception {
        try (AutoCloseable loaded = load.call()) {
            return "";
        } catch (ModelFormatException e) {
            assertThat(e).hasMessageStartingWith(name + ": the model is a ");
            return e.getMessage().substring(name.toString().length());
        }
    }

    /** From a file and from a stream in turns. */
    @ParameterizedTest
    @MethodSource("kernels")
    void nothingIsLeftOfModelsThatWereClosed(String kernels) throws Exception {
        Path descriptors = Path.of("/proc/self/fd");
        assumeTrue(Files.isDirectory(descriptors), "needs /proc/self/fd to count open files");
        Options options = OPTIONS.withKernels(kernels);
        loadAndClose(20, options);
        long openBefore = descriptors();
        long memoryBefore = usedMemory();
        loadAndClose(TIMES, options);

        assertThat(usedMemory() - memoryBefore).as("bytes that stay").isLessThan(1_000_000);
        assertThat(descriptors()).isLessThanOrEqualTo(openBefore);
        assertThat(Files.readAllLines(Path.of("/proc/self/maps"))).as("mapped files").noneMatch(map -> map.contains(".flat"));
        assertThat(threads()).as("threads that were not ended").isEmpty();
    }

    private static void loadAndClose(int times, Options options) throws IOException {
        byte[] bytes = Files.readAllBytes(TestModels.TINY);
        for (int i = 0; i < times; i++) {
            logits(i % 2 == 0 ? TextClassifier.load(TestModels.TINY, options)
                    : TextClassifier.load(new ByteArrayInputStream(bytes), options));
        }
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    private static long usedMemory() {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        long used = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            used = Math.min(used, memory.getHeapMemoryUsage().getUsed());
        }
        return used;
    }

    /** Ours, given a moment to end. The warm-up's is one a JVM and ends by itself. */
    private static List<String> threads() throws InterruptedException {
        List<String> names = List.of();
        for (int i = 0; i < 100; i++) {
            names = Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
                    .filter(name -> name.startsWith("demitasse-") && !name.equals("demitasse-warm-up")).toList();
            if (names.isEmpty()) {
                break;
            }
            Thread.sleep(20);
        }
        return names;
    }
}
