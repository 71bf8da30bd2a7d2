package io.demitasse.train;

import io.demitasse.train.Dataset.Example;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A labelled sequence.
 *
 * @param inputIds token ids, {@code [CLS]} first and {@code [SEP]} last; not copied, not to be changed
 * @param label the label's number
 * @param teacherLogits what a teacher makes of it, a number a label, for {@link Distillation}; null without a teacher
 */
public record TokenizedExample(int[] inputIds, int label, float @Nullable [] teacherLogits) {

    public TokenizedExample(int[] inputIds, int label) {
        this(inputIds, label, null);
    }

    /**
     * Tokenizes examples.
     *
     * @param tokenizer gives a text's ids, as in {@code text -> Tokenizers.load(file).encode(text).ids()}
     */
    public static List<TokenizedExample> of(List<Example> examples, Function<String, int[]> tokenizer) {
        return examples.stream()
                .map(example -> new TokenizedExample(tokenizer.apply(example.text()), example.label())).toList();
    }
}
