package io.demitasse.train;

import java.util.Arrays;

/** What a model is to say of one sequence. Arrays are not copied and not to be changed. */
public sealed interface Target {

    /** In {@link TokenLabels}: a token that nothing is to be learned of, as in PyTorch's {@code ignore_index}. */
    int IGNORED = -100;

    /**
     * One of several labels that exclude each other.
     *
     * @param label its number
     */
    record Label(int label) implements Target {
    }

    /**
     * A number for each output: of several labels that may go together 1 or 0 each, or the answer of a regression.
     *
     * @param values {@code [outputs]}
     */
    record Numbers(float... values) implements Target {

        @Override
        public boolean equals(Object other) {
            return other instanceof Numbers numbers && Arrays.equals(values, numbers.values);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(values);
        }

        @Override
        public String toString() {
            return Arrays.toString(values);
        }
    }

    /**
     * One of several labels for each token.
     *
     * @param labels {@code [tokens]}, special ones included; {@link #IGNORED} where nothing is to be learned
     */
    record TokenLabels(int... labels) implements Target {

        @Override
        public boolean equals(Object other) {
            return other instanceof TokenLabels tokens && Arrays.equals(labels, tokens.labels);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(labels);
        }

        @Override
        public String toString() {
            return Arrays.toString(labels);
        }
    }

    /**
     * Where an answer is. A place behind the sequence's last token is one that was cut off, and nothing is learned of
     * it.
     *
     * @param start its first token, counted within the sequence
     * @param end its last one
     */
    record Span(int start, int end) implements Target {

        /** Throws IllegalArgumentException if a place is negative. */
        public Span {
            if (start < 0 || end < 0) {
                throw new IllegalArgumentException("a span's places count from 0, not from " + Math.min(start, end));
            }
        }
    }

    /**
     * A label, and what a larger model makes of the same sequence.
     *
     * @param teacherLogits {@code [labels]}
     */
    record Taught(Label label, float[] teacherLogits) implements Target {
    }
}
