package io.demitasse.serve;

import com.google.gson.JsonObject;
import io.demitasse.Classification;
import io.demitasse.Job;
import io.demitasse.Parameters;
import io.demitasse.ScoreFunction;
import java.util.List;

/** text-classification, in the shapes of text-embeddings-inference and of Hugging Face's clients, with all labels. */
final class ClassificationService implements Service {

    private static final String TOP_K = "top_k";
    private static final String FUNCTION = "function_to_apply";

    private final Answers answers;
    private final ServedModel model;
    private final long scoresBytes;     // of a text's answer

    ClassificationService(Answers answers) {
        this.answers = answers;
        this.model = answers.model();
        this.scoresBytes = Predictions.bytes(model.labels());
    }

    @Override
    public String name() {
        return "text-classification";
    }

    @Override
    public String description() {
        return "Labels with their scores, best first";
    }

    @Override
    public String input() {
        return "a text, a pair [\"text\", \"pair\"] in a list, or {\"text\", \"text_pair\"}";
    }

    @Override
    public List<Field> fields() {
        return List.of(Field.integer(TOP_K, "How many labels to give; all if not said"),
                Field.text(FUNCTION, "", "What makes scores of logits: softmax, sigmoid or none; the model's own if not said"),
                Field.RAW_SCORES, Field.TRUNCATE, Field.DIRECTION);
    }

    @Override
    public boolean takes(Item item) {
        return item.fields() == null || item.isText() || item.isPair();
    }

    @Override
    public JsonObject response() {
        JsonObject labels = Schemas.array(Schemas.object("score", Schemas.number(), "label", Schemas.text()));
        return Schemas.any(labels, Schemas.array(labels));
    }

    @Override
    public Answer answer(InferenceRequest request, boolean flat) {
        Predictions predictions = new Predictions(model.labels(), topK(request));
        Texts texts = Texts.encode(model, request,
                request.inputs().stream().map(item -> new Texts.Placed(item.where(), item.textOrPair())).toList());
        Job<List<Classification>> job = model.classifier().job(texts.inputs(), function(request));
        boolean list = !flat || !request.isSingle();
        return answers.of(job, texts.truncated(), scoresBytes * texts.inputs().size(),
                results -> Response.json(predictions.json(results, !list)));
    }

    private int topK(InferenceRequest request) {
        try {
            return request.values().integer(TOP_K, Integer.MAX_VALUE, 1);
        } catch (IllegalArgumentException e) {
            throw RequestReader.malformed(e.getMessage());
        }
    }

    private ScoreFunction function(InferenceRequest request) {
        ScoreFunction function;
        try {
            function = request.values().choice(FUNCTION, model.classifier().function());
        } catch (IllegalArgumentException e) {
            throw RequestReader.malformed("\"" + FUNCTION + "\" is not softmax, sigmoid or none");
        }
        if (!request.flag(Field.RAW_SCORES.name(), false)) {
            return function;
        }
        if (request.has(FUNCTION) && function != ScoreFunction.NONE) {
            throw RequestReader.malformed("\"" + Field.RAW_SCORES.name() + "\" and \"" + FUNCTION
                    + "\" contradict each other");
        }
        return ScoreFunction.NONE;
    }
}
