package io.demitasse.spark;

import io.demitasse.AggregationStrategy;
import io.demitasse.Entity;
import io.demitasse.Job;
import io.demitasse.TokenClassifier;
import io.demitasse.file.FlatFile;
import io.demitasse.model.Architecture;
import java.util.List;
import java.util.Locale;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.Identifiable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Finds names and the like in texts, as {@link TokenClassifier} does. The column {@code entities} is an array of
 * structs {@code entity, score, index, word, start, end}, named as {@link Entity} names them; {@code start} and
 * {@code end} count code points, as SQL's {@code substring} does, from 0.
 */
public final class TokenClassifierTransformer extends DemitasseTransformer<TokenClassifierTransformer> {

    private static final long serialVersionUID = 1;

    private static final DataType ENTITIES = DataTypes.createArrayType(new StructType()
            .add("entity", DataTypes.StringType, false).add("score", DataTypes.FloatType, false)
            .add("index", DataTypes.IntegerType, false).add("word", DataTypes.StringType, false)
            .add("start", DataTypes.IntegerType, false).add("end", DataTypes.IntegerType, false), false);

    private final Param<String> inputCol;
    private final Param<String> outputCol;
    private final Param<String> aggregationStrategy;
    private final StringArrayParam ignoreLabels;

    public TokenClassifierTransformer() {
        this(Identifiable.randomUID("tokenClassifier"));
    }

    public TokenClassifierTransformer(String uid) {
        super(uid);
        inputCol = new Param<>(uid, "inputCol", "The column of texts");
        outputCol = new Param<>(uid, "outputCol", "The column for what was found");
        aggregationStrategy = oneOf("aggregationStrategy", "How tokens become words and groups",
                "none", "simple", "first", "average", "max");
        ignoreLabels = new StringArrayParam(this, "ignoreLabels", "Labels that are left out");
        setDefaults("entities_reason");
        setDefault(outputCol, "entities");
        setDefault(aggregationStrategy, "simple");
        setDefault(ignoreLabels, new String[] {"O"});
    }

    public Param<String> inputCol() {
        return inputCol;
    }

    public Param<String> outputCol() {
        return outputCol;
    }

    public Param<String> aggregationStrategy() {
        return aggregationStrategy;
    }

    public StringArrayParam ignoreLabels() {
        return ignoreLabels;
    }

    public TokenClassifierTransformer setInputCol(String value) {
        return with(inputCol, value);
    }

    public TokenClassifierTransformer setOutputCol(String value) {
        return with(outputCol, value);
    }

    /** {@code none}, {@code simple} (the default), {@code first}, {@code average} or {@code max}. */
    public TokenClassifierTransformer setAggregationStrategy(String value) {
        return with(aggregationStrategy, value);
    }

    public TokenClassifierTransformer setIgnoreLabels(String... values) {
        return with(ignoreLabels, values);
    }

    @Override
    List<Param<String>> inputs() {
        return List.of(inputCol);
    }

    @Override
    List<Output> outputs() {
        return List.of(new Output(outputCol, ENTITIES));
    }

    @Override
    RowTask task() {
        AggregationStrategy strategy = AggregationStrategy.valueOf($(aggregationStrategy).toUpperCase(Locale.ROOT));
        List<String> ignored = List.of($(ignoreLabels));
        return (model, texts) -> {
            TokenClassifier classifier = new TokenClassifier(model);
            return Job.all(texts.stream().map(row -> classifier.job(row[0], strategy, -1, ignored)
                    .map(entities -> new Object[] {rows(row[0], entities)})).toList());
        };
    }

    private static Row[] rows(String text, List<Entity> entities) {
        return entities.stream().map(entity -> RowFactory.create(entity.entity(), entity.score(), entity.index(),
                entity.word(), text.codePointCount(0, entity.start()), text.codePointCount(0, entity.end())))
                .toArray(Row[]::new);
    }

    @Override
    @Nullable String misfit(FlatFile file) {
        return misfit(file, Architecture.TOKEN_CLASSIFICATION, "label tokens");
    }

    /** Reads a transformer that was saved. Found by its name by Spark, when a pipeline is read. */
    public static MLReader<TokenClassifierTransformer> read() {
        return new ModelReader<>();
    }

    /**
     * Reads a transformer that was saved.
     *
     * @throws io.demitasse.file.ModelFormatException if its model is gone, damaged or changed
     */
    public static TokenClassifierTransformer load(String path) {
        return read().load(path);
    }
}
