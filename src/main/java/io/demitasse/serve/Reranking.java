package io.demitasse.serve;

import com.google.gson.JsonObject;
import io.demitasse.Classification;
import io.demitasse.Input;
import io.demitasse.Job;
import io.demitasse.ScoreFunction;
import io.demitasse.serve.RequestException.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiFunction;

/**
 * Texts from the best answer to a query to the worst, in text-embeddings-inference's shape and in Cohere's and Jina's.
 * Scores are the sigmoid of the model's logit, as text-embeddings-inference has it, whatever activation the model names
 * for itself: that one is the task text-ranking's. The order is the same.
 */
final class Reranking {

    private static final String QUERY = "query";
    private static final String TEXTS = "texts";
    private static final String DOCUMENTS = "documents";
    private static final String RETURN_TEXT = "return_text";
    private static final String RETURN_DOCUMENTS = "return_documents";
    private static final String TOP_N = "top_n";

    private static final Field QUERY_FIELD = Field.text(QUERY, "", "What the texts should answer").needed();

    static final List<Field> FIELDS = List.of(QUERY_FIELD,
            new Field(TEXTS, Field.Kind.DOCUMENTS, true, "", "The texts"), Field.TRUNCATE, Field.DIRECTION, Field.RAW_SCORES,
            Field.flag(RETURN_TEXT, "false", "Repeat the texts in the answer"));

    static final List<Field> COHERE_FIELDS = List.of(QUERY_FIELD,
            new Field(DOCUMENTS, Field.Kind.DOCUMENTS, true, "", "The texts"),
            Field.integer(TOP_N, "How many to give; all if not said"),
            Field.flag(RETURN_DOCUMENTS, "false", "Repeat the texts in the answer"),
            Field.text("model", "", "Of no matter: there is one model"));

    private record Rank(int index, float score) {
    }

    private final Answers answers;
    private final String modelName;

    Reranking(Answers answers, String modelName) {
        this.answers = answers;
        this.modelName = modelName;
    }

    /** Whether a model can: it has one label. */
    static boolean fits(ServedModel model) {
        return model.isClassifier() && model.labels().size() == 1;
    }

    static JsonObject response() {
        return Schemas.array(Schemas.optional(Schemas.object("index", Schemas.integer(), "score", Schemas.number(),
                "text", Schemas.text()), "text"));
    }

    static JsonObject cohereResponse() {
        JsonObject result = Schemas.optional(Schemas.object("index", Schemas.integer(), "relevance_score", Schemas.number(),
                "document", Schemas.object("text", Schemas.text())), "document");
        return Schemas.object("id", Schemas.text(), "model", Schemas.text(), "results", Schemas.array(result),
                "meta", Schemas.of("object"), "usage", Schemas.object("prompt_tokens", Schemas.integer(),
                "total_tokens", Schemas.integer()));
    }

    /** {@code POST /rerank} */
    Answer rerank(InferenceRequest request) {
        List<String> texts = request.texts(TEXTS);
        boolean repeat = request.flag(RETURN_TEXT, false);
        return rank(request, TEXTS, request.flag(Field.RAW_SCORES.name(), false), (ranks, tokens) -> {
            List<Map<String, Object>> list = new ArrayList<>();
            for (Rank rank : ranks) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("index", rank.index);
                one.put("score", rank.score);
                if (repeat) {
                    one.put("text", texts.get(rank.index));
                }
                list.add(one);
            }
            return Response.json(list);
        });
    }

    /** {@code POST /v1/rerank} */
    Answer cohere(InferenceRequest request) {
        List<String> texts = request.texts(DOCUMENTS);
        boolean repeat = request.flag(RETURN_DOCUMENTS, false);
        int most = topN(request);
        return rank(request, DOCUMENTS, false, (ranks, tokens) -> {
            List<Map<String, Object>> results = new ArrayList<>();
            for (Rank rank : ranks.subList(0, Math.min(most, ranks.size()))) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("index", rank.index);
                one.put("relevance_score", rank.score);
                if (repeat) {
                    one.put("document", Map.of("text", texts.get(rank.index)));
                }
                results.add(one);
            }
            Map<String, Object> body = new LinkedHashMap<>();
            body.put("id", UUID.randomUUID().toString());
            body.put("model", modelName);
            body.put("results", results);
            body.put("meta", Map.of("api_version", Map.of("version", "1"), "tokens", Map.of("input_tokens", tokens)));
            body.put("usage", Map.of("prompt_tokens", tokens, "total_tokens", tokens));
            return Response.json(body);
        });
    }

    private static int topN(InferenceRequest request) {
        try {
            return request.values().integer(TOP_N, Integer.MAX_VALUE, 1);
        } catch (IllegalArgumentException e) {
            throw RequestReader.malformed(e.getMessage());
        }
    }

    private Answer rank(InferenceRequest request, String field, boolean rawScores,
                        BiFunction<List<Rank>, Integer, Response> respond) {
        ServedModel model = answers.model();
        if (!fits(model)) {
            throw new RequestException(Kind.UNSUPPORTED, "this model is for " + model.task().name()
                    + ", and no cross-encoder with one label: POST to /");
        }
        List<String> texts = request.texts(field);
        List<Texts.Placed> pairs = new ArrayList<>();
        long characters = 0;
        for (int i = 0; i < texts.size(); i++) {
            characters += texts.get(i).length();
            pairs.add(new Texts.Placed(field + "[" + i + "]", Input.of(request.text(QUERY), texts.get(i))));
        }
        Texts encoded = Texts.encode(model, request, pairs);
        Job<List<Classification>> job = model.classifier().job(encoded.inputs(),
                rawScores ? ScoreFunction.NONE : ScoreFunction.SIGMOID);
        return answers.of(job, encoded.truncated(), 8 * characters, results ->
                respond.apply(ranks(results), encoded.tokens()));
    }

    private static List<Rank> ranks(List<Classification> results) {
        float[] scores = new float[results.size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = results.get(i).probabilities()[0];
        }
        List<Rank> ranks = new ArrayList<>();
        for (int i : Predictions.bestFirst(scores)) {
            ranks.add(new Rank(i, scores[i]));
        }
        return ranks;
    }
}
