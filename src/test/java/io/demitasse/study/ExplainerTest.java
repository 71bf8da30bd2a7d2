package io.demitasse.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.AggregationStrategy;
import io.demitasse.Answer;
import io.demitasse.Entity;
import io.demitasse.Model;
import io.demitasse.Options;
import io.demitasse.QuestionAnswerer;
import io.demitasse.TokenClassifier;
import io.demitasse.study.Attribution.Method;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Explanations of every kind of head, on BERT and DistilBERT. */
class ExplainerTest {

    private static final Set<Method> METHODS = EnumSet.allOf(Method.class);

    private static Model load(String folder) {
        return Model.load(Path.of("src/test/resources/heads", folder), Options.defaults().withKernels("plain"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-ner", "distilbert-ner"})
    void aTokensLabel(String folder) {
        try (Model model = load(folder)) {
            Entity token = new TokenClassifier(model).tag("a film of many excesses", AggregationStrategy.NONE).get(1);
            Explanation explanation = new Explainer(model).explainToken("a film of many excesses", token.index(),
                    token.entity(), METHODS);
            assertThat(explanation.label()).isEqualTo(token.entity());
            assertThat(explanation.probability()).isCloseTo(token.score(), within(1e-6f));
            check(explanation);
            assertThatIllegalArgumentException().isThrownBy(() -> new Explainer(model).explainToken("a", 9, "O", METHODS))
                    .withMessageContaining("no token 9");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-qa", "distilbert-qa"})
    void anAnswersSpan(String folder) {
        try (Model model = load(folder)) {
            String question = "how is it acted ?";
            String context = "beautifully directed and convincingly acted .";
            Answer answer = new QuestionAnswerer(model).answer(question, context);
            Explanation explanation = new Explainer(model).explainAnswer(question, context, answer, METHODS);
            assertThat(explanation.label()).isEqualTo(answer.answer());
            assertThat(explanation.tokenization().words()).extracting(Word::text)
                    .contains("how", "?", "beautifully", ".");
            check(explanation);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-nli", "distilbert-nli"})
    void aTextsLabel(String folder) {
        try (Model model = load(folder)) {
            check(new Explainer(model).explain("a film of many excesses", METHODS));
            assertThatIllegalArgumentException().isThrownBy(() -> new Explainer(model).explainToken("a", 0, "neutral",
                    METHODS)).withMessageContaining("classify");
        }
    }

    /** The words' shares add up to the rise from the baseline, and a word that is taken out leaves a number behind. */
    private static void check(Explanation explanation) {
        Attribution gradients = explanation.attributions().get(0);
        assertThat(gradients.method()).isEqualTo(Method.INTEGRATED_GRADIENTS);
        assertThat(gradients.sum()).isCloseTo(gradients.difference(),
                within(0.02 * Math.abs(gradients.difference()) + 1e-3));
        for (Attribution attribution : explanation.attributions()) {
            assertThat(attribution.words()).isEqualTo(explanation.tokenization().words().size());
            for (int word = 0; word < attribution.words(); word++) {
                assertThat(attribution.word(word)).isFinite();
            }
        }
    }
}
