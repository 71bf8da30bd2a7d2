package io.demitasse.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.MLReader;

/** Reads what {@link ModelWriter} wrote, and checks that the model is the one that was saved. */
final class ModelReader<T extends DemitasseTransformer<T>> extends MLReader<T> {

    private final DefaultParamsReadable<T> parameters = new DefaultParamsReadable<>() {
    };

    @Override
    public T load(String path) {
        T transformer = parameters.read().session(sparkSession()).load(path);
        Path model = new Path(path, ModelWriter.MODEL);
        try {
            FileSystem files = model.getFileSystem(sparkSession().sparkContext().hadoopConfiguration());
            transformer.with(transformer.model(), files.makeQualified(model).toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        transformer.arrivedModel(sparkSession());
        return transformer;
    }
}
