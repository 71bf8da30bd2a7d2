package io.demitasse.tokenizer;

/**
 * What words are cut with.
 *
 * @param unknown     the id of a word that cannot be cut
 * @param longestWord a word of more code points is not looked up
 * @param powers      the hash's base to the power of 0, 1, ... 2 longestWord
 */
record WordPiece(Vocabulary vocabulary, int unknown, int longestWord, int[] powers) {

    WordPiece(Vocabulary vocabulary, int unknown, int longestWord) {
        this(vocabulary, unknown, longestWord, powers(2 * longestWord));
    }

    private static int[] powers(int largest) {
        int[] powers = new int[largest + 1];
        powers[0] = 1;
        for (int i = 1; i < powers.length; i++) {
            powers[i] = Vocabulary.HASH_BASE * powers[i - 1];
        }
        return powers;
    }
}
