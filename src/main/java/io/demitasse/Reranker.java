package io.demitasse;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.MathFunctions;
import io.demitasse.model.Architecture;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells how well documents answer a query, with a cross-encoder: a classifier of pairs with one label. It does what
 * sentence-transformers' {@code CrossEncoder} does. Immutable and thread-safe; it owns threads and memory until it is
 * closed.
 */
public final class Reranker implements AutoCloseable {

    static final Task TASK = Task.named("text-ranking")
            .command("rerank", "Prints texts by how well they answer a query, best first.")
            .of(Architecture.SEQUENCE_CLASSIFICATION).where(labels -> labels.size() == 1)
            .about(Task.Field.option("query"), Task.Field.many("texts"))
            .parameter("top_k", Task.Kind.INTEGER, "", "How many texts to give; all if not said")
            .parameter("raw_scores", Task.Kind.FLAG, "false", "Give logits as they are, without the model's activation")
            .objects((inputs, result) -> result.getAsJsonArray().asList())
            .line(Reranker::line)
            .does(Reranker::job);

    private final Model model;
    private final ScoreFunction activation;

    /**
     * A reranker on a model that is open; closing it closes the model.
     *
     * @throws IllegalArgumentException if the model is no cross-encoder with one label
     */
    public Reranker(Model model) {
        Tasks.check(model, TASK);
        this.model = model;
        this.activation = activation(model.config().crossEncoderActivation());
        Sequences.checkTokenTypes(model);
    }

    private static ScoreFunction activation(@Nullable String torchClass) {
        if (torchClass == null || torchClass.endsWith(".Sigmoid")) {
            return ScoreFunction.SIGMOID;
        }
        if (torchClass.endsWith(".Identity")) {
            return ScoreFunction.NONE;
        }
        throw new IllegalArgumentException("the config's cross-encoder activation is " + torchClass
                + ", not torch.nn's Sigmoid or Identity");
    }

    /** Loads a model with {@link Options#defaults()}. */
    public static Reranker load(Path file) {
        return load(file, Options.defaults());
    }

    /**
     * Loads a model.
     *
     * @throws ModelFormatException if the file is damaged, no model, or no cross-encoder
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static Reranker load(Path file, Options options) {
        return Tasks.on(file, Model.load(file, options), Reranker::new);
    }

    /** Loads a flat weight file out of a stream with {@link Options#defaults()}. */
    public static Reranker load(InputStream stream) {
        return load(stream, Options.defaults());
    }

    /**
     * Loads a flat weight file out of a stream, as {@link Model#load(InputStream, Options)} does.
     *
     * @throws ModelFormatException as {@link #load(Path, Options)}
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static Reranker load(InputStream stream, Options options) {
        return Tasks.on(FlatFile.STREAM, Model.load(stream, options), Reranker::new);
    }

    /** The model below. */
    public Model model() {
        return model;
    }

    /** A score for each document, in their order: the model's activation of its logit. */
    public float[] score(String query, List<String> documents) {
        return model.run(scores(query, documents, false));
    }

    /** The documents from the best to the worst. */
    public List<Ranking> rank(String query, List<String> documents) {
        return rank(query, documents, documents.size(), false);
    }

    /**
     * The best documents, best first.
     *
     * @param k how many at most
     * @param rawScores whether scores are logits, without the model's activation
     */
    public List<Ranking> rank(String query, List<String> documents, int k, boolean rawScores) {
        return model.run(ranking(query, documents, k, rawScores));
    }

    /** The work that {@link #score} does. */
    public Job<float[]> scores(String query, List<String> documents, boolean rawScores) {
        List<Input> pairs = new ArrayList<>(documents.size());
        documents.forEach(document -> pairs.add(Input.of(query, document)));
        return new Job<>(model.head(), model.encode(pairs).all(), outputs -> {
            float[] scores = new float[outputs.size()];
            for (int i = 0; i < scores.length; i++) {
                float logit = outputs.get(i).get(0, 0);
                scores[i] = !rawScores && activation == ScoreFunction.SIGMOID ? MathFunctions.sigmoid(logit) : logit;
            }
            return scores;
        });
    }

    /** The work that {@link #rank(String, List, int, boolean)} does. */
    public Job<List<Ranking>> ranking(String query, List<String> documents, int k, boolean rawScores) {
        return scores(query, documents, rawScores).map(scores -> {
            List<Ranking> rankings = new ArrayList<>(scores.length);
            for (int i = 0; i < scores.length; i++) {
                rankings.add(new Ranking(i, scores[i], documents.get(i)));
            }
            rankings.sort(Comparator.comparing(Ranking::score).reversed());
            return List.copyOf(rankings.subList(0, Math.min(k, rankings.size())));
        });
    }

    private static Job<JsonElement> job(Model model, JsonElement inputs, Parameters given) {
        JsonObject fields = Parameters.object(inputs, "query", "texts");
        List<String> texts = Parameters.texts(fields.get("texts"), "texts");
        return new Reranker(model).ranking(Parameters.text(fields.get("query"), "query"), texts,
                        given.integer("top_k", texts.size(), 1), given.flag("raw_scores", false))
                .map(rankings -> Json.array(rankings, ranking -> Json.object("index", ranking.index(),
                        "score", ranking.score(), "text", ranking.text())));
    }

    private static String line(JsonElement ranking) {
        JsonObject object = ranking.getAsJsonObject();
        return Json.rounded(object.get("score")) + "\t" + Json.oneLine(object.get("text"));
    }

    /** Ends the threads. Calls made from now on throw IllegalStateException. */
    @Override
    public void close() {
        model.close();
    }
}
