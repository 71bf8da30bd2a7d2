package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelListenerTest {

    private record Pass(int sequences, int tokens, long nanoseconds, String kernels) {
    }

    private static final Options TWO_THREADS = Options.defaults().withThreads(2).withKernels("plain");

    @Test
    void hearsOfEachPassWithItsSequencesTokensTimeAndKernels() {
        List<Pass> passes = Collections.synchronizedList(new ArrayList<>());
        Options options = TWO_THREADS.withListener((sequences, tokens, nanoseconds, kernels) ->
                passes.add(new Pass(sequences, tokens, nanoseconds, kernels)));
        try (Model model = Model.load(TestModels.TINY, options)) {
            TextClassifier classifier = new TextClassifier(model);
            long start = System.nanoTime();
            classifier.classifyIds(List.of(new int[] {1, 2, 3}, new int[] {4, 5}));
            long time = System.nanoTime() - start;

            assertThat(passes).hasSize(1);
            assertThat(passes.get(0)).extracting(Pass::sequences, Pass::tokens, Pass::kernels)
                    .containsExactly(2, 5, "plain");
            assertThat(passes.get(0).nanoseconds()).isBetween(1L, time);

            passes.clear();
            classifier.classifyIds(List.of());
            assertThat(passes).isEmpty();

            // More tokens than one pass takes: two for each thread, of half as many.
            classifier.classifyIds(Collections.nCopies(1500, new int[] {1, 2}));
            assertThat(passes).hasSize(4).allSatisfy(pass ->
                    assertThat(pass).extracting(Pass::sequences, Pass::tokens).containsExactly(375, 750));

            passes.clear();
            // Too few to be cut: all threads share one pass.
            classifier.classifyIds(Collections.nCopies(200, new int[] {1, 2}));
            assertThat(passes).hasSize(1);
        }
    }

    @Test
    void whatItThrowsEndsTheCallAndTheModelGoesOn() {
        boolean[] broken = {true};
        Options options = TWO_THREADS.withListener((sequences, tokens, nanoseconds, kernels) -> {
            if (broken[0]) {
                throw new IllegalStateException("no more room for numbers");
            }
        });
        try (Model model = Model.load(TestModels.TINY, options)) {
            TextClassifier classifier = new TextClassifier(model);
            List<int[]> ids = List.of(new int[] {1, 2, 3});
            assertThatThrownBy(() -> classifier.classifyIds(ids)).hasMessage("no more room for numbers");
            broken[0] = false;
            assertThat(classifier.classifyIds(ids)).hasSize(1);
        }
    }

    @Test
    void isKeptByTheOtherOptionsAndNobodyByDefault() {
        ModelListener listener = (sequences, tokens, nanoseconds, kernels) -> { };
        assertThat(Options.defaults().listener()).isNull();
        assertThat(Options.defaults().withListener(listener).withThreads(1).withKernels("auto")
                .withTruncation(Truncation.FAIL).withSplitSpecialTokens(true)
                .withInt8Activations(Options.defaults().int8Activations()).listener()).isSameAs(listener);
        assertThat(Options.defaults().withListener(listener).withListener(null)).isEqualTo(Options.defaults());
    }
}
