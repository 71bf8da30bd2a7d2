package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import io.demitasse.Classification;
import io.demitasse.Options;
import io.demitasse.TestModels;
import io.demitasse.TextClassifier;
import io.demitasse.serve.ServeClient.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose labels take more than their texts. */
class ManyLabelsTest {

    @Test
    void scoresComeBestFirstAndEqualOnesInTheModelsOrder() {
        assertThat(Predictions.bestFirst(new float[] {0.5f, -1, 0.5f, 2, 0, -0.0f, Float.MIN_VALUE, -3e30f}))
                .containsExactly(3, 0, 2, 6, 4, 5, 1, 7);
        Random random = new Random(1);
        float[] scores = new float[10_000];
        IntStream.range(0, scores.length).forEach(i -> scores[i] = (random.nextFloat() - 0.5f) * 1e6f);
        int[] order = Predictions.bestFirst(scores);
        assertThat(Arrays.stream(order).distinct().count()).isEqualTo(scores.length);
        for (int i = 1; i < order.length; i++) {
            assertThat(scores[order[i - 1]]).isGreaterThanOrEqualTo(scores[order[i]]);
        }
    }

    @Test
    void textsOfOneBatchGetTheBitsThatTheyGetAlone(@TempDir Path folder) {
        Path file = TestModels.tinyWithLabels(folder.resolve("labels.flat"), 50_000);
        try (TextClassifier classifier = TextClassifier.load(file, Options.defaults().withThreads(1))) {
            // The head takes 20 rows of so many labels at once.
            List<String> texts = new ArrayList<>();
            IntStream.range(0, 45).forEach(i -> texts.add("good bad ".repeat(i % 7) + "film"));
            List<Classification> together = classifier.classify(texts);
            for (int i = 0; i < texts.size(); i += 11) {
                assertThat(together.get(i).logits()).isEqualTo(classifier.classify(texts.get(i)).logits());
                assertThat(together.get(i).probabilities()).isEqualTo(classifier.classify(texts.get(i)).probabilities());
            }
        }
    }

    @Test
    void anAnswerOfAllLabelsIsRightAndServed(@TempDir Path folder) {
        try (Served served = Served.of(TestModels.tinyWithLabels(folder.resolve("labels.flat"), 3000), options -> options)) {
            Answer answer = served.client().post("/predict", "{\"inputs\": [\"good\", \"a bad film\"]}");
            assertThat(answer.status()).isEqualTo(200);
            JsonArray lists = answer.json().getAsJsonArray();
            Classification expected = served.model().classify(List.of(
                    served.model().tokenizer().encode("a bad film").ids())).get(0);
            assertThat(lists.get(1).getAsJsonArray()).hasSize(3000);
            assertThat(lists.get(1).getAsJsonArray().get(0).getAsJsonObject().get("label").getAsString())
                    .isEqualTo(expected.label());
            lists.get(1).getAsJsonArray().forEach(prediction -> {
                int label = Integer.parseInt(prediction.getAsJsonObject().get("label").getAsString().substring(6));
                assertThat(prediction.getAsJsonObject().get("score").getAsFloat())
                        .isEqualTo(expected.probabilities()[label]);
            });
        }
    }

    @Test
    void answersHaveAnEighthOfTheHeapTogether() {
        AnswerMemory memory = new AnswerMemory(80 << 20);
        assertThatThrownBy(() -> memory.take((10 << 20) + 1)).extracting(e -> ((RequestException) e).kind())
                .isEqualTo(RequestException.Kind.TOO_LARGE);
        try (AnswerMemory.Lease some = memory.take(9 << 20)) {
            assertThatThrownBy(() -> memory.take(2 << 20)).extracting(e -> ((RequestException) e).kind())
                    .isEqualTo(RequestException.Kind.OVERLOADED);
            Collections.nCopies(500, AnswerMemory.SMALL).forEach(memory::take);     // they need not ask
        }
        memory.take(10 << 20).close();
        memory.take(10 << 20).close();
    }
}
