package io.demitasse.tokenizer;

/**
 * Joins tokens to a text as Hugging Face's WordPiece decoder does: pieces to words, words with spaces between them, and
 * no space before a mark or a contraction's end.
 */
final class WordPieceDecoder {

    /** In this order; in a token by itself and the space before it. */
    private static final String[][] IN_A_TOKEN = {{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"},
        {" n't", "n't"}, {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
    /** In the whole text, for models that ask for it. */
    private static final String[][] IN_THE_TEXT = {{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"},
        {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};

    private final StringBuilder text = new StringBuilder();
    private boolean first = true;

    void add(String token) {
        String joined = token;
        if (!first) {
            joined = token.startsWith(Vocabulary.CONTINUATION) ? token.substring(Vocabulary.CONTINUATION.length())
                    : ' ' + token;
        }
        first = false;
        text.append(cleaned(joined, IN_A_TOKEN));
    }

    String text(boolean cleanUp) {
        return cleanUp ? cleaned(text.toString(), IN_THE_TEXT) : text.toString();
    }

    private static String cleaned(String text, String[][] replacements) {
        String cleaned = text;
        for (String[] replacement : replacements) {
            cleaned = cleaned.replace(replacement[0], replacement[1]);
        }
        return cleaned;
    }
}
