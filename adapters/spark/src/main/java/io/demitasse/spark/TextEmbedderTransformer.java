package io.demitasse.spark;

import io.demitasse.Input;
import io.demitasse.Pooling;
import io.demitasse.TextEmbedder;
import io.demitasse.file.FlatFile;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.types.DataTypes;
import org.jspecify.annotations.Nullable;
import scala.collection.mutable.ArraySeq;

/**
 * Makes vectors of texts, as {@link TextEmbedder} does, in the column {@code embedding}: an {@code array<float>}, or a
 * vector for MLlib's stages. What is not set is done as the model's own files say.
 */
public final class TextEmbedderTransformer extends DemitasseTransformer<TextEmbedderTransformer> {

    private static final long serialVersionUID = 1;

    /** What the user asks for; null where the model's own holds. */
    private record Wish(@Nullable Pooling pooling, @Nullable Boolean normalize, @Nullable String promptName,
                        @Nullable Integer dimensions) implements Serializable {

        TextEmbedder.Settings on(TextEmbedder.Settings own) {
            return new TextEmbedder.Settings(pooling == null ? own.pooling() : pooling,
                    normalize == null ? own.normalize() : normalize, promptName == null ? own.promptName() : promptName,
                    dimensions == null ? own.dimensions() : dimensions);
        }
    }

    private final Param<String> inputCol;
    private final Param<String> outputCol;
    private final Param<String> outputType;
    private final Param<String> pooling;
    private final BooleanParam normalize;
    private final Param<String> promptName;
    private final IntParam dimensions;

    public TextEmbedderTransformer() {
        this(Identifiable.randomUID("textEmbedder"));
    }

    public TextEmbedderTransformer(String uid) {
        super(uid);
        inputCol = new Param<>(uid, "inputCol", "The column of texts");
        outputCol = new Param<>(uid, "outputCol", "The column for the vectors");
        outputType = oneOf("outputType", "What a vector is: an array of floats, or a vector as MLlib's stages read it",
                "array", "vector");
        pooling = oneOf("pooling", "How tokens' vectors become the text's; the model's own way if not set",
                "mean", "cls", "max", "mean_sqrt_len");
        normalize = new BooleanParam(uid, "normalize", "Whether vectors have length 1; the model's own way if not set");
        promptName = new Param<>(uid, "promptName", "Which of the model's prompts stands before each text");
        dimensions = new IntParam(uid, "dimensions", "How many numbers of a vector are kept, the first ones (Matryoshka)",
                ParamValidators.gt(0));
        setDefaults("embedding_reason");
        setDefault(outputCol, "embedding");
        setDefault(outputType, "array");
    }

    public Param<String> inputCol() {
        return inputCol;
    }

    public Param<String> outputCol() {
        return outputCol;
    }

    public Param<String> outputType() {
        return outputType;
    }

    public Param<String> pooling() {
        return pooling;
    }

    public BooleanParam normalize() {
        return normalize;
    }

    public Param<String> promptName() {
        return promptName;
    }

    public IntParam dimensions() {
        return dimensions;
    }

    public TextEmbedderTransformer setInputCol(String value) {
        return with(inputCol, value);
    }

    public TextEmbedderTransformer setOutputCol(String value) {
        return with(outputCol, value);
    }

    /** {@code array} (the default) or {@code vector}. */
    public TextEmbedderTransformer setOutputType(String value) {
        return with(outputType, value);
    }

    /** {@code mean}, {@code cls}, {@code max} or {@code mean_sqrt_len}. */
    public TextEmbedderTransformer setPooling(String value) {
        return with(pooling, value);
    }

    public TextEmbedderTransformer setNormalize(boolean value) {
        return with(normalize, value);
    }

    public TextEmbedderTransformer setPromptName(String value) {
        return with(promptName, value);
    }

    public TextEmbedderTransformer setDimensions(int value) {
        return with(dimensions, value);
    }

    @Override
    List<Param<String>> inputs() {
        return List.of(inputCol);
    }

    @Override
    List<Output> outputs() {
        return List.of(new Output(outputCol, $(outputType).equals("vector") ? SQLDataTypes.VectorType()
                : DataTypes.createArrayType(DataTypes.FloatType, false)));
    }

    @Override
    RowTask task() {
        boolean vector = $(outputType).equals("vector");
        Wish wish = new Wish(isSet(pooling) ? Pooling.valueOf($(pooling).toUpperCase(Locale.ROOT)) : null,
                isSet(normalize) ? (Boolean) $(normalize) : null, isSet(promptName) ? $(promptName) : null,
                isSet(dimensions) ? (Integer) $(dimensions) : null);
        return (model, texts) -> {
            TextEmbedder embedder = new TextEmbedder(model);
            return embedder.job(texts.stream().map(row -> Input.of(row[0])).toList(), wish.on(embedder.settings()))
                    .map(vectors -> vectors.stream().map(floats -> new Object[] {vector
                            ? TextClassifierTransformer.vector(floats) : new ArraySeq.ofFloat(floats)}).toList());
        };
    }

    /** Every model has an encoder. */
    @Override
    @Nullable String misfit(FlatFile file) {
        return null;
    }

    /** Reads a transformer that was saved. Found by its name by Spark, when a pipeline is read. */
    public static MLReader<TextEmbedderTransformer> read() {
        return new ModelReader<>();
    }

    /**
     * Reads a transformer that was saved.
     *
     * @throws io.demitasse.file.ModelFormatException if its model is gone, damaged or changed
     */
    public static TextEmbedderTransformer load(String path) {
        return read().load(path);
    }
}
