package io.demitasse.serve;

import io.demitasse.Input;
import io.demitasse.Sequence;
import io.demitasse.serve.RequestException.Kind;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.TruncationSide;
import io.demitasse.tokenizer.TruncationStrategy;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A request's texts as token ids, cut or refused as the request says.
 *
 * @param inputs token ids that the model can read
 * @param tokens how many there are in all
 * @param truncated how many texts have lost some
 */
record Texts(List<Input> inputs, int tokens, int truncated) {

    /** A text, a pair or token ids, and where it stands in the body. */
    record Placed(String where, Input input) {
    }

    /**
     * Encodes inputs as a request's {@code truncate} and {@code truncation_direction} say.
     *
     * @throws RequestException if one is too long and must not be cut, or ids are none of the model's
     */
    static Texts encode(ServedModel model, InferenceRequest request, List<Placed> placed) {
        boolean cut = request.flag(Field.TRUNCATE.name(), true);
        TruncationSide side = side(model.tokenizer(), request);
        List<Input> inputs = new ArrayList<>(placed.size());
        int tokens = 0;
        int truncated = 0;
        for (Placed one : placed) {
            Sequence sequence;
            if (one.input instanceof Input.Ids ids) {
                sequence = ids.sequence();
                checkIds(model, one.where, sequence.ids());
            } else {
                Encoding encoding = encode(model.tokenizer(), one.input, side);
                if (encoding.truncated() && !cut) {
                    throw tooLong(one.where, (long) encoding.size() + encoding.tokensCut(), encoding.size());
                }
                truncated += encoding.truncated() ? 1 : 0;
                sequence = sequence(model, encoding);
            }
            tokens += sequence.size();
            inputs.add(new Input.Ids(sequence));
        }
        return new Texts(inputs, tokens, truncated);
    }

    private static Sequence sequence(ServedModel model, Encoding encoding) {
        try {
            return model.model().sequence(encoding);
        } catch (IllegalArgumentException e) {
            throw new RequestException(Kind.UNSUPPORTED, e.getMessage());
        }
    }

    private static Encoding encode(WordPieceTokenizer tokenizer, Input input, TruncationSide side) {
        int length = tokenizer.settings().maxLength();
        return input instanceof Input.Pair pair
                ? tokenizer.encode(pair.text(), pair.pair(), length, TruncationStrategy.LONGEST_FIRST, side)
                : tokenizer.encode(((Input.Text) input).text(), length, side);
    }

    private static TruncationSide side(WordPieceTokenizer tokenizer, InferenceRequest request) {
        if (!request.has(Field.DIRECTION.name())) {
            return tokenizer.settings().truncationSide();
        }
        // text-embeddings-inference writes them with a capital, Hugging Face's clients without.
        return switch (request.text(Field.DIRECTION.name()).toLowerCase(Locale.ROOT)) {
            case "left" -> TruncationSide.LEFT;
            case "right" -> TruncationSide.RIGHT;
            default -> throw RequestReader.malformed("\"" + Field.DIRECTION.name() + "\" is neither left nor right");
        };
    }

    /** Ids that the model does not have would fail the batch that they are computed in, and others' requests with it. */
    private static void checkIds(ServedModel model, String where, int[] ids) {
        int most = model.tokenizer().settings().maxLength();
        if (ids.length == 0 || ids.length > most) {
            throw ids.length > 0 ? tooLong(where, ids.length, most)
                    : new RequestException(Kind.EMPTY, "\"" + where + "\" has no token ids");
        }
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= model.model().config().shape().vocabSize()) {
                throw RequestReader.malformed("\"" + where + "[" + i + "]\" is " + ids[i]
                        + ", which is no token id of this model: they are 0 to "
                        + (model.model().config().shape().vocabSize() - 1));
            }
        }
    }

    /** What a text is refused with that must not be cut. */
    static RequestException tooLong(String where, long tokens, int most) {
        return new RequestException(Kind.TOO_LARGE, "\"" + where + "\" has " + tokens
                + " tokens, but the model reads at most " + most);
    }
}
