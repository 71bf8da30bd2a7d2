package io.demitasse.spark;

import io.demitasse.Classification;
import io.demitasse.Input;
import io.demitasse.TextClassifier;
import io.demitasse.file.FlatFile;
import io.demitasse.model.Architecture;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;

/**
 * Puts labels on texts, or on pairs of texts, as {@link TextClassifier} does. Columns: {@code label}, its name;
 * {@code probability} and {@code rawPrediction}, vectors of a number for each label; {@code prediction}, the label's
 * number.
 */
public final class TextClassifierTransformer extends DemitasseTransformer<TextClassifierTransformer> {

    private static final long serialVersionUID = 1;

    private final Param<String> inputCol;
    private final Param<String> pairCol;
    private final Param<String> outputLabelCol;
    private final Param<String> probabilityCol;
    private final Param<String> rawPredictionCol;
    private final Param<String> predictionCol;

    public TextClassifierTransformer() {
        this(Identifiable.randomUID("textClassifier"));
    }

    public TextClassifierTransformer(String uid) {
        super(uid);
        inputCol = new Param<>(uid, "inputCol", "The column of texts");
        pairCol = new Param<>(uid, "pairCol", "The column of second texts, such as hypotheses, for a model of pairs");
        outputLabelCol = new Param<>(uid, "outputLabelCol", "The column for the best label's name; none if empty");
        probabilityCol = new Param<>(uid, "probabilityCol", "The column for each label's probability; none if empty");
        rawPredictionCol = new Param<>(uid, "rawPredictionCol", "The column for the logits; none if empty");
        predictionCol = new Param<>(uid, "predictionCol", "The column for the best label's number; none if empty");
        setDefaults("label_reason");
        setDefault(outputLabelCol, "label");
        setDefault(probabilityCol, "probability");
        setDefault(rawPredictionCol, "rawPrediction");
        setDefault(predictionCol, "prediction");
    }

    public Param<String> inputCol() {
        return inputCol;
    }

    public Param<String> pairCol() {
        return pairCol;
    }

    public Param<String> outputLabelCol() {
        return outputLabelCol;
    }

    public Param<String> probabilityCol() {
        return probabilityCol;
    }

    public Param<String> rawPredictionCol() {
        return rawPredictionCol;
    }

    public Param<String> predictionCol() {
        return predictionCol;
    }

    public TextClassifierTransformer setInputCol(String value) {
        return with(inputCol, value);
    }

    public TextClassifierTransformer setPairCol(String value) {
        return with(pairCol, value);
    }

    public TextClassifierTransformer setOutputLabelCol(String value) {
        return with(outputLabelCol, value);
    }

    public TextClassifierTransformer setProbabilityCol(String value) {
        return with(probabilityCol, value);
    }

    public TextClassifierTransformer setRawPredictionCol(String value) {
        return with(rawPredictionCol, value);
    }

    public TextClassifierTransformer setPredictionCol(String value) {
        return with(predictionCol, value);
    }

    @Override
    List<Param<String>> inputs() {
        return List.of(inputCol, pairCol);
    }

    @Override
    List<Output> outputs() {
        return List.of(new Output(outputLabelCol, DataTypes.StringType),
                new Output(probabilityCol, SQLDataTypes.VectorType()),
                new Output(rawPredictionCol, SQLDataTypes.VectorType()),
                new Output(predictionCol, DataTypes.DoubleType));
    }

    @Override
    RowTask task() {
        return (model, texts) -> {
            List<Input> inputs = new ArrayList<>(texts.size());
            texts.forEach(row -> inputs.add(row.length == 1 ? Input.of(row[0]) : Input.of(row[0], row[1])));
            return new TextClassifier(model).job(inputs)
                    .map(results -> results.stream().map(TextClassifierTransformer::values).toList());
        };
    }

    private static Object[] values(Classification result) {
        return new Object[] {result.label(), vector(result.probabilities()), vector(result.logits()),
                (double) result.labelId()};
    }

    /** The same numbers as MLlib's stages read them. */
    static Vector vector(float[] floats) {
        double[] doubles = new double[floats.length];
        for (int i = 0; i < floats.length; i++) {
            doubles[i] = floats[i];
        }
        return Vectors.dense(doubles);
    }

    @Override
    @Nullable String misfit(FlatFile file) {
        return misfit(file, Architecture.SEQUENCE_CLASSIFICATION, "classify texts");
    }

    /** Reads a transformer that was saved. Found by its name by Spark, when a pipeline is read. */
    public static MLReader<TextClassifierTransformer> read() {
        return new ModelReader<>();
    }

    /**
     * Reads a transformer that was saved.
     *
     * @throws io.demitasse.file.ModelFormatException if its model is gone, damaged or changed
     */
    public static TextClassifierTransformer load(String path) {
        return read().load(path);
    }
}
