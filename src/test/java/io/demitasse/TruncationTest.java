package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.Truncation.Aggregation;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts longer than the 64 tokens that the tiny model reads. */
class TruncationTest {

    private static final Options PLAIN = Options.defaults().withKernels("plain").withThreads(1);
    private static final String FITS = "good film ".repeat(31);
    private static final String LONG = "good film not bad . ".repeat(20);    // 100 tokens

    @TempDir
    static Path folder;

    private static Path model;

    @BeforeAll
    static void aModel() {
        model = TestModels.tinyWithWords(folder.resolve("words.flat"));
    }

    private static List<Classification> classify(Options options, String... texts) {
        try (TextClassifier classifier = TextClassifier.load(model, options)) {
            return classifier.classify(List.of(texts));
        }
    }

    private static List<float[]> embed(Options options, Pooling pooling, boolean normalize, String... texts) {
        try (TextEmbedder encoder = TextEmbedder.load(model, options)) {
            return encoder.embed(List.of(texts), pooling, normalize);
        }
    }

    private static Options windows(int stride, Aggregation aggregation) {
        return PLAIN.withTruncation(Truncation.window(stride, aggregation));
    }

    /** The parts of {@link #LONG} that windows of 62 of its tokens with a stride of 12 hold. */
    private static String[] parts() {
        List<String> words = List.of(LONG.split(" "));
        return new String[] {String.join(" ", words.subList(0, 62)), String.join(" ", words.subList(50, 100))};
    }

    @Test
    void byDefaultTheEndIsCutAndCounted() {
        List<Classification> results = classify(PLAIN, LONG, FITS);

        assertThat(results.get(0).tokensCut()).isEqualTo(100 - 62);
        assertThat(results.get(0).truncated()).isTrue();
        assertThat(results.get(0).tokens()).isEqualTo(64);
        assertThat(results.get(1).tokensCut()).isZero();
        assertThat(results.get(1).truncated()).isFalse();
    }

    @Test
    void failSaysHowLongATextIsAndHowLongItMayBe() {
        Options fail = PLAIN.withTruncation(Truncation.FAIL);

        assertThat(classify(fail, FITS).get(0).logits()).containsExactly(classify(PLAIN, FITS).get(0).logits());
        assertThatIllegalArgumentException().isThrownBy(() -> classify(fail, LONG))
                .withMessage("the text has 102 tokens, [CLS] and [SEP] included, but the model reads at most 64");
        assertThatIllegalArgumentException().isThrownBy(() -> classify(fail, FITS, LONG))
                .withMessageStartingWith("text 1 has 102 tokens");
        assertThatIllegalArgumentException().isThrownBy(() -> embed(fail, Pooling.MEAN, false, LONG))
                .withMessageContaining("102").withMessageContaining("64");
    }

    @Test
    void windowsLogitsAreAveragedByTheirTokens() {
        List<Classification> parts = classify(PLAIN, parts());
        Classification whole = classify(windows(12, Aggregation.MEAN), LONG, FITS).get(0);

        for (int i = 0; i < 2; i++) {
            double mean = (62.0 * parts.get(0).logits()[i] + 50.0 * parts.get(1).logits()[i]) / 112;
            assertThat(whole.logits()[i]).isCloseTo((float) mean, within(1e-6f));
        }
        assertThat(whole.tokens()).isEqualTo(64 + 52);
        assertThat(whole.tokensCut()).isZero();
        assertThat(whole.scores().get("POSITIVE") / whole.scores().get("NEGATIVE"))
                .as("scores are the softmax of the logits")
                .isCloseTo((float) Math.exp(whole.logits()[1] - whole.logits()[0]), within(1e-5f));
    }

    @Test
    void orTheirLargestIsTaken() {
        List<Classification> parts = classify(PLAIN, parts());
        Classification whole = classify(windows(12, Aggregation.MAX), LONG).get(0);

        for (int i = 0; i < 2; i++) {
            assertThat(whole.logits()[i]).isEqualTo(Math.max(parts.get(0).logits()[i], parts.get(1).logits()[i]));
        }
    }

    @Test
    void aTextThatFitsIsNotChangedByWindows() {
        for (Aggregation aggregation : Aggregation.values()) {
            assertThat(classify(windows(0, aggregation), LONG, FITS, "").get(1).logits())
                    .containsExactly(classify(PLAIN, FITS).get(0).logits());
            for (Pooling pooling : Pooling.values()) {
                assertThat(embed(windows(0, aggregation), pooling, true, LONG, FITS).get(1))
                        .containsExactly(embed(PLAIN, pooling, true, FITS).get(0));
            }
        }
    }

    @Test
    void windowsVectorsArePutTogetherBeforeTheyAreNormalised() {
        for (Pooling pooling : Pooling.values()) {
            List<float[]> parts = embed(PLAIN, pooling, false, parts());
            float[] mean = embed(windows(12, Aggregation.MEAN), pooling, false, LONG).get(0);
            float[] max = embed(windows(12, Aggregation.MAX), pooling, false, LONG).get(0);
            float[] normalized = embed(windows(12, Aggregation.MEAN), pooling, true, LONG).get(0);
            double squares = 0;
            for (int i = 0; i < mean.length; i++) {
                assertThat(mean[i]).isCloseTo((62 * parts.get(0)[i] + 50 * parts.get(1)[i]) / 112,
                        within(Math.max(1e-6f, 2 * Math.ulp(mean[i]))));
                assertThat(max[i]).isEqualTo(Math.max(parts.get(0)[i], parts.get(1)[i]));
                squares += mean[i] * mean[i];
            }
            for (int i = 0; i < mean.length; i++) {
                assertThat(normalized[i]).isCloseTo((float) (mean[i] / Math.sqrt(squares)), within(1e-6f));
            }
        }
    }

    @Test
    void aStrideThatWindowsCannotShareIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Truncation.window(-1, Aggregation.MEAN))
                .withMessageContaining("-1");
        assertThatIllegalArgumentException().isThrownBy(() -> classify(windows(62, Aggregation.MEAN), "good"))
                .withMessageContaining("62").withMessageContaining("0 to 61");
        assertThat(classify(windows(61, Aggregation.MEAN), LONG)).hasSize(1);
    }

    @Test
    void aTextCannotPretendToBeTwo() {
        Options plainText = PLAIN.withSplitSpecialTokens(true);
        Classification special = classify(PLAIN, "good [SEP] bad").get(0);
        Classification plain = classify(plainText, "good [SEP] bad").get(0);

        assertThat(special.tokens()).isEqualTo(5);
        assertThat(plain.tokens()).isEqualTo(7);
        assertThat(plain.logits()).containsExactly(classify(PLAIN, "good [ sep ] bad").get(0).logits());
    }
}
