package io.demitasse.serve;

import io.demitasse.serve.RequestException.Kind;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tokens of texts as {@code /tokenize} lists them, never truncated. */
final class TokenLists {

    /** The most tokens that are listed for one request. */
    private static final int MOST = 16_384;
    /** What a token takes: itself, its text and offsets as objects, and written, three times while it grows. */
    private static final long TOKEN_BYTES = 150 + 3 * 75;

    /** Offsets count code points, and the added tokens have none. */
    private record Token(int id, String text, boolean special, @Nullable Integer start, @Nullable Integer stop) {
    }

    private TokenLists() {
    }

    /** About how much memory texts take with their lists. */
    static long bytes(List<Input> inputs) {
        long characters = inputs.stream().mapToLong(input -> input.text().length()).sum();
        return Character.BYTES * characters + TOKEN_BYTES * Math.min(MOST, characters);
    }

    /** A list of lists of tokens. */
    static Response of(List<Input> inputs, WordPieceTokenizer tokenizer, boolean added) {
        List<List<Token>> lists = new ArrayList<>();
        int room = MOST;
        for (Input input : inputs) {
            Encoding encoding = tokenizer.encode(input.text(), room + 2);
            room -= encoding.size() - 2;
            if (encoding.truncated()) {
                throw new RequestException(Kind.TOO_LARGE, "\"inputs\" has more than " + MOST
                        + " tokens, the most that are listed for a request");
            }
            lists.add(tokens(input.text(), encoding, added));
        }
        return Response.json(lists);
    }

    private static List<Token> tokens(String text, Encoding encoding, boolean added) {
        List<Token> tokens = new ArrayList<>();
        int place = 0;      // in UTF-16 units; spans come in order, so code points are counted once
        int codePoints = 0;
        for (int i = 0; i < encoding.size(); i++) {
            boolean special = i == 0 || i == encoding.size() - 1;
            if (special) {
                if (added) {
                    tokens.add(new Token(encoding.id(i), encoding.token(i), true, null, null));
                }
                continue;
            }
            String part = text.substring(encoding.start(i), encoding.end(i));
            if (encoding.start(i) < place) {
                place = 0;
                codePoints = 0;
            }
            codePoints += text.codePointCount(place, encoding.start(i));
            place = encoding.start(i);
            tokens.add(new Token(encoding.id(i), part, false, codePoints,
                    codePoints + part.codePointCount(0, part.length())));
        }
        return tokens;
    }
}
