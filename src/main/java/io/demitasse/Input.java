package io.demitasse;

import java.util.Objects;

/** What a model is asked about: a text, a pair of texts, or token ids of one's own. */
public sealed interface Input {

    /** A text. */
    static Input of(String text) {
        return new Text(text);
    }

    /** A pair, such as a premise and a hypothesis, or a query and a document. */
    static Input of(String text, String pair) {
        return new Pair(text, pair);
    }

    /** Token ids as they are, special tokens included. */
    static Input ofIds(int... ids) {
        return new Ids(Sequence.of(ids));
    }

    /** Token ids with their token types, for a BERT. */
    static Input ofIds(int[] ids, int[] typeIds) {
        return new Ids(Sequence.of(ids, typeIds));
    }

    /** See {@link #of(String)}. */
    record Text(String text) implements Input {
        public Text {
            Objects.requireNonNull(text, "text");
        }
    }

    /** See {@link #of(String, String)}. */
    record Pair(String text, String pair) implements Input {
        public Pair {
            Objects.requireNonNull(text, "text");
            Objects.requireNonNull(pair, "pair");
        }
    }

    /** See {@link #ofIds(int[], int[])}. */
    record Ids(Sequence sequence) implements Input {
    }
}
