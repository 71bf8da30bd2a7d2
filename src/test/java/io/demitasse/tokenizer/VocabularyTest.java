package io.demitasse.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VocabularyTest {

    @Test
    void aLinesNumberIsItsTokensId() {
        Vocabulary vocabulary = References.vocabulary();
        List<String> lines = new String(References.bytes("vocab.txt"), UTF_8).lines().toList();

        assertThat(vocabulary.size()).isEqualTo(30_522);
        for (int id = 0; id < lines.size(); id++) {
            assertThat(vocabulary.token(id)).isEqualTo(lines.get(id));
            assertThat(vocabulary.id(lines.get(id))).isEqualTo(id);
        }
        assertThat(vocabulary.id("zyzzyva")).isEqualTo(-1);
        assertThat(vocabulary.id("##")).isEqualTo(-1);
    }

    @Test
    void bytesAreThoseOfTheFile() {
        assertThat(References.vocabulary().toBytes()).isEqualTo(References.bytes("vocab.txt"));
    }

    @Test
    void theLastLineNeedsNoEnd() {
        assertThat(tokens(parse("a\nb"))).containsExactly("a", "b");
        assertThat(tokens(parse("a\nb\n"))).containsExactly("a", "b");
    }

    @Test
    void windowsLineEndsAreNotPartOfTheTokens() {
        assertThat(tokens(parse("a\r\n\r\nb\r\n"))).containsExactly("a", "", "b");
    }

    @Test
    void anEmptyLineKeepsItsNumber() {
        Vocabulary vocabulary = parse("a\n\nb\n");

        assertThat(vocabulary.id("b")).isEqualTo(2);
        assertThat(vocabulary.id("")).isEqualTo(1);
        assertThat(vocabulary.toBytes()).isEqualTo("a\n\nb\n".getBytes(UTF_8));
    }

    @Test
    void theLastOfTwoEqualLinesIsFound() {
        Vocabulary vocabulary = Vocabulary.of(List.of("a", "b", "a"));

        assertThat(vocabulary.size()).isEqualTo(3);
        assertThat(vocabulary.id("a")).isEqualTo(2);
        assertThat(vocabulary.token(0)).isEqualTo("a");
    }

    @Test
    void tokensWithEqualHashesAreToldApart() {
        assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
        Vocabulary vocabulary = Vocabulary.of(List.of("BB", "Aa", "##AaBB", "##BBAa"));

        assertThat(vocabulary.id("Aa")).isEqualTo(1);
        assertThat(vocabulary.id("BB")).isEqualTo(0);
        assertThat(vocabulary.id("##BBAa")).isEqualTo(3);
        assertThat(vocabulary.id("##BBBB")).isEqualTo(-1);
    }

    @Test
    void anEmptyVocabularyHasNothing() {
        assertThat(Vocabulary.of(List.of()).size()).isZero();
        assertThat(parse("").id("a")).isEqualTo(-1);
    }

    @Test
    void tokensThatCannotStandOnALineAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Vocabulary.of(List.of("a", "b\nc")))
                .withMessage("token 1 has a line end in it");
        assertThatIllegalArgumentException().isThrownBy(() -> Vocabulary.of(List.of("a\r")))
                .withMessage("token 0 has a line end in it");
        assertThatIllegalArgumentException().isThrownBy(() -> Vocabulary.of(List.of("a", "\uD83D")))
                .withMessage("token 1 has a lone surrogate");
    }

    @Test
    void aFileThatIsNotUtf8IsNamed(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("vocab.txt"), new byte[] {'a', '\n', (byte) 0xE9, '\n'});

        assertThatIllegalArgumentException().isThrownBy(() -> Vocabulary.read(file))
                .withMessage(file + ": the vocabulary is not UTF-8 in line 2");
    }

    @Test
    void aFileIsRead(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("vocab.txt"), "é\n##ß\n");

        assertThat(tokens(Vocabulary.read(file))).containsExactly("é", "##ß");
    }

    @Test
    void anIdOutsideIsAnError() {
        assertThatThrownBy(() -> parse("a\n").token(1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> parse("a\n").token(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Property(tries = 200)
    void looksUpAsAMapDoes(
            @ForAll List<@StringLength(max = 3) @Chars({'#', 'a', 'b', 'é', '\u4E00'}) String> tokens,
            @ForAll @StringLength(max = 3) @Chars({'#', 'a', 'b', 'é', '\u4E00'}) String other) {
        Map<String, Integer> map = new HashMap<>();
        for (int id = 0; id < tokens.size(); id++) {
            map.put(tokens.get(id), id);
        }
        Vocabulary vocabulary = Vocabulary.of(tokens);

        assertThat(tokens(vocabulary)).isEqualTo(tokens);
        assertThat(tokens(Vocabulary.parse(vocabulary.toBytes()))).isEqualTo(tokens);
        map.forEach((token, id) -> assertThat(vocabulary.id(token)).isEqualTo(id));
        assertThat(vocabulary.id(other)).isEqualTo(map.getOrDefault(other, -1));
    }

    private static Vocabulary parse(String lines) {
        return Vocabulary.parse(lines.getBytes(UTF_8));
    }

    private static List<String> tokens(Vocabulary vocabulary) {
        List<String> tokens = new ArrayList<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            tokens.add(vocabulary.token(id));
        }
        return tokens;
    }
}
