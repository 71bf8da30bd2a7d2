package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.demitasse.file.ModelFormatException;
import io.demitasse.model.Trace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TextClassifierTest {

    private static final Options PLAIN = Options.defaults().withKernels("plain");

    /** The kernels that promise the same bits whatever the batch and the number of threads. */
    static List<Options> bitStable() {
        return TestModels.kernels().stream().filter(name -> !name.equals("jblas"))
                .map(Options.defaults()::withKernels).toList();
    }

    private static List<int[]> randomSequences(int count, long seed) {
        Random random = new Random(seed);
        List<int[]> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sequences.add(random.ints(1 + random.nextInt(40), 0, 200).toArray());
        }
        return sequences;
    }

    private static List<float[]> logits(TextClassifier classifier, List<int[]> sequences) {
        return classifier.classifyIds(sequences).stream().map(Classification::logits).toList();
    }

    @ParameterizedTest
    @MethodSource("bitStable")
    void aBatchGivesWhatEachSequenceGivesAloneBitForBit(Options options) {
        List<int[]> sequences = randomSequences(150, 1);
        try (TextClassifier classifier = TextClassifier.load(TestModels.TINY, options)) {
            List<float[]> together = logits(classifier, sequences);
            for (int i = 0; i < sequences.size(); i++) {
                assertThat(classifier.classifyIds(sequences.get(i)).logits()).containsExactly(together.get(i));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("bitStable")
    void anyNumberOfThreadsGivesTheSameBits(Options options) {
        List<int[]> sequences = randomSequences(40, 2);
        List<float[]> expected;
        try (TextClassifier classifier = TextClassifier.load(TestModels.TINY, options.withThreads(1))) {
            expected = logits(classifier, sequences);
        }
        for (int threads = 2; threads <= 5; threads++) {
            try (TextClassifier classifier = TextClassifier.load(TestModels.TINY, options.withThreads(threads))) {
                assertThat(logits(classifier, sequences)).usingRecursiveComparison().isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("bitStable")
    void theShippedModelIsBitStableToo(Options options) {
        List<String> texts = List.of("good", "not good at all", "a gorgeous, witty, seductive movie", "",
                "bad ".repeat(700), "an empty shell of an epic rather than the real deal .");
        try (TextClassifier one = TextClassifier.load(TestModels.DEFAULT, options.withThreads(1));
                TextClassifier three = TextClassifier.load(TestModels.DEFAULT, options.withThreads(3))) {
            List<Classification> together = three.classify(texts);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(one.classify(texts.get(i)).logits()).containsExactly(together.get(i).logits());
            }
            assertThat(together.get(4).truncated()).isTrue();
            assertThat(together.get(4).tokens()).isEqualTo(512);
            assertThat(together.get(0).truncated()).isFalse();
            assertThat(together.get(0).tokens()).isEqualTo(3);
        }
    }

    @Test
    void manyThreadsShareOneClassifier() throws Exception {
        List<int[]> sequences = randomSequences(60, 3);
        try (TextClassifier classifier = TextClassifier.load(TestModels.TINY, PLAIN.withThreads(3))) {
            List<float[]> expected = logits(classifier, sequences);
            ExecutorService callers = Executors.newFixedThreadPool(8);
            try {
                List<Future<?>> calls = new ArrayList<>();
                for (int caller = 0; caller < 8; caller++) {
                    int offset = caller * 7;
                    calls.add(callers.submit(() -> {
                        for (int i = 0; i < 400; i++) {
                            int which = (i + offset) % sequences.size();
                            assertThat(classifier.classifyIds(sequences.get(which)).logits())
                                    .containsExactly(expected.get(which));
                        }
                    }));
                }
                for (Future<?> call : calls) {
                    call.get();
                }
            } finally {
                callers.shutdownNow();
            }
        }
    }

    @Test
    void scoresAreProbabilitiesOfTheLabels() {
        try (TextClassifier classifier = TextClassifier.load(TestModels.TINY, PLAIN)) {
            for (Classification result : classifier.classifyIds(randomSequences(20, 4))) {
                assertThat(result.scores().keySet()).containsExactlyElementsOf(classifier.labels());
                assertThat(result.scores().values().stream().mapToDouble(Float::doubleValue).sum())
                        .isBetween(1 - 1e-6, 1 + 1e-6);
                assertThat(result.score()).isEqualTo(result.scores().get(result.label()))
                        .isEqualTo(result.scores().values().stream().max(Float::compare).orElseThrow());
                assertThat(result.label()).isEqualTo(classifier.labels().get(result.labelId()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("bitStable")
    void aTraceDoesNotChangeTheResult(Options options) {
        int[] ids = {1, 5, 9, 199, 0, 3};
        try (TextClassifier classifier = TextClassifier.load(TestModels.TINY, options)) {
            Trace trace = new Trace();
            assertThat(classifier.classifyIds(ids, trace).logits())
                    .containsExactly(classifier.classifyIds(ids).logits())
                    .containsExactly(trace.get("classifier.output").toArray());
        }
    }

    @Test
    void nothingToDoGivesNothing() {
        try (TextClassifier classifier = TextClassifier.load(TestModels.TINY, PLAIN)) {
            assertThat(classifier.classifyIds(List.<int[]>of())).isEmpty();
        }
    }

    @Test
    void whatTheModelCannotReadIsRefused() {
        try (TextClassifier classifier = TextClassifier.load(TestModels.TINY, PLAIN)) {
            assertThatIllegalArgumentException().isThrownBy(() -> classifier.classifyIds(new int[] {1, 200}))
                    .withMessageContaining("200").withMessageContaining("199");
            assertThatIllegalArgumentException().isThrownBy(() -> classifier.classifyIds(new int[] {-1}))
                    .withMessageContaining("-1");
            assertThatIllegalArgumentException().isThrownBy(() -> classifier.classifyIds(new int[0]));
            assertThatIllegalArgumentException().isThrownBy(() -> classifier.classifyIds(new int[10_000]))
                    .withMessageContaining("10000");
            assertThatIllegalArgumentException().isThrownBy(() -> classifier.classify("text"))
                    .withMessageContaining("no vocabulary");
            // and goes on as if nothing had been
            assertThat(classifier.classifyIds(new int[] {1, 2}).tokens()).isEqualTo(2);
        }
    }

    @Test
    void wrongOptionsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> PLAIN.withThreads(0)).withMessageContaining("0");
        assertThatIllegalArgumentException().isThrownBy(() -> PLAIN.withKernels("cuda")).withMessageContaining("cuda");
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> TextClassifier.load(Path.of("no", "such.flat")))
                .isInstanceOf(ModelFormatException.class).hasMessageContaining("such.flat");
    }

    @Test
    void closedMeansClosed() {
        TextClassifier classifier = TextClassifier.load(TestModels.TINY, PLAIN.withThreads(2));
        classifier.close();
        classifier.close();
        assertThatIllegalStateException().isThrownBy(() -> classifier.classifyIds(new int[] {1}))
                .withMessageContaining("closed");
    }
}
