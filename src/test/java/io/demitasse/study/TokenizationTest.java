package io.demitasse.study;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.TestModels;
import io.demitasse.Tokenizers;
import io.demitasse.tokenizer.WordPieceTokenizer;
import org.junit.jupiter.api.Test;

class TokenizationTest {

    private static final WordPieceTokenizer TOKENIZER = Tokenizers.load(TestModels.DEFAULT);

    private static Tokenization of(String text) {
        return Tokenization.of(text, TOKENIZER.encode(text), TOKENIZER);
    }

    @Test
    void piecesOfAWordAreTogether() {
        Tokenization tokenization = of("An unpretentious CAF\u00C9!");

        assertThat(tokenization.words()).containsExactly(new Word("An", "an", 1, 2),
                new Word("unpretentious", "unpretentious", 2, 6), new Word("CAF\u00C9", "cafe", 6, 7),
                new Word("!", "!", 7, 8));
        assertThat(tokenization.tokens()).extracting(Token::word).containsExactly(-1, 0, 1, 1, 1, 1, 2, 3, -1);
        assertThat(tokenization.tokens()).extracting(Token::added)
                .containsExactly(true, false, false, false, false, false, false, false, true);
    }

    @Test
    void whatLooksLikeAPieceInATextIsWordsOfItsOwn() {
        assertThat(of("##ing").words()).extracting(Word::text).containsExactly("#", "#", "ing");
    }

    @Test
    void specialTokensInATextAreWords() {
        Tokenization tokenization = of("a [MASK] film");

        assertThat(tokenization.words().get(1)).isEqualTo(new Word("[MASK]", "[MASK]", 2, 3));
        assertThat(tokenization.tokens().get(2).added()).isFalse();
    }

    @Test
    void wordsThatCannotBeSpelledAreUnknown() {
        assertThat(of("fine \uD83C\uDFAC").tokens()).extracting(Token::unknown)
                .containsExactly(false, false, true, false);
    }

    @Test
    void aWordTakenOutLeavesTheOthers() {
        Tokenization tokenization = of("not good");
        int[] ids = tokenization.ids();

        assertThat(tokenization.idsWithout(0)).containsExactly(ids[0], ids[2], ids[3]);
        assertThat(tokenization.idsWithWordsAs(0)).containsExactly(ids[0], 0, 0, ids[3]);
    }

    @Test
    void anEmptyTextHasNoWords() {
        assertThat(of(" \u200B ").words()).isEmpty();
        assertThat(of(" \u200B ").tokens()).extracting(Token::piece).containsExactly("[CLS]", "[SEP]");
    }
}
