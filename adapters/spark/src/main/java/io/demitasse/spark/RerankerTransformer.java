package io.demitasse.spark;

import io.demitasse.Job;
import io.demitasse.Reranker;
import io.demitasse.file.FlatFile;
import io.demitasse.model.Architecture;
import java.util.List;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/**
 * Tells how well documents answer queries, as {@link Reranker} does: a row holds a query and a document, and the column
 * {@code score} gets a float.
 */
public final class RerankerTransformer extends DemitasseTransformer<RerankerTransformer> {

    private static final long serialVersionUID = 1;

    private final Param<String> queryCol;
    private final Param<String> documentCol;
    private final Param<String> outputCol;
    private final BooleanParam rawScores;

    public RerankerTransformer() {
        this(Identifiable.randomUID("reranker"));
    }

    public RerankerTransformer(String uid) {
        super(uid);
        queryCol = new Param<>(uid, "queryCol", "The column of queries");
        documentCol = new Param<>(uid, "documentCol", "The column of documents");
        outputCol = new Param<>(uid, "outputCol", "The column for the scores");
        rawScores = new BooleanParam(uid, "rawScores", "Whether scores are logits, without the model's activation");
        setDefaults("score_reason");
        setDefault(queryCol, "query");
        setDefault(documentCol, "document");
        setDefault(outputCol, "score");
        setDefault(rawScores, false);
    }

    public Param<String> queryCol() {
        return queryCol;
    }

    public Param<String> documentCol() {
        return documentCol;
    }

    public Param<String> outputCol() {
        return outputCol;
    }

    public BooleanParam rawScores() {
        return rawScores;
    }

    public RerankerTransformer setQueryCol(String value) {
        return with(queryCol, value);
    }

    public RerankerTransformer setDocumentCol(String value) {
        return with(documentCol, value);
    }

    public RerankerTransformer setOutputCol(String value) {
        return with(outputCol, value);
    }

    public RerankerTransformer setRawScores(boolean value) {
        return with(rawScores, value);
    }

    @Override
    List<Param<String>> inputs() {
        return List.of(queryCol, documentCol);
    }

    @Override
    List<Output> outputs() {
        return List.of(new Output(outputCol, DataTypes.FloatType));
    }

    @Override
    RowTask task() {
        boolean raw = (Boolean) $(rawScores);
        return (model, texts) -> {
            Reranker reranker = new Reranker(model);
            return Job.all(texts.stream().map(row -> reranker.scores(row[0], List.of(row[1]), raw)
                    .map(scores -> new Object[] {scores[0]})).toList());
        };
    }

    @Override
    @Nullable String misfit(FlatFile file) {
        String misfit = misfit(file, Architecture.SEQUENCE_CLASSIFICATION, "score pairs");
        return misfit != null || file.labels().size() == 1 ? misfit
                : "has " + file.labels().size() + " labels, and a cross-encoder that scores pairs has one";
    }

    /** Reads a transformer that was saved. Found by its name by Spark, when a pipeline is read. */
    public static MLReader<RerankerTransformer> read() {
        return new ModelReader<>();
    }

    /**
     * Reads a transformer that was saved.
     *
     * @throws io.demitasse.file.ModelFormatException if its model is gone, damaged or changed
     */
    public static RerankerTransformer load(String path) {
        return read().load(path);
    }
}
