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

    static Stream<LayoutReference> layouts() throws IOException {
        try (InputStream stream = LayoutReferenceTest.class.getResourceAsStream("/tokenizer/layouts.jsonl")) {
            List<String> lines = new String(stream.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
            return lines.stream().map(LayoutReference::parse);
        }
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void idsSpansWordsAndDecodedTexts(LayoutReference reference) throws IOException {
        WordPieceTokenizer tokenizer = LayoutReference.tokenizer(reference.read(folder));
        assertThat(reference.differences(tokenizer)).isEmpty();
    }

    @Test
    void hasAllLayouts() throws IOException {
        assertThat(layouts()).hasSizeGreaterThanOrEqualTo(25);
        assertThat(layouts().mapToInt(reference -> reference.json().getAsJsonArray("encodings").size()).sum())
                .isGreaterThan(400);
    }
}
