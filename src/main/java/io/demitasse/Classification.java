package io.demitasse;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a classifier says of one text. Immutable. */
public final class Classification {

    private final List<String> labels;
    private final float[] logits;
    private final float[] probabilities;
    private final int best;
    private final int tokens;
    private final int tokensCut;

    Classification(List<String> labels, float[] logits, float[] probabilities, int tokens, int tokensCut) {
        this.labels = labels;
        this.logits = logits;
        this.probabilities = probabilities;
        this.tokens = tokens;
        this.tokensCut = tokensCut;
        int largest = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[largest]) {
                largest = i;
            }
        }
        this.best = largest;
    }

    /** The label with the highest score. */
    public String label() {
        return labels.get(best);
    }

    /** The number of {@link #label()}. */
    public int labelId() {
        return best;
    }

    /** The probability of {@link #label()}, 0 to 1. */
    public float score() {
        return probabilities[best];
    }

    /**
     * Every label's probability, in the model's order of labels. Of several labels with one name the first has it, and
     * the others have their number behind it, as in {@code other (1)}.
     */
    public Map<String, Float> scores() {
        Map<String, Float> scores = new LinkedHashMap<>();
        for (int i = 0; i < probabilities.length; i++) {
            String label = labels.get(i);
            scores.put(scores.containsKey(label) ? label + " (" + i + ")" : label, probabilities[i]);
        }
        return Collections.unmodifiableMap(scores);
    }

    /** The {@code k} labels with the highest scores, best first; all of them if there are fewer. */
    public List<LabelScore> top(int k) {
        List<LabelScore> all = new ArrayList<>();
        for (int i = 0; i < probabilities.length; i++) {
            all.add(new LabelScore(labels.get(i), probabilities[i]));
        }
        all.sort(Comparator.comparing(LabelScore::score).reversed());
        return List.copyOf(all.subList(0, Math.min(k, all.size())));
    }

    /** Every label's probability, {@code [labels]}; a copy. */
    public float[] probabilities() {
        return probabilities.clone();
    }

    /** What the classification head gave, {@code [labels]}, before it was made into probabilities; a copy. */
    public float[] logits() {
        return logits.clone();
    }

    /** How many tokens the model read, the added special tokens included; those of all windows if there were several. */
    public int tokens() {
        return tokens;
    }

    /** Whether the text was longer than the model can read and its end was cut off. */
    public boolean truncated() {
        return tokensCut > 0;
    }

    /** How many tokens were cut off; 0 if the model read the whole text. */
    public int tokensCut() {
        return tokensCut;
    }

    /** For instance {@code POSITIVE 0.9987}. */
    @Override
    public String toString() {
        return String.format(java.util.Locale.ROOT, "%s %.4f", label(), score());
    }
}
