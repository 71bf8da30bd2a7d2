import io.demitasse.spark.DemitasseFunctions;
import io.demitasse.spark.TextClassifierTransformer;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Puts labels on texts, by a transformer and by SQL. The argument is a flat weight file. */
public class Reviews {

    public static void main(String[] arguments) {
        SparkSession spark = SparkSession.builder().appName("reviews").getOrCreate();
        Dataset<Row> reviews = spark.createDataset(List.of("a gorgeous, witty, seductive movie", "a dull film"),
                Encoders.STRING()).toDF("text");

        new TextClassifierTransformer().setModel(arguments[0]).setInputCol("text")
                .transform(reviews).select("text", "label", "prediction").show(false);

        DemitasseFunctions.register(spark, arguments[0]);
        reviews.createOrReplaceTempView("reviews");
        spark.sql("select text, demitasse_classify(text).label, size(demitasse_embed(text)) as dim "
                + "from reviews").show(false);
        spark.stop();
    }
}
