package io.demitasse.tokenizer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds added tokens in a text: the leftmost, of those the longest, then on from its end. A token that was found but does
 * not count (a single word that is part of one, a special token where those are plain text) is passed over all the same,
 * as Hugging Face's library does it.
 */
final class TokenMatcher {

    /** Takes a text apart: in turns what lies between tokens, never empty, and a token. */
    interface Parts {

        void text(int from, int to);

        void token(AddedToken token, int from, int to);
    }

    private static final int ASCII = 128;

    private final Node root = new Node();
    private final boolean splitSpecialTokens;
    private final boolean[] starts = new boolean[ASCII];    // ASCII characters that a token starts with
    private boolean startsBeyond;                           // whether a token starts with another one
    private int only = -1;                                  // the one that all start with; -1 if there are several

    /** @param form what is looked for; of two tokens with the same form the first counts */
    TokenMatcher(List<AddedToken> tokens, Function<AddedToken, String> form, boolean splitSpecialTokens) {
        this.splitSpecialTokens = splitSpecialTokens;
        for (int i = 0; i < tokens.size(); i++) {
            String content = form.apply(tokens.get(i));
            if (content.isEmpty()) {
                throw new IllegalArgumentException("nothing is left of the added token \"" + tokens.get(i).content()
                        + "\" when it is normalised");
            }
            char start = content.charAt(0);
            only = i == 0 || only == start ? start : -1;
            if (start < ASCII) {
                starts[start] = true;
            } else {
                startsBeyond = true;
            }
            root.insert(content, tokens.get(i));
        }
    }

    boolean isEmpty() {
        return root.next.isEmpty();
    }

    void split(CharSequence text, Parts parts) {
        int length = text.length();
        int done = 0;
        int place = next(text, 0);
        while (place < length) {
            int end = root.longest(text, place);
            if (end < 0) {
                place = next(text, place + 1);
                continue;
            }
            AddedToken token = root.token(text, place, end);
            if (counts(token, text, place, end)) {
                int from = token.lstrip() ? Math.max(done, Blanks.before(text, place)) : place;
                int to = token.rstrip() ? Blanks.behind(text, end) : end;
                if (done < from) {
                    parts.text(done, from);
                }
                parts.token(token, from, to);
                done = to;
            }
            place = next(text, end);
        }
        if (done < length) {
            parts.text(done, length);
        }
    }

    private boolean counts(AddedToken token, CharSequence text, int from, int to) {
        return !(splitSpecialTokens && token.special())
                && !(token.singleWord() && (Blanks.endsWithWord(text, from) || Blanks.startsWithWord(text, to)));
    }

    /** The next place where a token could start; the text's length if there is none. */
    private int next(CharSequence text, int from) {
        int length = text.length();
        if (root.next.isEmpty()) {
            return length;
        }
        if (only >= 0 && text instanceof String string) {
            int place = string.indexOf(only, from);
            return place < 0 ? length : place;
        }
        for (int place = from; place < length; place++) {
            char c = text.charAt(place);
            if (c < ASCII ? starts[c] : startsBeyond) {
                return place;
            }
        }
        return length;
    }

    /** A place in a tree of characters. */
    private static final class Node {

        private final Map<Character, Node> next = new HashMap<>();
        private @Nullable AddedToken token;

        void insert(String content, AddedToken inserted) {
            Node node = this;
            for (int i = 0; i < content.length(); i++) {
                node = node.next.computeIfAbsent(content.charAt(i), c -> new Node());
            }
            if (node.token == null) {
                node.token = inserted;
            }
        }

        /** Where the longest token that starts at a place ends; -1 if none starts there. */
        int longest(CharSequence text, int from) {
            int end = -1;
            Node node = this;
            for (int i = from; i < text.length(); i++) {
                node = node.next.get(text.charAt(i));
                if (node == null) {
                    break;
                }
                if (node.token != null) {
                    end = i + 1;
                }
            }
            return end;
        }

        AddedToken token(CharSequence text, int from, int to) {
            Node node = this;
            for (int i = from; i < to; i++) {
                node = node.next.get(text.charAt(i));
            }
            return node.token;
        }
    }
}
