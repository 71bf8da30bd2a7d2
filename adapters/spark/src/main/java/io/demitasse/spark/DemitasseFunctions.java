package io.demitasse.spark;

import io.demitasse.Classification;
import io.demitasse.TextClassifier;
import io.demitasse.TextEmbedder;
import io.demitasse.file.FlatFile;
import io.demitasse.model.Architecture;
import io.demitasse.model.ModelConfig;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.collection.mutable.ArraySeq;

/**
 * Functions for SQL. They see a text at a time, so the transformers, which give the model some hundred together, are
 * faster for short texts. Null gives null.
 */
public final class DemitasseFunctions {

    private static final DataType LABEL = new StructType().add("label", DataTypes.StringType, false)
            .add("score", DataTypes.FloatType, false);

    private DemitasseFunctions() {
    }

    /**
     * Registers {@code demitasse_embed(text)}, and {@code demitasse_classify(text)} if the model is a classifier.
     *
     * @throws io.demitasse.file.ModelFormatException if the model is missing or damaged
     */
    public static void register(SparkSession spark, String model) {
        if (isClassifier(driverModel(spark, model))) {
            registerClassify(spark, "demitasse_classify", model);
        }
        registerEmbed(spark, "demitasse_embed", model);
    }

    /** Registers {@code demitasse_classify(text)} on one model and {@code demitasse_embed(text)} on another. */
    public static void register(SparkSession spark, String classifier, String embedder) {
        registerClassify(spark, "demitasse_classify", classifier);
        registerEmbed(spark, "demitasse_embed", embedder);
    }

    /**
     * Registers a function of a text that gives a struct of {@code label} and {@code score}.
     *
     * @throws IllegalArgumentException if the model is no classifier of texts
     */
    public static void registerClassify(SparkSession spark, String name, String model) {
        DriverModel own = driverModel(spark, model);
        if (!isClassifier(own)) {
            throw new IllegalArgumentException("the model " + model + " does not classify texts");
        }
        ModelSpec spec = ModelSpec.defaults(own.checksum());
        Broadcast<byte[]> file = own.ship(spark.sparkContext());
        spark.udf().register(name, (UDF1<String, Object>) text -> {
            if (text == null) {
                return null;
            }
            Classification result = new TextClassifier(SharedModels.get(spec, file)).classify(text);
            return RowFactory.create(result.label(), result.score());
        }, LABEL);
    }

    /** Registers a function of a text that gives an {@code array<float>}. */
    public static void registerEmbed(SparkSession spark, String name, String model) {
        DriverModel own = driverModel(spark, model);
        ModelSpec spec = ModelSpec.defaults(own.checksum());
        Broadcast<byte[]> file = own.ship(spark.sparkContext());
        spark.udf().register(name, (UDF1<String, Object>) text -> text == null ? null
                : new ArraySeq.ofFloat(new TextEmbedder(SharedModels.get(spec, file)).embed(text)),
                DataTypes.createArrayType(DataTypes.FloatType, false));
    }

    private static boolean isClassifier(DriverModel model) {
        try (FlatFile file = FlatFile.open(model.file())) {
            return ModelConfig.of(file).architecture() == Architecture.SEQUENCE_CLASSIFICATION;
        }
    }

    private static DriverModel driverModel(SparkSession spark, String model) {
        return DriverModel.of(model, spark.sparkContext().hadoopConfiguration());
    }
}
