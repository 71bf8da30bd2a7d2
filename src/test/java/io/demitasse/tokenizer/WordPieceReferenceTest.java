package io.demitasse.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tokenizer against what Hugging Face's library gives. */
class WordPieceReferenceTest {

    private static final Gson GSON = new Gson();

    private final WordPieceTokenizer tokenizer = References.tokenizer();

    @Test
    void textsGiveTheLibrarysIdsTokensAndOffsets() {
        List<JsonObject> cases = References.lines("wordpiece.jsonl");
        assertThat(cases).hasSize(1568);
        for (JsonObject expected : cases) {
            String text = expected.get("text").getAsString();
            Encoding encoding = tokenizer.encode(text, Integer.MAX_VALUE);

            assertThat(encoding.ids()).as(text).isEqualTo(ints(expected.get("ids")));
            assertThat(encoding.tokens()).as(text).containsExactly(GSON.fromJson(expected.get("tokens"), String[].class));
            assertThat(spans(encoding)).as(text).isEqualTo(expected.get("offsets"));
            assertThat(encoding.typeIds()).as(text).containsOnly(0);
            assertThat(encoding.truncated()).as(text).isFalse();
        }
    }

    @Test
    void pairsGiveTheLibrarysIdsTypeIdsAndOffsets() {
        List<JsonObject> cases = References.lines("wordpiece-pairs.jsonl").stream().filter(c -> c.has("pair")).toList();
        assertThat(cases).hasSize(100);
        for (JsonObject expected : cases) {
            String text = expected.get("text").getAsString();
            Encoding encoding = tokenizer.encode(text, expected.get("pair").getAsString(), Integer.MAX_VALUE);

            assertThat(encoding.ids()).as(text).isEqualTo(ints(expected.get("ids")));
            assertThat(encoding.typeIds()).as(text).isEqualTo(ints(expected.get("type_ids")));
            assertThat(spans(encoding)).as(text).isEqualTo(expected.get("offsets"));
        }
    }

    @Test
    void truncatedTextsGiveTheLibrarysIds() {
        List<JsonObject> cases = References.lines("wordpiece-pairs.jsonl").stream().filter(c -> !c.has("pair")).toList();
        assertThat(cases).hasSize(60);
        for (JsonObject expected : cases) {
            String text = expected.get("text").getAsString();
            int maxLength = expected.get("max_length").getAsInt();
            Encoding encoding = tokenizer.encode(text, maxLength);

            assertThat(encoding.ids()).as(text).isEqualTo(ints(expected.get("ids")));
            assertThat(encoding.truncated()).as(text)
                    .isEqualTo(tokenizer.encode(text, Integer.MAX_VALUE).size() > maxLength);
        }
    }

    private static int[] ints(JsonElement array) {
        return GSON.fromJson(array, int[].class);
    }

    private static JsonArray spans(Encoding encoding) {
        int[][] spans = new int[encoding.size()][];
        for (int i = 0; i < spans.length; i++) {
            spans[i] = new int[] {encoding.start(i), encoding.end(i)};
        }
        // By way of text, so that numbers compare as the file's do.
        return GSON.fromJson(GSON.toJson(spans), JsonArray.class);
    }
}
