package io.demitasse.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.demitasse.AggregationStrategy;
import io.demitasse.Classification;
import io.demitasse.Entity;
import io.demitasse.Pooling;
import io.demitasse.Reranker;
import io.demitasse.TextClassifier;
import io.demitasse.TextEmbedder;
import io.demitasse.TokenClassifier;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On two threads of one JVM: results are the library's, bit for bit. */
class TransformersTest {

    private static SparkSession spark;

    @BeforeAll
    static void start() {
        spark = Fixtures.spark();
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static TextClassifierTransformer classifier() {
        return new TextClassifierTransformer().setInputCol("text")
                .setModel(Fixtures.model("distilbert-nli").toString());
    }

    @Test
    void classifiesAsTheLibraryDoes() {
        List<String> texts = Fixtures.texts(20_000, 1);
        int loads = SharedModels.loads();
        List<Row> rows = classifier().transform(Fixtures.table(spark, texts)).collectAsList();
        assertThat(SharedModels.loads() - loads).as("opened once for all tasks").isLessThanOrEqualTo(1);
        assertThat(rows).hasSize(texts.size());
        try (TextClassifier library = TextClassifier.load(Fixtures.model("distilbert-nli"), Fixtures.options())) {
            List<Classification> expected = library.classify(texts);
            for (int i = 0; i < texts.size(); i++) {
                Row row = rows.get(i);
                assertThat(row.getInt(0)).as("the order").isEqualTo(i);
                assertThat(row.getString(1)).isEqualTo(texts.get(i));
                assertThat(row.<String>getAs("label")).isEqualTo(expected.get(i).label());
                assertSameBits(row.getAs("probability"), expected.get(i).probabilities());
                assertSameBits(row.getAs("rawPrediction"), expected.get(i).logits());
                assertThat(row.<Double>getAs("prediction")).isEqualTo(expected.get(i).labelId());
                assertThat(row.<String>getAs("label_reason")).isNull();
            }
        }
    }

    @Test
    void classifiesPairs() {
        List<String> texts = Fixtures.texts(300, 2);
        List<String> pairs = Fixtures.texts(300, 3);
        String model = Fixtures.model("bert-nli").toString();
        List<Row> rows = classifier().setModel(model).setPairCol("pair").setBatchSize(7)
                .transform(Fixtures.table(spark, texts, pairs, 3)).collectAsList();
        try (TextClassifier library = TextClassifier.load(Fixtures.model("bert-nli"), Fixtures.options())) {
            for (int i = 0; i < texts.size(); i++) {
                assertSameBits(rows.get(i).getAs("rawPrediction"),
                        library.classify(texts.get(i), pairs.get(i)).logits());
            }
        }
    }

    @Test
    void embedsAsTheLibraryDoes() {
        List<String> texts = Fixtures.texts(500, 4);
        TextEmbedderTransformer transformer = new TextEmbedderTransformer().setInputCol("text")
                .setModel(Fixtures.model("st-distilbert-mean").toString());
        Dataset<Row> table = Fixtures.table(spark, texts);
        List<Row> arrays = transformer.transform(table).collectAsList();
        List<Row> vectors = transformer.copy(new ParamMap()).setOutputType("vector").setPooling("max")
                .setNormalize(false).setDimensions(3).transform(table).collectAsList();
        try (TextEmbedder library = TextEmbedder.load(Fixtures.model("st-distilbert-mean"), Fixtures.options())) {
            List<float[]> own = library.embed(texts);
            List<float[]> other = library.embed(texts, library.settings().withPooling(Pooling.MAX).withNormalize(false)
                    .withDimensions(3));
            for (int i = 0; i < texts.size(); i++) {
                List<Float> row = arrays.get(i).getList(arrays.get(i).fieldIndex("embedding"));
                assertThat(row).hasSize(own.get(i).length);
                for (int d = 0; d < row.size(); d++) {
                    assertThat(row.get(d)).isEqualTo(own.get(i)[d]);
                }
                assertSameBits(vectors.get(i).getAs("embedding"), other.get(i));
            }
        }
    }

    @Test
    void tagsAsTheLibraryDoes() {
        List<String> texts = Fixtures.texts(300, 5);
        List<Row> rows = new TokenClassifierTransformer().setInputCol("text").setAggregationStrategy("first")
                .setModel(Fixtures.model("distilbert-ner").toString()).transform(Fixtures.table(spark, texts))
                .collectAsList();
        int found = 0;
        try (TokenClassifier library = TokenClassifier.load(Fixtures.model("distilbert-ner"), Fixtures.options())) {
            for (int i = 0; i < texts.size(); i++) {
                String text = texts.get(i);
                List<Entity> expected = library.tag(text, AggregationStrategy.FIRST);
                List<Row> entities = rows.get(i).getList(rows.get(i).fieldIndex("entities"));
                assertThat(entities).hasSameSizeAs(expected);
                for (int e = 0; e < expected.size(); e++) {
                    Entity entity = expected.get(e);
                    assertThat(entities.get(e).getString(0)).isEqualTo(entity.entity());
                    assertThat(entities.get(e).getFloat(1)).isEqualTo(entity.score());
                    assertThat(entities.get(e).getString(3)).isEqualTo(entity.word());
                    int start = text.offsetByCodePoints(0, entities.get(e).getInt(4));
                    assertThat(start).isEqualTo(entity.start());
                    assertThat(text.offsetByCodePoints(0, entities.get(e).getInt(5))).isEqualTo(entity.end());
                    found++;
                }
            }
        }
        assertThat(found).isPositive();
    }

    @Test
    void scoresPairsAsTheLibraryDoes() {
        List<String> texts = Fixtures.texts(300, 6);
        List<String> pairs = Fixtures.texts(300, 7);
        List<Row> rows = new RerankerTransformer().setQueryCol("text").setDocumentCol("pair")
                .setModel(Fixtures.model("bert-cross-sigmoid").toString())
                .transform(Fixtures.table(spark, texts, pairs, 2)).collectAsList();
        try (Reranker library = Reranker.load(Fixtures.model("bert-cross-sigmoid"), Fixtures.options())) {
            for (int i = 0; i < texts.size(); i++) {
                assertThat(rows.get(i).<Float>getAs("score"))
                        .isEqualTo(library.score(texts.get(i), List.of(pairs.get(i)))[0]);
            }
        }
    }

    @Test
    void brokenRowsAreKeptSkippedOrRefused() {
        List<String> texts = Arrays.asList("a good movie", null, "the ".repeat(600), "a bad movie");
        Dataset<Row> table = Fixtures.table(spark, texts, texts, 1);
        TextClassifierTransformer transformer = classifier().setTruncation("fail");
        List<Row> kept = transformer.transform(table).collectAsList();
        assertThat(kept).extracting(row -> row.getInt(0)).containsExactly(0, 1, 2, 3);
        assertThat(kept).extracting(row -> row.<String>getAs("label") == null)
                .containsExactly(false, true, true, false);
        assertThat(kept.get(1).<String>getAs("label_reason")).isEqualTo("text is null");
        assertThat(kept.get(1).<Vector>getAs("probability")).isNull();
        assertThat(kept.get(2).<String>getAs("label_reason")).contains("602 tokens");
        Dataset<Row> skipped = transformer.setHandleInvalid("skip").transform(table);
        assertThat(skipped.columns()).doesNotContain("label_reason");
        assertThat(skipped.collectAsList()).extracting(row -> row.getInt(0)).containsExactly(0, 3);
        Dataset<Row> refused = transformer.setHandleInvalid("error").transform(table);
        assertThatThrownBy(refused::collectAsList).rootCause().hasMessageContaining("text is null")
                .hasMessageContaining("handleInvalid");
    }

    @Test
    void whatIsWrongWithTheParametersIsNotTakenForBrokenRows() {
        Dataset<Row> table = Fixtures.table(spark, Fixtures.texts(10, 8));
        TextEmbedderTransformer embedder = new TextEmbedderTransformer().setInputCol("text").setPromptName("none such")
                .setModel(Fixtures.model("st-distilbert-mean").toString());
        assertThatThrownBy(() -> embedder.transform(table).collectAsList()).rootCause()
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("none such");
        assertThatThrownBy(() -> classifier().setInputCol("nothing").transform(table))
                .hasMessageContaining("no column nothing, only id, text, pair");
        assertThatThrownBy(() -> classifier().setInputCol("id").transform(table)).hasMessageContaining("not int");
        assertThatThrownBy(() -> classifier().setOutputLabelCol("pair").transform(table))
                .hasMessageContaining("a column pair already");
        assertThatThrownBy(() -> classifier().setModel("missing.flat").transform(table))
                .hasMessageContaining("missing.flat").hasMessageContaining("no such file");
        assertThatThrownBy(() -> classifier().setModel(Fixtures.model("distilbert-ner").toString()).transform(table))
                .hasMessageContaining("does not classify texts: it is a DistilBertForTokenClassification");
        assertThatThrownBy(() -> new RerankerTransformer().setQueryCol("text").setDocumentCol("pair")
                .setModel(Fixtures.model("bert-nli").toString()).transform(table)).hasMessageContaining("3 labels");
        assertThatThrownBy(() -> classifier().setHandleInvalid("ignore")).hasMessageContaining("ignore");
        assertThatThrownBy(() -> new TextClassifierTransformer().setInputCol("text").transform(table))
                .hasMessageContaining("model is not set");
        assertThatThrownBy(() -> new TextClassifierTransformer().transform(table))
                .hasMessageContaining("inputCol is not set");
    }

    @Test
    void columnsAreLeftOutIfTheirNamesAreEmptyAndMetadataStays() {
        Metadata note = new MetadataBuilder().putString("note", "kept").build();
        Dataset<Row> table = Fixtures.table(spark, Fixtures.texts(20, 9)).withMetadata("id", note);
        Dataset<Row> rows = classifier().setRawPredictionCol("").setProbabilityCol("").setReasonCol("")
                .transform(table);
        assertThat(rows.columns()).containsExactly("id", "text", "pair", "label", "prediction");
        assertThat(rows.schema().apply("id").metadata()).isEqualTo(note);
        assertThat(rows.collectAsList()).allMatch(row -> row.getString(3) != null);
    }

    @Test
    void copiesHaveTheSameParameters() {
        TextClassifierTransformer original = classifier().setBatchSize(9);
        TextClassifierTransformer copy = original.copy(new ParamMap().put(original.inputCol(), "pair"));
        assertThat(copy.uid()).isEqualTo(original.uid());
        assertThat(copy.explainParams()).contains("batchSize").contains("current: 9").contains("current: pair");
        assertThat(original.explainParams()).contains("current: text");
    }

    @Test
    void functionsGiveWhatTheLibraryGives() {
        List<String> texts = Fixtures.texts(50, 10);
        Fixtures.table(spark, texts).createOrReplaceTempView("texts");
        DemitasseFunctions.register(spark, Fixtures.model("distilbert-nli").toString());
        List<Row> rows = spark.sql("select id, demitasse_classify(text).label, demitasse_classify(text).score, "
                + "demitasse_embed(text), demitasse_classify(null) from texts order by id").collectAsList();
        try (TextClassifier library = TextClassifier.load(Fixtures.model("distilbert-nli"), Fixtures.options())) {
            for (int i = 0; i < texts.size(); i++) {
                assertThat(rows.get(i).getString(1)).isEqualTo(library.classify(texts.get(i)).label());
                assertThat(rows.get(i).getFloat(2)).isEqualTo(library.classify(texts.get(i)).score());
                float[] vector = library.encoder().embed(texts.get(i));
                assertThat(rows.get(i).<Float>getList(3)).hasSize(vector.length).first().isEqualTo(vector[0]);
                assertThat(rows.get(i).isNullAt(4)).isTrue();
            }
        }
        assertThatThrownBy(() -> DemitasseFunctions.registerClassify(spark, "tag",
                Fixtures.model("distilbert-ner").toString())).hasMessageContaining("does not classify texts");
    }

    /** A float becomes a double and back without loss. */
    static void assertSameBits(Vector vector, float[] expected) {
        assertThat(vector.size()).isEqualTo(expected.length);
        for (int i = 0; i < expected.length; i++) {
            assertThat(vector.apply(i)).isEqualTo((double) expected[i]);
        }
    }
}
