package io.demitasse.train;

import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.WordPieceTokenizer;
import io.demitasse.train.Dataset.Example;
import java.util.List;

/**
 * A sequence with what a model is to say of it.
 *
 * @param inputIds token ids, {@code [CLS]} first and {@code [SEP]} last; not copied, not to be changed
 * @param typeIds 0 for a first text's tokens and 1 for a second's, as many as ids; empty where all are 0. A DistilBERT
 *     has no use for them
 * @param target what is to be learned
 */
public record TokenizedExample(int[] inputIds, int[] typeIds, Target target) {

    private static final int[] NONE = {};

    /** A text, or ids of one's own, with the number of its label. */
    public TokenizedExample(int[] inputIds, int label) {
        this(inputIds, NONE, new Target.Label(label));
    }

    /** The same sequence with another target. */
    public TokenizedExample with(Target other) {
        return new TokenizedExample(inputIds, typeIds, other);
    }

    /** Tokenizes texts and pairs, cut as the tokenizer cuts. */
    public static List<TokenizedExample> of(List<Example> examples, WordPieceTokenizer tokenizer) {
        return examples.stream().map(example -> of(example, tokenizer)).toList();
    }

    private static TokenizedExample of(Example example, WordPieceTokenizer tokenizer) {
        if (example.pair() == null) {
            return new TokenizedExample(tokenizer.encode(example.text()).ids(), NONE, example.target());
        }
        Encoding encoding = tokenizer.encode(example.text(), example.pair());
        return new TokenizedExample(encoding.ids(), encoding.typeIds(), example.target());
    }
}
