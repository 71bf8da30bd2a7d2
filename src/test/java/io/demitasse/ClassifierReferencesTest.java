package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Classifiers of texts and pairs, and what is built on them, beside Hugging Face's pipelines. */
class ClassifierReferencesTest {

    static Stream<List<String>> classifiers() {
        return HeadReference.folders("bert-nli", "distilbert-nli", "bert-multilabel", "distilbert-multilabel",
                "bert-regression", "distilbert-regression");
    }

    @ParameterizedTest
    @MethodSource("classifiers")
    void logitsOfIdsWithTheirTokenTypes(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            reference.checkLogits("logits");
        }
    }

    @ParameterizedTest
    @MethodSource("classifiers")
    void scoresOfTextsAndPairs(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            int all = reference.model.labels().size();
            for (JsonObject entry : reference.list("texts")) {
                JsonElement text = HeadReference.text(entry);
                HeadReference.same(reference.ask(TextClassifier.TASK, text, "top_k", all), entry.get("all"));
                if (entry.has("top")) {
                    HeadReference.same(reference.ask(TextClassifier.TASK, text), entry.get("top"));
                    HeadReference.same(reference.ask(TextClassifier.TASK, text, "top_k", all,
                            "function_to_apply", "none"), entry.get("none"));
                    HeadReference.same(reference.ask(TextClassifier.TASK, text, "top_k", 2,
                            "function_to_apply", "sigmoid"), entry.get("sigmoid"));
                }
            }
            for (JsonObject entry : reference.list("pairs")) {
                JsonElement pair = Json.object("text", entry.get("text"), "text_pair", entry.get("text_pair"));
                HeadReference.same(reference.ask(TextClassifier.TASK, pair, "top_k", all), entry.get("all"));
            }
        }
    }

    static Stream<List<String>> entailments() {
        return HeadReference.folders("bert-nli", "distilbert-nli");
    }

    @ParameterizedTest
    @MethodSource("entailments")
    void labelsOfOnesOwnChoice(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            assertThat(reference.list("zero_shot")).isNotEmpty();
            for (JsonObject entry : reference.list("zero_shot")) {
                JsonObject given = entry.deepCopy();
                List.of("text", "result").forEach(given::remove);
                HeadReference.same(reference.model.run(ZeroShotClassifier.TASK.job(reference.model,
                        HeadReference.text(entry), new Parameters(given))), entry.get("result"));
            }
        }
    }

    static Stream<List<String>> crossEncoders() {
        return HeadReference.folders("bert-cross-identity", "distilbert-cross-identity", "bert-cross-sigmoid",
                "distilbert-cross-sigmoid");
    }

    @ParameterizedTest
    @MethodSource("crossEncoders")
    void documentsByHowWellTheyAnswer(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            List<String> documents = reference.expected.getAsJsonArray("documents").asList().stream()
                    .map(JsonElement::getAsString).toList();
            Reranker reranker = new Reranker(reference.model);
            String query = reference.expected.get("query").getAsString();
            HeadReference.same(Json.numbers(reranker.score(query, documents)), reference.expected.get("scores"));
            HeadReference.same(Json.array(reranker.rank(query, documents), ranking -> Json.object("corpus_id",
                    ranking.index(), "score", ranking.score())), reference.expected.get("rank"));
            assertThat(reranker.rank(query, documents, 2, false)).hasSize(2)
                    .isEqualTo(reranker.rank(query, documents).subList(0, 2));
        }
    }

    static Stream<List<String>> choosers() {
        return HeadReference.folders("bert-choice", "distilbert-choice");
    }

    @ParameterizedTest
    @MethodSource("choosers")
    void choicesByHowWellTheyFit(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            assertThat(reference.list("choices")).isNotEmpty();
            for (JsonObject entry : reference.list("choices")) {
                JsonElement inputs = Json.object("prompt", entry.get("prompt"), "choices", entry.get("choices"));
                JsonObject found = reference.ask(MultipleChoice.TASK, inputs).getAsJsonObject();
                HeadReference.same(found.get("scores"), entry.get("scores"));
                assertThat(found.get("choices")).isEqualTo(entry.get("choices"));
            }
        }
    }

    static Stream<List<String>> sentenceTransformers() {
        return HeadReference.folders("st-bert-cls", "st-bert-max", "st-distilbert-mean");
    }

    @ParameterizedTest
    @MethodSource("sentenceTransformers")
    void vectorsAsTheModelsFilesSay(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            assertThat(reference.list("texts")).isNotEmpty();
            for (JsonObject entry : reference.list("texts")) {
                check(reference.ask(TextEmbedder.TASK, HeadReference.text(entry)), entry);
            }
            for (JsonObject entry : reference.list("query_prompt")) {
                check(reference.ask(TextEmbedder.TASK, HeadReference.text(entry), "prompt_name", "query"), entry);
            }
        }
    }

    private static void check(JsonElement found, JsonObject entry) {
        HeadReference.same(found.getAsJsonObject().get("embedding"), entry.get("embedding"), 2e-5,
                entry.get("text").getAsString());
    }

    @ParameterizedTest
    @MethodSource("sentenceTransformers")
    void aVectorsFirstNumbersAreScaledAnewWhereTheModelScales(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            TextEmbedder embedder = new TextEmbedder(reference.model);
            float[] whole = embedder.embed(List.of("a good film"), embedder.settings().withNormalize(false)).get(0);
            float[] some = embedder.embed(List.of("a good film"), embedder.settings().withDimensions(8)).get(0);
            double squares = 0;
            for (int i = 0; i < 8; i++) {
                squares += (double) whole[i] * whole[i];
            }
            double length = embedder.settings().normalize() ? Math.sqrt(squares) : 1;
            assertThat(some).hasSize(8);
            for (int i = 0; i < 8; i++) {
                HeadReference.same(new JsonPrimitive(some[i]), new JsonPrimitive(whole[i] / length), 1e-6, "");
            }
        }
    }
}
