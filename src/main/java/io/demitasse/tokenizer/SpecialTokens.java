package io.demitasse.tokenizer;

import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the tokens with a part of their own are called, as {@code unk_token}, {@code cls_token} and the others of Hugging
 * Face's {@code tokenizer_config.json} have it.
 *
 * @param unk  stands for a word that the vocabulary cannot spell
 * @param cls  stands before the first text
 * @param sep  stands behind each text
 * @param pad  fills short rows of a batch; null if there is none
 * @param mask stands for a word to be guessed; null if there is none
 */
public record SpecialTokens(String unk, String cls, String sep, @Nullable String pad, @Nullable String mask) {

    /** BERT's own. */
    public static final SpecialTokens BERT = new SpecialTokens("[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]");

    public SpecialTokens {
        Objects.requireNonNull(unk, "unk");
        Objects.requireNonNull(cls, "cls");
        Objects.requireNonNull(sep, "sep");
    }

    /** Those there are, in the order of their ids in BERT's own vocabularies. */
    Stream<String> names() {
        return Stream.of(pad, unk, cls, sep, mask).filter(Objects::nonNull);
    }
}
