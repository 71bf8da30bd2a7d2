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

            List<int[]> many = Collections.nCopies(1500, new int[] {1, 2});     // more tokens than one pass takes
            classifier.classifyIds(many);
            assertThat(passes).hasSize(2);
            assertThat(passes.stream().mapToInt(Pass::sequences).sum()).isEqualTo(1500);
            assertThat(passes.stream().mapToInt(Pass::tokens).sum()).isEqualTo(3000);
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
