package io.demitasse;

import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.util.ArrayList;
import java.util.List;

/** Texts as sequences of tokens that a model can read: one a text, or several where a long one is read in windows. */
final class Sequences {

    private final List<Encoding> encodings = new ArrayList<>();
    private final int added;        // to each sequence: [CLS] and [SEP]
    private final int[] starts;     // text t's encodings are starts[t] to starts[t + 1]

    /** @throws IllegalArgumentException if a text is too long, and too long is what it must not be */
    Sequences(List<String> texts, WordPieceTokenizer tokenizer, Truncation truncation) {
        added = tokenizer.addedTokens(false);
        starts = new int[texts.size() + 1];
        for (int t = 0; t < texts.size(); t++) {
            if (truncation instanceof Truncation.Window window) {
                encodings.addAll(tokenizer.encodeWindows(texts.get(t), tokenizer.settings().maxLength(),
                        window.stride()));
            } else {
                encodings.add(tokenizer.encode(texts.get(t)));
            }
            starts[t + 1] = encodings.size();
            if (truncation instanceof Truncation.Fail) {
                checkWhole(t);
            }
        }
    }

    private void checkWhole(int text) {
        Encoding encoding = encodings.get(text);
        if (encoding.truncated()) {
            throw new IllegalArgumentException((starts.length == 2 ? "the text" : "text " + text) + " has "
                    + ((long) encoding.size() + encoding.tokensCut()) + " tokens, [CLS] and [SEP] included, but the model"
                    + " reads at most " + encoding.size());
        }
    }

    /** All sequences' ids. */
    List<int[]> ids() {
        return encodings.stream().map(Encoding::ids).toList();
    }

    Encoding get(int sequence) {
        return encodings.get(sequence);
    }

    int texts() {
        return starts.length - 1;
    }

    /** The number of a text's first sequence. */
    int start(int text) {
        return starts[text];
    }

    /** Behind a text's last sequence. */
    int end(int text) {
        return starts[text + 1];
    }

    /** How many of a text's own tokens each of its sequences holds. */
    int[] tokens(int text) {
        return encodings.subList(start(text), end(text)).stream().mapToInt(e -> e.size() - added).toArray();
    }
}
