package io.demitasse.study;

import java.util.Locale;
import java.util.stream.DoubleStream;

/** How much each word of a text did for one label's logit, by one method: above 0 for it, below 0 against it. */
public final class Attribution {

    /** Ways to tell. */
    public enum Method {
        /**
         * The gradient's mean on the way from a baseline to the text, times that way (Sundararajan, Taly and Yan 2017).
         * The words' shares add up to the difference of the two logits.
         */
        INTEGRATED_GRADIENTS,
        /** The gradient at the text, times the text's embeddings (Shrikumar et al. 2016). */
        GRADIENT_X_INPUT,
        /** How far the logit falls when the word is taken out. */
        LEAVE_ONE_OUT;

        /** For instance {@code integrated gradients}. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    private final Method method;
    private final double[] words;
    private final double sum;
    private final int steps;
    private final double difference;

    private Attribution(Method method, double[] words, double sum, int steps, double difference) {
        this.method = method;
        this.words = words;
        this.sum = sum;
        this.steps = steps;
        this.difference = difference;
    }

    static Attribution ofWords(Method method, double[] words) {
        return new Attribution(method, words, DoubleStream.of(words).sum(), 0, Double.NaN);
    }

    /** A word has the shares of its pieces. */
    static Attribution ofTokens(Method method, Tokenization text, double[] tokens, int steps, double difference) {
        double[] words = new double[text.words().size()];
        for (int token = 0; token < tokens.length; token++) {
            int word = text.tokens().get(token).word();
            if (word >= 0) {
                words[word] += tokens[token];
            }
        }
        return new Attribution(method, words, DoubleStream.of(tokens).sum(), steps, difference);
    }

    /** The method it was found with. */
    public Method method() {
        return method;
    }

    /** How many words there are. */
    public int words() {
        return words.length;
    }

    /** What a word did, in units of the logit. */
    public double word(int word) {
        return words[word];
    }

    /** What all tokens did together, the added ones included. */
    public double sum() {
        return sum;
    }

    /** How many gradients were taken; 0 if the method needs none. */
    public int steps() {
        return steps;
    }

    /** How far the logit rises from the baseline to the text, which {@link #sum} should be; NaN without a baseline. */
    public double difference() {
        return difference;
    }

    /** The part of {@link #difference} by which the sum is off: 0 where both are 0; NaN without a baseline. */
    public double error() {
        return sum == difference ? 0 : Math.abs((sum - difference) / difference);
    }
}
