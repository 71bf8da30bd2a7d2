package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.study.Explainer;
import io.demitasse.study.Inspector;
import io.demitasse.study.Attribution;
import io.demitasse.study.Attribution.Method;
import io.demitasse.study.Explanation;
import io.demitasse.study.Inspection;
import io.demitasse.study.Token;
import io.demitasse.train.Dataset;
import io.demitasse.train.Dataset.Example;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What explain says, held against what the model does. */
class ExplanationTest {

    private static final int SENTENCES = 50;

    @Test
    void leavingAWordOutIsWhatItSays() {
        // With kernels that keep floats beside int8 weights, as explanations do.
        Options floats = Options.defaults().withKernels("plain");
        try (TextClassifier classifier = TextClassifier.load(TestModels.DEFAULT, floats)) {
            Explanation explanation = new Explainer(classifier.model()).explain("a charming film", EnumSet.of(Method.LEAVE_ONE_OUT));
            int label = classifier.labels().indexOf(explanation.label());
            float whole = classifier.classify("a charming film").logits()[label];
            float without = classifier.classify("a film").logits()[label];

            assertThat(explanation.attributions().get(0).word(1)).isCloseTo(whole - without, within(1e-4));
        }
    }

    @Test
    void theWordsThatMatterStandOut() {
        try (TextClassifier classifier = TextClassifier.load(TestModels.DEFAULT)) {
            Explanation explanation = new Explainer(classifier.model()).explain("a charming film");
            assertThat(explanation.label()).isEqualTo("POSITIVE");
            assertThat(explanation.attributions()).extracting(Attribution::method).containsExactly(Method.values());
            Attribution integrated = explanation.attributions().get(0);

            assertThat(integrated.word(1)).isGreaterThan(2 * Math.abs(integrated.word(0)));
            assertThat(integrated.sum()).isCloseTo(integrated.word(0) + integrated.word(1) + integrated.word(2),
                    within(1e-9));
            assertThat(integrated.error()).isLessThan(0.01);
        }
    }

    @Test
    void anEmptyTextHasNothingToExplain() {
        try (TextClassifier classifier = TextClassifier.load(TestModels.DEFAULT)) {
            assertThat(new Explainer(classifier.model()).explain("").attributions())
                    .allSatisfy(attribution -> assertThat(attribution.words()).isZero());
            assertThat(new Explainer(classifier.model()).explain("").attributions().get(0).error()).isZero();
        }
    }

    @Test
    void theBaselineHasAScoreOfItsOwn() {
        try (TextClassifier classifier = TextClassifier.load(TestModels.DEFAULT)) {
            Explanation explanation = new Explainer(classifier.model()).explain("a charming film", EnumSet.of(Method.INTEGRATED_GRADIENTS));
            int mask = classifier.tokenizer().vocabulary().id("[MASK]");
            int[] blanks = explanation.tokenization().tokens().stream()
                    .mapToInt(token -> token.added() ? token.id() : mask).toArray();

            assertThat(explanation.baselineProbability())
                    .isEqualTo(classifier.classifyIds(blanks).scores().get("POSITIVE"));
        }
    }

    @Test
    void anotherLabelThanTheTextsCanBeExplained() {
        try (TextClassifier classifier = TextClassifier.load(TestModels.DEFAULT)) {
            Inspection inspection = new Inspector(classifier.model()).inspect("a charming film");
            Explanation own = new Explainer(classifier.model()).explain(inspection, EnumSet.of(Method.LEAVE_ONE_OUT));
            Explanation other = new Explainer(classifier.model()).explain(inspection, "NEGATIVE", EnumSet.of(Method.LEAVE_ONE_OUT));

            assertThat(own.label()).isEqualTo("POSITIVE");
            assertThat(other.label()).isEqualTo("NEGATIVE");
            assertThat(other.probability()).isCloseTo(1 - own.probability(), within(1e-6f));
            assertThat(own.attributions().get(0).word(1)).isPositive();
            assertThat(other.attributions().get(0).word(1)).isNegative();
            assertThatIllegalArgumentException().isThrownBy(
                    () -> new Explainer(classifier.model()).explain(inspection, "NEUTRAL", EnumSet.of(Method.LEAVE_ONE_OUT)))
                    .withMessage("no label NEUTRAL; the model's are NEGATIVE, POSITIVE");
        }
    }

    /** The shares add up, and the words they point at are those that the label hangs on. */
    @Test
    void onSst2TheSharesAddUpAndTheLabelHangsOnTheWordsTheyPointAt() throws IOException {
        List<Example> examples = Dataset.read(TestModels.shared("data/sst2/dev.tsv"),
                List.of("NEGATIVE", "POSITIVE")).subList(0, SENTENCES);
        Removal chosen = new Removal();
        Removal random = new Removal();
        double worst = 0;
        try (TextClassifier classifier = TextClassifier.load(TestModels.DEFAULT)) {
            for (int i = 0; i < SENTENCES; i++) {
                Explanation explanation = new Explainer(classifier.model()).explain(examples.get(i).text(),
                        EnumSet.of(Method.INTEGRATED_GRADIENTS));
                Attribution attribution = explanation.attributions().get(0);
                assertThat(attribution.steps()).isLessThanOrEqualTo(64);
                assertThat(attribution.error()).as(examples.get(i).text()).isLessThan(0.005);
                worst = Math.max(worst, attribution.error());
                List<Integer> words = new ArrayList<>();
                for (int word = 0; word < attribution.words(); word++) {
                    words.add(word);
                }
                Collections.shuffle(words, new Random(i));
                random.remove(classifier, explanation, words);
                words.sort((a, b) -> Double.compare(attribution.word(b), attribution.word(a)));
                chosen.remove(classifier, explanation, words);
            }
        }
        System.out.printf(Locale.ROOT, "integrated gradients on %d sentences of SST-2: at most %.2f %% incomplete; "
                + "without the 20 %% of words with the highest shares the label's probability falls by %.3f on average "
                + "and %d labels flip, without random words %.3f and %d%n", SENTENCES, 100 * worst, chosen.fall / SENTENCES,
                chosen.flips, random.fall / SENTENCES, random.flips);
        assertThat(chosen.fall).isGreaterThan(2 * random.fall);
        assertThat(chosen.flips).isGreaterThan(2 * random.flips);
    }

    /** What becomes of labels when a fifth of the words is taken out. */
    private static final class Removal {

        private double fall;
        private int flips;

        void remove(TextClassifier classifier, Explanation explanation, List<Integer> words) {
            Set<Integer> removed = new HashSet<>(words.subList(0, (int) Math.ceil(0.2 * words.size())));
            int[] ids = explanation.tokenization().tokens().stream().filter(token -> !removed.contains(token.word()))
                    .mapToInt(Token::id).toArray();
            Classification result = classifier.classifyIds(ids);
            fall += explanation.probability() - result.scores().get(explanation.label());
            flips += result.label().equals(explanation.label()) ? 0 : 1;
        }
    }
}
