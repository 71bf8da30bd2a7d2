package io.demitasse.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.gson.JsonParser;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsJsonTest {

    @Test
    void anEmptyHeaderIsAnUncasedBert() {
        assertThat(read("{}")).isEqualTo(TokenizerSettings.uncased());
    }

    @Test
    void everyKey() {
        assertThat(read("""
                {"lowercase": false, "strip_accents": true, "tokenize_chinese_chars": false, "max_length": 7,
                 "truncation_side": "left", "special_tokens": {"unk": "u", "cls": "c", "sep": "s", "pad": null,
                 "mask": "m"}, "added_tokens": [{"id": 9, "content": "x", "lstrip": true, "rstrip": false,
                 "single_word": true, "normalized": true, "special": false}], "max_input_chars_per_word": 5,
                 "split_special_tokens": true, "clean_up_tokenization_spaces": true}"""))
                .isEqualTo(new TokenizerSettings(false, true, false, 7, true, TruncationSide.LEFT,
                        new SpecialTokens("u", "c", "s", null, "m"),
                        List.of(new AddedToken(9, "x", true, false, true, true, false)), 5, true));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{'lowercase': 1}                                 | lowercase: expected true or false, found 1",
        "{'strip_accents': 'no'}                          | strip_accents: expected true or false, found \"no\"",
        "{'max_length': 1.5}                              | max_length: expected a whole number, found 1.5",
        "{'max_length': 1}                                | max length is 1",
        "{'truncation_side': 'up'}                        | truncation_side: expected \"left\" or \"right\", found \"up\"",
        "{'special_tokens': []}                           | special_tokens: expected an object, found []",
        "{'special_tokens': {'cls': null}}                | special_tokens.cls: expected a text, found null",
        "{'special_tokens': {'pad': 1}}                   | special_tokens.pad: expected a text, found 1",
        "{'added_tokens': {}}                             | added_tokens: expected an array, found {}",
        "{'added_tokens': [1]}                            | added_tokens: expected an object, found 1",
        "{'added_tokens': [{'id': 1}]}                    | is empty",
        "{'added_tokens': [{'content': 'a'}]}             | has the id -1",
        "{'added_tokens': [{'id':1,'content':'a','special':0}]} | added_tokens.special: expected true or false, found 0",
        "{'max_input_chars_per_word': 0}                  | max input chars per word is 0",
        "{'max_input_chars_per_word': 65537}              | max input chars per word is 65537",
        "{'clean_up_tokenization_spaces': 2}              | clean_up_tokenization_spaces: expected true or false"},
            quoteCharacter = '`')
    void wrongValues(String json, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> read(json.replace('\'', '"')))
                .withMessageContaining(message);
    }

    @Test
    void anAddedTokenThatIsAnother() {
        Vocabulary vocabulary = Vocabulary.of(List.of("[UNK]", "[CLS]", "[SEP]", "a"));
        TokenizerSettings settings = TokenizerSettings.uncased();
        assertThatIllegalArgumentException().isThrownBy(() -> new WordPieceTokenizer(vocabulary,
                settings.withAddedTokens(List.of(AddedToken.special(3, "b")))))
                .withMessage("the added token \"b\" has the id 3, which is that of \"a\"");
        assertThatIllegalArgumentException().isThrownBy(() -> new WordPieceTokenizer(vocabulary,
                settings.withAddedTokens(List.of(AddedToken.special(1 << 30, "b")))))
                .withMessageContaining("the vocabulary ends with 3");
        assertThatIllegalArgumentException().isThrownBy(() -> new WordPieceTokenizer(vocabulary,
                settings.withAddedTokens(List.of(new AddedToken(4, "\u200D", false, false, false, true, false)))))
                .withMessageContaining("nothing is left");
    }

    @Test
    void anAddedTokenBehindTheVocabularyIsNoPieceOfAWord() {
        Vocabulary vocabulary = Vocabulary.of(List.of("[UNK]", "[CLS]", "[SEP]", "a", "##s"));
        WordPieceTokenizer tokenizer = new WordPieceTokenizer(vocabulary, TokenizerSettings.uncased().withAddedTokens(
                List.of(new AddedToken(6, "new", false, false, true, false, false))));
        assertThat(tokenizer.encode("new news as").ids()).containsExactly(1, 6, 0, 3, 4, 2);
        assertThat(tokenizer.vocabulary().size()).isEqualTo(7);
        assertThat(tokenizer.vocabulary().toBytes()).isEqualTo(vocabulary.toBytes());
        assertThat(tokenizer.encode("new").tokens()).containsExactly("[CLS]", "new", "[SEP]");
        assertThat(tokenizer.decode(new int[] {6, 5, 4, 99}, true)).isEqualTo("news");
    }

    private static TokenizerSettings read(String json) {
        return SettingsJson.read(JsonParser.parseString(json).getAsJsonObject());
    }
}
