package io.demitasse.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What each word of a text did for a label.
 *
 * @param tokenization the text and its words
 * @param label the label that is explained; the one with the highest logit unless another was asked for
 * @param probability the label's probability
 * @param baseline the token that stands for every word in the baseline of integrated gradients
 * @param baselineProbability the label's probability for the baseline: what the model says of a text of blanks
 * @param attributions by one or more methods, the one to look at first
 */
public record Explanation(Tokenization tokenization, String label, float probability, String baseline,
                          float baselineProbability, List<Attribution> attributions) {

    /** Keeps a copy of the list. */
    public Explanation {
        attributions = List.copyOf(attributions);
    }

    /** For instance {@code NEGATIVE 0.9469: not +2.011, a -0.123, good -0.877}, by the first of the attributions. */
    @Override
    public String toString() {
        List<String> words = new ArrayList<>();
        for (int word = 0; !attributions.isEmpty() && word < tokenization.words().size(); word++) {
            words.add(String.format(Locale.ROOT, "%s %+.3f", tokenization.words().get(word).text(),
                    attributions.get(0).word(word)));
        }
        return String.format(Locale.ROOT, "%s %.4f: %s", label, probability, String.join(", ", words));
    }
}
