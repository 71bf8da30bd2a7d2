package io.demitasse.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.MLWriter;

/** Writes a transformer: its parameters with the model's checksum among them, and the model file beside them. */
final class ModelWriter extends MLWriter {

    /** The model file's name in a saved transformer's folder. */
    static final String MODEL = "model.flat";

    private final DemitasseTransformer<?> transformer;

    ModelWriter(DemitasseTransformer<?> transformer) {
        this.transformer = transformer;
    }

    @Override
    public void saveImpl(String path) {
        try {
            DriverModel model = transformer.driverModel(sparkSession());
            DemitasseTransformer<?> saved = transformer.copy(new ParamMap());
            saved.setModel(MODEL);
            saved.setModelChecksum(model.checksum());
            saved.metadataWriter().session(sparkSession()).save(path);
            Configuration hadoop = sparkSession().sparkContext().hadoopConfiguration();
            Path target = new Path(path, MODEL);
            FileSystem files = target.getFileSystem(hadoop);
            files.copyFromLocalFile(false, true, new Path(model.file().toUri()), target);
        } catch (IOException e) {
            throw new UncheckedIOException("the transformer cannot be saved to " + path + ": " + e.getMessage(), e);
        }
    }
}
