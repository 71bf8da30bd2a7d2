package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.demitasse.TestModels;
import io.demitasse.Tokenizers;
import io.demitasse.tokenizer.WordPieceTokenizer;
import io.demitasse.train.TokenDataset.Words;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenDatasetTest {

    private static final List<String> LABELS = List.of("O", "B-PER", "I-PER");

    @TempDir
    Path folder;

    private Path write(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    @Test
    void jsonLines() throws IOException {
        Path file = write("a.jsonl", """
                {"id": 7, "tokens": ["Ada", "writes"], "ner_tags": ["B-PER", "O"]}

                {"tokens": ["so"], "tags": [0]}
                """);

        assertThat(TokenDataset.isOne(file)).isTrue();
        assertThat(TokenDataset.read(file, LABELS)).containsExactly(new Words(List.of("Ada", "writes"), List.of(1, 0)),
                new Words(List.of("so"), List.of(0)));
        assertThat(TokenDataset.isOne(write("b.jsonl", "{\"text\": \"tokens: [\", \"label\": 1}"))).isFalse();
        assertThat(TokenDataset.isOne(folder.resolve("none.jsonl"))).isFalse();
    }

    @Test
    void conll() throws IOException {
        Path file = write("a.conll", "-DOCSTART- -X- O O\n\nAda NNP B-NP B-PER\nLovelace NNP I-NP I-PER\n\n\nso RB X O");

        assertThat(TokenDataset.isOne(file)).isTrue();
        assertThat(TokenDataset.read(file, LABELS)).containsExactly(
                new Words(List.of("Ada", "Lovelace"), List.of(1, 2)), new Words(List.of("so"), List.of(0)));
        assertThat(TokenDataset.labels(file)).containsExactly("O", "B-PER", "I-PER");
    }

    @Test
    void whatIsWrongIsNamedWithItsLine() throws IOException {
        assertRefused("a.jsonl", "{\"tokens\": [\"a\"], \"ner_tags\": [0, 1]}", "line 1: there are 1 tokens and 2 ner_tags");
        assertRefused("a.jsonl", "{\"tokens\": [\"a\"], \"ner_tags\": [\"B-LOC\"]}",
                "line 1: the label is \"B-LOC\", not one of [O, B-PER, I-PER] or a number from 0 to 2");
        assertRefused("a.jsonl", "{\"tokens\": [\"a\"], \"tags\": [0], \"labels\": [0]}", "line 1: expected an object with");
        assertRefused("a.jsonl", "{\"tokens\": \"a\", \"tags\": [0]}", "line 1: expected a list \"tokens\"");
        assertRefused("a.conll", "a O\nb\n", "line 2: expected a word and its label, found \"b\"");
        assertRefused("a.conll", "\n", "it has no rows");
    }

    private void assertRefused(String name, String content, String message) throws IOException {
        Path file = write(name, content);
        assertThatIllegalArgumentException().isThrownBy(() -> TokenDataset.read(file, LABELS))
                .withMessageContaining(message);
    }

    @Test
    void aWordsLabelIsThatOfItsFirstToken() {
        WordPieceTokenizer tokenizer = Tokenizers.load(TestModels.tinyWithWords(folder.resolve("words.flat")));
        // "good" and "." are tokens; "good." is two of them; a zero-width space is none.
        TokenizedExample example = TokenDataset.tokenize(List.of(new Words(List.of("good.", "\u200B", "film"),
                List.of(1, 2, 0))), tokenizer).get(0);
        int skip = Target.IGNORED;

        assertThat(example.inputIds()).isEqualTo(tokenizer.encode("good. film").ids());
        assertThat(example.target()).isEqualTo(new Target.TokenLabels(skip, 1, skip, 0, skip));
        TokenizedExample cut = TokenDataset.tokenize(List.of(new Words(Collections.nCopies(100, "film"),
                Collections.nCopies(100, 1))), tokenizer).get(0);
        assertThat(cut.inputIds()).hasSize(64).isEqualTo(tokenizer.encode("film ".repeat(100)).ids());
    }
}
