package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.HeadReference;
import io.demitasse.serve.ServeClient.Answer;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts by how well they answer a query: text-embeddings-inference's, Cohere's and Jina's, and sentence-transformers'. */
class RerankRoutesTest {

    @ParameterizedTest
    @ValueSource(strings = {"bert-cross-identity", "distilbert-cross-identity", "bert-cross-sigmoid",
        "distilbert-cross-sigmoid"})
    void allShapesGiveTheReferencesOrder(String folder) throws IOException {
        try (Served served = Served.head(folder)) {
            JsonObject expected = TaskRoutesTest.expected(folder);
            boolean identity = folder.endsWith("identity");
            String query = expected.get("query").toString();
            String documents = expected.get("documents").toString();
            JsonArray rank = expected.getAsJsonArray("rank");

            JsonArray ranked = served.client().post("/text-ranking", "{\"inputs\": {\"query\": " + query + ", \"texts\": "
                    + documents + "}}").json().getAsJsonArray();
            JsonArray tei = served.client().post("/rerank", "{\"query\": " + query + ", \"texts\": " + documents
                    + ", \"return_text\": true, \"raw_scores\": " + identity + "}").json().getAsJsonArray();
            JsonArray sigmoid = served.client().post("/rerank", "{\"query\": " + query + ", \"texts\": " + documents + "}")
                    .json().getAsJsonArray();
            JsonObject cohere = served.client().post("/v1/rerank", "{\"model\": \"any\", \"query\": " + query
                    + ", \"documents\": " + documents + ", \"return_documents\": true}").json().getAsJsonObject();
            assertThat(ranked).hasSameSizeAs(rank);
            for (int i = 0; i < rank.size(); i++) {
                JsonObject one = rank.get(i).getAsJsonObject();
                int index = one.get("corpus_id").getAsInt();
                JsonElement text = expected.getAsJsonArray("documents").get(index);
                for (JsonArray all : List.of(ranked, tei)) {
                    assertThat(all.get(i).getAsJsonObject().get("index").getAsInt()).isEqualTo(index);
                    HeadReference.same(all.get(i).getAsJsonObject().get("score"), one.get("score"));
                    assertThat(all.get(i).getAsJsonObject().get("text")).isEqualTo(text);
                }
                double score = one.get("score").getAsDouble();
                double share = identity ? 1 / (1 + Math.exp(-score)) : score;
                assertThat(sigmoid.get(i).getAsJsonObject().keySet()).containsExactly("index", "score");
                assertThat(Math.abs(sigmoid.get(i).getAsJsonObject().get("score").getAsDouble() - share)).isLessThan(2e-4);
                JsonObject result = cohere.getAsJsonArray("results").get(i).getAsJsonObject();
                assertThat(result.get("index").getAsInt()).isEqualTo(index);
                assertThat(result.get("relevance_score")).isEqualTo(sigmoid.get(i).getAsJsonObject().get("score"));
                assertThat(result.getAsJsonObject("document").get("text")).isEqualTo(text);
            }
        }
    }

    @Test
    void cohereAndJinaMayNameDocumentsAndAskForTheBest() {
        try (Served served = Served.head("bert-cross-sigmoid", options -> options.withServedModelName("ranker"))) {
            JsonObject body = served.client().post("/v2/rerank", "{\"query\": \"a film\", \"documents\": [{\"text\": \"good\"}, "
                    + "\"bad\", \"a film\"], \"top_n\": 2}").json().getAsJsonObject();
            assertThat(body.getAsJsonArray("results")).hasSize(2);
            assertThat(body.getAsJsonArray("results").get(0).getAsJsonObject().has("document")).isFalse();
            assertThat(body.get("model").getAsString()).isEqualTo("ranker");
            assertThat(body.get("id").getAsString()).isNotEmpty();
            assertThat(body.getAsJsonObject("meta").getAsJsonObject("api_version").get("version").getAsString()).isEqualTo("1");
            assertThat(body.getAsJsonObject("usage").get("total_tokens").getAsInt()).isPositive();
            assertThat(served.client().get("/info").json().getAsJsonObject().getAsJsonObject("model_type").has("reranker"))
                    .isTrue();
        }
    }

    @Test
    void whatCannotBeRankedIsRefused() {
        try (Served served = Served.head("bert-cross-sigmoid")) {
            ServeClient client = served.client();
            assertThat(client.post("/rerank", "{\"texts\": [\"a\"]}").error()).isEqualTo("\"query\" is missing");
            assertThat(client.post("/rerank", "{\"query\": \"a\", \"texts\": []}").error()).isEqualTo("\"texts\" is empty");
            assertThat(client.post("/rerank", "{\"query\": \"a\", \"texts\": \"b\"}").error())
                    .startsWith("\"texts\" is a string, not an array of strings");
            assertThat(client.post("/rerank", "{\"query\": \"a\", \"texts\": [{\"title\": \"b\"}]}").error())
                    .startsWith("\"texts[0]\" is an object with another field than \"text\"");
            assertThat(client.post("/v1/rerank", "{\"query\": \"a\", \"documents\": [\"b\"], \"top_n\": 0}").json()
                    .getAsJsonObject().getAsJsonObject("error").get("message").getAsString())
                    .isEqualTo("\"top_n\" is 0, not a whole number from 1 up");
            Answer cut = client.post("/rerank", "{\"query\": \"a\", \"texts\": [\"b\", \"" + "film ".repeat(100)
                    + "\"], \"truncate\": false}");
            assertThat(cut.status()).isEqualTo(413);
            assertThat(cut.error()).startsWith("\"texts[1]\" has ");
        }
        try (Served two = Served.tiny()) {
            Answer answer = two.client().post("/rerank", "{\"query\": \"a\", \"texts\": [\"b\"]}");
            assertThat(answer.status()).isEqualTo(424);
            assertThat(answer.error()).isEqualTo("this model is for text-classification, and no cross-encoder with one label: "
                    + "POST to /, or to /similarity");
        }
    }
}
