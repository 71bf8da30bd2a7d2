package io.demitasse.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.Classification;
import io.demitasse.Options;
import io.demitasse.TestModels;
import io.demitasse.TextClassifier;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is read from a trace, against PyTorch in float64 and by itself. */
class InspectionTest {

    private static final double TOLERANCE = 2e-5;

    @TempDir
    Path folder;

    static JsonObject json(Inspection inspection, boolean hiddenStates) throws IOException {
        StringWriter writer = new StringWriter();
        InspectionJson.write(inspection, null, hiddenStates, writer);
        return JsonParser.parseString(writer.toString()).getAsJsonObject();
    }

    private static List<Double> flat(JsonElement element) {
        List<Double> numbers = new ArrayList<>();
        if (element.isJsonArray()) {
            element.getAsJsonArray().forEach(each -> numbers.addAll(flat(each)));
        } else {
            numbers.add(element.getAsDouble());
        }
        return numbers;
    }

    private static void assertClose(JsonElement found, JsonElement expected) {
        List<Double> numbers = flat(found);
        List<Double> references = flat(expected);
        assertThat(numbers).hasSameSizeAs(references);
        for (int i = 0; i < numbers.size(); i++) {
            assertThat(numbers.get(i)).isCloseTo(references.get(i), within(TOLERANCE));
        }
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void attentionHiddenStatesAndLogitsInTheJsonEqualPyTorchs(String kernels) throws IOException {
        JsonObject forward = JsonParser.parseString(
                Files.readString(TestModels.TINY.resolveSibling("forward.json"))).getAsJsonObject();
        Options options = Options.defaults().withKernels(kernels);
        try (TextClassifier classifier = TextClassifier.load(TestModels.TINY, options)) {
            for (JsonElement element : forward.getAsJsonArray("examples")) {
                JsonObject example = element.getAsJsonObject();
                int[] ids = flat(example.get("input_ids")).stream().mapToInt(Double::intValue).toArray();
                JsonObject json = json(new Inspector(classifier.model()).inspectIds(ids), true);

                assertClose(json.get("attentions"), example.get("attentions"));
                assertClose(json.get("hidden_states"), example.get("hidden_states"));
                assertClose(json.get("logits"), example.get("logits"));
                assertThat(json.getAsJsonArray("attentions")).hasSize(3)
                        .allSatisfy(layer -> assertThat(layer.getAsJsonArray()).hasSize(4)
                                .allSatisfy(head -> assertThat(head.getAsJsonArray()).hasSize(ids.length)));
            }
        }
    }

    @Test
    void theLogitLensEndsWithTheModelsOwnResult() {
        try (TextClassifier classifier = TextClassifier.load(TestModels.DEFAULT)) {
            Inspection inspection = new Inspector(classifier.model()).inspect("not good");

            Classification result = classifier.classify("not good");
            assertThat(inspection.logits(inspection.layers())).containsExactly(result.logits());
            assertThat(inspection.probabilities()[inspection.labelId()]).isEqualTo(result.score());
            assertThat(inspection.logits(0)).isNotEqualTo(inspection.logits(1));
            assertThat(inspection.tokens()).extracting(Token::piece).containsExactly("[CLS]", "not", "good", "[SEP]");
            assertThat(inspection.toString()).matches("\\w+ 0\\.\\d{4}, 4 tokens, 6 blocks of 12 heads");
        }
    }

    @Test
    void blocksAndHeadsCanBeAskedOneByOne() {
        try (TextClassifier classifier = TextClassifier.load(TestModels.TINY)) {
            Inspection inspection = new Inspector(classifier.model()).inspectIds(new int[] {7, 9, 11});
            InspectedBlock block = inspection.block(1);
            AttentionMap mean = block.attention();

            for (int query = 0; query < 3; query++) {
                double sum = 0;
                for (int key = 0; key < 3; key++) {
                    double heads = 0;
                    for (int head = 0; head < 4; head++) {
                        heads += block.attention(head).get(query, key) / 4;
                    }
                    assertThat((double) mean.get(query, key)).isCloseTo(heads, within(1e-6));
                    sum += mean.get(query, key);
                }
                assertThat(sum).isCloseTo(1, within(1e-6));
            }
            assertThat(mean.toString().lines()).hasSize(3).allSatisfy(line -> assertThat(line).contains(" -> #"));
            assertThat(block.output()).isSameAs(inspection.hiddenStates(2));
            assertThat(List.of(block.query(), block.key(), block.value(), block.context()))
                    .allSatisfy(matrix -> assertThat(matrix.toString()).isEqualTo("Matrix[3, 32]"));
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> inspection.block(3));
            assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> block.attention(4));
        }
    }

    @Test
    void theJsonHasEachPartInItsShape() throws IOException {
        try (TextClassifier classifier = TextClassifier.load(TestModels.DEFAULT)) {
            JsonObject json = json(new Inspector(classifier.model()).inspect("A fin\u00E9 \uD83C\uDFAC <b>"), false);
            int tokens = json.getAsJsonArray("tokens").size();

            assertThat(json.keySet()).containsExactly("text", "normalized", "truncated", "label", "score",
                    "head_activation", "function_to_apply", "labels", "probabilities", "logits", "tokens", "ids", "offsets", "words", "attributions", "embedding_norms", "depths", "attentions", "cosines");
            assertThat(json.get("normalized").getAsString()).isEqualTo("a fine \uD83C\uDFAC <b>");
            assertThat(flat(json.get("cosines"))).hasSize(7 * tokens * tokens)
                    .allSatisfy(cosine -> assertThat(cosine).isBetween(-1.000001, 1.000001));
            assertThat(json.getAsJsonArray("depths")).hasSize(7).allSatisfy(depth -> {
                JsonArray norms = depth.getAsJsonObject().getAsJsonArray("norms");
                assertThat(norms).hasSize(tokens);
                assertThat(flat(depth.getAsJsonObject().get("projection"))).hasSize(2 * tokens);
            });
            assertThat(json.get("embedding_norms")).isEqualTo(
                    json.getAsJsonArray("depths").get(0).getAsJsonObject().get("norms"));
            JsonObject clapper = json.getAsJsonArray("words").get(2).getAsJsonObject();
            assertThat(clapper.get("text").getAsString()).isEqualTo("\uD83C\uDFAC");
            assertThat(clapper.get("unknown").getAsBoolean()).isTrue();
        }
    }

    @Test
    void theHeadIsDescribedByTheConfig() throws IOException {
        try (TextClassifier distilbert = TextClassifier.load(TestModels.tinyWithWords(folder.resolve("distilbert.flat")));
                TextClassifier bert = TextClassifier.load(TestModels.tinyBert(folder.resolve("bert.flat")))) {
            assertThat(json(new Inspector(distilbert.model()).inspect("good"), false).get("head_activation").getAsString()).isEqualTo("relu");
            assertThat(json(new Inspector(bert.model()).inspect("good"), false).get("head_activation").getAsString()).isEqualTo("tanh");
            assertThat(json(new Inspector(bert.model()).inspect("good"), false).get("function_to_apply").getAsString()).isEqualTo("softmax");
        }
    }

    @Test
    void halfACharacterIsWrittenAsUnicodesReplacement() throws IOException {
        try (TextClassifier classifier = TextClassifier.load(TestModels.DEFAULT)) {
            JsonObject json = json(new Inspector(classifier.model()).inspect("go\uD83Dod \uDE00\uD83D\uDE00"), false);

            assertThat(json.get("text").getAsString()).isEqualTo("go\uFFFDod \uFFFD\uD83D\uDE00");
        }
    }
}
