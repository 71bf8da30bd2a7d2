package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextEmbedderTest {

    private static final List<int[]> SEQUENCES = List.of(new int[] {1, 2, 3}, new int[] {7}, new int[] {9, 9, 9, 4, 150});

    @Test
    void aBatchGivesWhatEachSequenceGivesAlone() {
        try (TextEmbedder encoder = TextEmbedder.load(TestModels.TINY, Options.defaults().withKernels("plain"))) {
            for (Pooling pooling : Pooling.values()) {
                List<float[]> together = encoder.embedIds(SEQUENCES, pooling, true);
                for (int i = 0; i < SEQUENCES.size(); i++) {
                    assertThat(encoder.embedIds(List.of(SEQUENCES.get(i)), pooling, true).get(0))
                            .hasSize(encoder.dim()).containsExactly(together.get(i));
                }
            }
        }
    }

    @Test
    void aNormalisedVectorHasLengthOneAndTheSameDirection() {
        try (TextEmbedder encoder = TextEmbedder.load(TestModels.TINY)) {
            float[] vector = encoder.embedIds(SEQUENCES, Pooling.MEAN, false).get(2);
            float[] unit = encoder.embedIds(SEQUENCES, Pooling.MEAN, true).get(2);
            double length = Math.sqrt(dot(vector, vector));
            assertThat(dot(unit, unit)).isCloseTo(1, within(1e-6));
            assertThat(dot(unit, vector)).isCloseTo(length, within(1e-5 * length));
        }
    }

    @Test
    void ofOneTokenMeanAndClsAreTheSame() {
        try (TextEmbedder encoder = TextEmbedder.load(TestModels.TINY)) {
            List<int[]> one = List.of(new int[] {42});
            assertThat(encoder.embedIds(one, Pooling.MEAN, false).get(0))
                    .containsExactly(encoder.embedIds(one, Pooling.CLS, false).get(0));
        }
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
