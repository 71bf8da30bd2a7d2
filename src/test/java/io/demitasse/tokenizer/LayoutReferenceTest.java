package io.demitasse.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tokenizers in all layouts, against what tools/reference/tokenizer_references.py had from transformers. */
class LayoutReferenceTest {

    @TempDir
    Path folder;

    static List<LayoutReference> lines(String name) throws IOException {
        try (InputStream stream = LayoutReferenceTest.class.getResourceAsStream("/tokenizer/" + name)) {
            String text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            return Stream.of(text.split("\n")).map(LayoutReference::parse).toList();
        }
    }

    /** Those that are refused are in {@link TokenizerFilesTest}. */
    static Stream<LayoutReference> layouts() throws IOException {
        List<String> refused = lines("readings.jsonl").stream().map(LayoutReference::json)
                .filter(reading -> reading.has("refused") && reading.has("layout"))
                .map(reading -> reading.get("layout").getAsString()).toList();
        return Stream.concat(lines("layouts.jsonl").stream(), lines("cases.jsonl").stream())
                .filter(layout -> !refused.contains(layout.name()));
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void idsSpansWordsAndDecodedTexts(LayoutReference reference) throws IOException {
        WordPieceTokenizer tokenizer = LayoutReference.tokenizer(reference.read(folder));
        assertThat(reference.differences(tokenizer)).isEmpty();
    }

    @Test
    void hasAllLayouts() throws IOException {
        assertThat(layouts()).hasSize(25 + 11);
        assertThat(layouts().mapToInt(reference -> reference.json().getAsJsonArray("encodings").size()).sum())
                .isGreaterThan(600);
    }
}
