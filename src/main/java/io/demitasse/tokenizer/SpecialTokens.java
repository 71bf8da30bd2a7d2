package io.demitasse.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The special tokens a vocabulary has. They are found in the raw text, before anything else is done to it. */
final class SpecialTokens {

    /** What each of them starts with; none has it again further on, so the first match from the left is the one. */
    static final char START = '[';

    private static final String[] NAMES = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

    /** Finds none: their names are text like any other. */
    static final SpecialTokens NONE = new SpecialTokens();

    private final @Nullable Vocabulary vocabulary;
    private final int[] ids = new int[NAMES.length];

    SpecialTokens(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        for (int i = 0; i < NAMES.length; i++) {
            ids[i] = vocabulary.id(NAMES[i]);
        }
    }

    private SpecialTokens() {
        vocabulary = null;
        Arrays.fill(ids, -1);
    }

    /** The id of the special token at a place in a text, or -1. */
    int at(String text, int place) {
        for (int i = 0; i < NAMES.length; i++) {
            if (ids[i] >= 0 && text.startsWith(NAMES[i], place)) {
                return ids[i];
            }
        }
        return -1;
    }

    int length(int id) {
        return vocabulary.token(id).length();
    }
}
