package io.demitasse.spark;

import io.demitasse.Model;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.SparkFiles;

/**
 * The models that are open in this JVM, each once, however many tasks use it. They stay open until the JVM ends, since
 * the next task most likely needs them again.
 */
final class SharedModels {

    private static final Map<ModelSpec, Model> OPEN = new ConcurrentHashMap<>();
    private static final AtomicInteger LOADS = new AtomicInteger();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(SharedModels::closeAll, "demitasse-close"));
    }

    private SharedModels() {
    }

    /**
     * The model, opened at the first call; others who want it meanwhile wait for it.
     *
     * @throws ModelFormatException if the file that arrived here is damaged or another than was sent
     */
    static Model get(ModelSpec spec) {
        return OPEN.computeIfAbsent(spec, SharedModels::open);
    }

    private static Model open(ModelSpec spec) {
        Path file = Path.of(SparkFiles.get(spec.fileName()));
        try (FlatFile flat = FlatFile.open(file)) {
            if (!flat.fingerprint().equals(spec.checksum())) {
                throw ModelFormatException.of(file, "the model's checksum", spec.checksum(), flat.fingerprint());
            }
        }
        LOADS.incrementAndGet();
        return Model.load(file, spec.options());
    }

    /** How often a model was opened in this JVM. */
    static int loads() {
        return LOADS.get();
    }

    private static void closeAll() {
        OPEN.values().forEach(Model::close);
        OPEN.clear();
    }
}
