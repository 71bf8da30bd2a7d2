package io.demitasse.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.demitasse.file.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.classification.LogisticRegression;
import org.apache.spark.ml.feature.StringIndexer;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Saved in one session, loaded in another, alone and in pipelines with MLlib's own stages. */
class SavedTransformersTest {

    @TempDir
    private Path folder;
    private SparkSession spark = Fixtures.spark();

    @AfterEach
    void stop() {
        spark.stop();
    }

    private Dataset<Row> table() {
        return Fixtures.table(spark, Fixtures.texts(200, 11));
    }

    /** Another session, as of another day: even Spark's context is new. */
    private void nextSession() {
        spark.stop();
        spark = Fixtures.spark();
    }

    private String save(MLWritable stage, String name) throws IOException {
        Path saved = folder.resolve(name);
        stage.save(saved.toString());
        return saved.toString();
    }

    private TextClassifierTransformer classifier(Path model) {
        return new TextClassifierTransformer().setModel(model.toString()).setInputCol("text").setBatchSize(50);
    }

    @Test
    void eachIsTheSameInTheNextSession() throws IOException {
        List<DemitasseTransformer<?>> all = List.of(classifier(Fixtures.model("distilbert-nli")),
                new TextEmbedderTransformer().setModel(Fixtures.model("st-bert-cls").toString()).setInputCol("text")
                        .setDimensions(5),
                new TokenClassifierTransformer().setModel(Fixtures.model("bert-ner").toString()).setInputCol("text")
                        .setIgnoreLabels("O", "B-PER").setAggregationStrategy("max"),
                new RerankerTransformer().setModel(Fixtures.model("distilbert-cross-identity").toString())
                        .setQueryCol("text").setDocumentCol("pair").setRawScores(true));
        List<List<Row>> before = all.stream().map(each -> each.transform(table()).collectAsList()).toList();
        for (int i = 0; i < all.size(); i++) {
            save(all.get(i), "stage" + i);
        }
        nextSession();
        for (int i = 0; i < all.size(); i++) {
            String path = folder.resolve("stage" + i).toString();
            DemitasseTransformer<?> loaded = List.<DemitasseTransformer<?>>of(
                    i == 0 ? TextClassifierTransformer.load(path) : i == 1 ? TextEmbedderTransformer.load(path)
                            : i == 2 ? TokenClassifierTransformer.load(path) : RerankerTransformer.load(path)).get(0);
            assertThat(loaded.uid()).isEqualTo(all.get(i).uid());
            assertThat(loaded.transform(table()).collectAsList()).isEqualTo(before.get(i));
        }
    }

    @Test
    void aFolderIsOverwrittenOnlyIfAsked() throws IOException {
        TextClassifierTransformer classifier = classifier(Fixtures.model("distilbert-nli"));
        String path = save(classifier, "twice");
        assertThatThrownBy(() -> classifier.save(path)).hasMessageContaining("already exists");
        classifier.setBatchSize(3).write().overwrite().save(path);
        assertThat(TextClassifierTransformer.load(path).explainParams()).contains("current: 3");
        // Saved over itself, where its model lies too.
        TextClassifierTransformer.load(path).write().overwrite().save(path);
        TextClassifierTransformer loaded = TextClassifierTransformer.load(path);
        assertThat(loaded.transform(table()).count()).isEqualTo(200);
        // Another model than the saved one, since it was asked for.
        List<Row> others = loaded.setModel(Fixtures.model("bert-nli").toString()).transform(table()).collectAsList();
        assertThat(others).isEqualTo(classifier(Fixtures.model("bert-nli")).transform(table()).collectAsList());
    }

    @Test
    void saysThatTheModelIsGoneOrChangedOrDamaged() throws IOException {
        String path = save(classifier(Fixtures.model("distilbert-nli")), "old");
        Path model = folder.resolve("old/model.flat");
        // Hadoop's own checksum beside the file would speak first.
        Files.deleteIfExists(folder.resolve("old/.model.flat.crc"));
        byte[] bytes = Files.readAllBytes(model);
        Files.copy(Fixtures.model("bert-nli"), model, StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> TextClassifierTransformer.load(path)).isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("old/model.flat").hasMessageContaining("it has changed");
        bytes[bytes.length - 1] ^= 1;
        Files.write(model, bytes);
        assertThatThrownBy(() -> TextClassifierTransformer.load(path)).isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("old/model.flat: tensor classifier.bias: crc32: expected");
        Files.delete(model);
        assertThatThrownBy(() -> TextClassifierTransformer.load(path)).isInstanceOf(ModelFormatException.class)
                .hasMessageContaining("old/model.flat").hasMessageContaining("the model is gone");
    }

    @Test
    void aPipelineSaysItToo() throws IOException {
        save(new Pipeline().setStages(new PipelineStage[] {classifier(Fixtures.model("distilbert-nli"))}).fit(table()), "all");
        Path model;
        try (Stream<Path> files = Files.walk(folder.resolve("all"))) {
            model = files.filter(file -> file.endsWith("model.flat")).findFirst().orElseThrow();
        }
        nextSession();
        String path = folder.resolve("all").toString();
        assertThat(PipelineModel.load(path).transform(table()).count()).isEqualTo(200);
        Files.deleteIfExists(model.resolveSibling(".model.flat.crc"));
        Files.copy(Fixtures.model("bert-nli"), model, StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> PipelineModel.load(path)).isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(model.toString()).hasMessageContaining("it has changed");
        Files.delete(model);
        assertThatThrownBy(() -> PipelineModel.load(path)).isInstanceOf(ModelFormatException.class)
                .hasMessage(model + ": there is no such file: the"
                + " model is gone or was moved");
    }

    @Test
    void standsInPipelinesWithOthersStages() throws IOException {
        Dataset<Row> table = table();
        Pipeline pipeline = new Pipeline().setStages(new PipelineStage[] {
            classifier(Fixtures.model("distilbert-nli")),
            new TextEmbedderTransformer().setModel(Fixtures.model("st-distilbert-mean").toString()).setInputCol("text")
                    .setOutputType("vector"),
            new StringIndexer().setInputCol("label").setOutputCol("target"),
            new LogisticRegression().setFeaturesCol("embedding").setLabelCol("target").setMaxIter(3)
                    .setPredictionCol("own").setProbabilityCol("ownProbability").setRawPredictionCol("ownRaw")});
        PipelineModel fitted = pipeline.fit(table);
        List<Row> before = fitted.transform(table).select("id", "label", "embedding", "own").collectAsList();
        assertThat(before).hasSize(200).allMatch(row -> !row.isNullAt(3));
        String saved = save(fitted, "fitted");
        String unfitted = save(pipeline, "unfitted");
        nextSession();
        assertThat(PipelineModel.load(saved).transform(table()).select("id", "label", "embedding", "own")
                .collectAsList()).isEqualTo(before);
        assertThat(Pipeline.load(unfitted).getStages()).hasSize(4);
    }
}
