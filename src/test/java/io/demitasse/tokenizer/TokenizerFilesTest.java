package io.demitasse.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read from a folder, and what is refused, is what tools/tokenizer_files.py reads and refuses. */
class TokenizerFilesTest {

    @TempDir
    Path folder;

    @Test
    void readsAndRefusesWhatTheConverterDoesInTheSameWords() throws IOException {
        Map<String, LayoutReference> layouts = new HashMap<>();
        LayoutReferenceTest.lines("layouts.jsonl").forEach(layout -> layouts.put(layout.name(), layout));
        LayoutReferenceTest.lines("cases.jsonl").forEach(layout -> layouts.put(layout.name(), layout));
        List<LayoutReference> readings = LayoutReferenceTest.lines("readings.jsonl");
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < readings.size(); i++) {
            JsonObject expected = readings.get(i).json();
            JsonElement name = expected.get("layout");
            Path read = folder.resolve(String.valueOf(i));
            JsonObject found = reading(name == null ? readings.get(i) : layouts.get(name.getAsString()), read);
            for (String key : List.of("layout", "files", "vocab_size", "positions", "tokenizer_class")) {
                expected.remove(key);
            }
            if (!found.equals(expected)) {
                differences.add("expected " + expected + "\nfound    " + found);
            }
        }
        assertThat(differences).isEmpty();
        assertThat(readings).hasSizeGreaterThan(100);
    }

    private static JsonObject reading(LayoutReference reference, Path folder) throws IOException {
        JsonObject found = new JsonObject();
        try {
            TokenizerFiles files = reference.read(folder);
            found.addProperty("tokens", files.tokens() == null ? -1 : files.tokens().size());
            JsonArray notes = new JsonArray();
            files.notes().forEach(note -> notes.add(note.replace(folder.toString(), "")));
            found.add("notes", notes);
            found.addProperty("header", files.header().toString());
        } catch (IllegalArgumentException e) {
            found.addProperty("refused", e.getMessage().replace(folder + "/", ""));
        }
        return found;
    }

    @ParameterizedTest
    @CsvSource({"1/b, my [URL] is good, 2 38 56 14 15 3", "1/e, my [E1] order [/E1] is bad, 2 41 6 22 7 17 19 3",
        "6/trail, 'the film is very good, badly  not', 2 11 8 10 15 6 1 7 16 9 3",
        "6/trail2, 'the film is very good, badly  not', 2 11 8 10 15 6 1 7 16 9 3"})
    void casesOfTrouble(String name, String text, String ids) throws IOException {
        Encoding encoding = LayoutReference.tokenizer(layout(name).read(folder)).encode(text);
        assertThat(encoding.ids()).isEqualTo(Arrays.stream(ids.split(" ")).mapToInt(Integer::parseInt).toArray());
    }

    @Test
    void aTruncationSideOfTheFolder() throws IOException {
        WordPieceTokenizer tokenizer = LayoutReference.tokenizer(layout("12/sideleft").read(folder));
        assertThat(tokenizer.encode("a very good film is not the answer of it, bad bad bad film very").tokens())
                .containsExactly("[CLS]", "[UNK]", "bad", "bad", "bad", "film", "very", "[SEP]");
    }

    @ParameterizedTest
    @CsvSource({"7/ja, tokenizer_config.json: tokenizer_class, BertJapaneseTokenizer",
        "7/lower_only, tokenizer.json: normalizer, Lowercase", "7/nopost, tokenizer.json: post_processor, 'null'",
        "7/replace_dlc, tokenizer.json: normalizer, Replace", "7/seq_dlc, tokenizer.json: normalizer, NFC",
        "7/whitespace, tokenizer.json: pre_tokenizer, WhitespaceSplit",
        "13/kobert, tokenizer_config.json: tokenizer_class, KoBERTTokenizer"})
    void refusesByName(String name, String key, String found) throws IOException {
        LayoutReference layout = layout(name);
        assertThatIllegalArgumentException().isThrownBy(() -> layout.read(folder)).withMessageContaining(key + ": expected")
                .withMessageMatching(".*found .*" + found + ".*");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"a\":1,\"a\":2}                 | the key 'a' stands twice",
        "{\"a\":                           | not valid JSON",
        "{} {}                             | not valid JSON",
        "[]                                | expected a JSON object, found []",
        "{\"do_lower_case\": NaN}          | not valid JSON"})
    void brokenJson(String text, String message) throws IOException {
        Files.writeString(folder.resolve("tokenizer_config.json"), text);
        assertRefused("tokenizer_config.json", message);
    }

    @Test
    void jsonThatIsTooDeep() throws IOException {
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"a\":" + "[".repeat(100_000));
        assertRefused("tokenizer_config.json", "more than 64 values inside each other");
    }

    @Test
    void bytesThatAreNoText() throws IOException {
        Files.write(folder.resolve("vocab.txt"), "[PAD]\n\u00ff\n".getBytes(StandardCharsets.ISO_8859_1));
        assertRefused("vocab.txt", "not UTF-8 at byte 6");
        Files.write(folder.resolve("vocab.txt"), new byte[] {'a', '\n', (byte) 0xC3});
        assertRefused("vocab.txt", "not UTF-8 at byte 2");
    }

    private void assertRefused(String file, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> TokenizerFiles.read(folder, 1000, 64, null))
                .withMessageStartingWith(folder.resolve(file) + ": ").withMessageContaining(message)
                .withMessageMatching("[^\\n]*");
    }

    private static LayoutReference layout(String name) throws IOException {
        return LayoutReferenceTest.lines("cases.jsonl").stream().filter(layout -> layout.name().equals(name)).findAny()
                .orElseThrow();
    }
}
