package io.demitasse.spark;

import io.demitasse.Model;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import java.io.ByteArrayInputStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.broadcast.Broadcast;

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
     * @param file the flat file's bytes, which are fetched only if they are needed
     * @throws ModelFormatException if the file that arrived here is damaged or another than was sent
     */
    static Model get(ModelSpec spec, Broadcast<byte[]> file) {
        return OPEN.computeIfAbsent(spec, absent -> open(spec, file.value()));
    }

    private static Model open(ModelSpec spec, byte[] file) {
        try (FlatFile flat = FlatFile.read(new ByteArrayInputStream(file))) {
            if (!flat.fingerprint().equals(spec.checksum())) {
                throw ModelFormatException.of(FlatFile.STREAM, "the model's checksum", spec.checksum(),
                        flat.fingerprint());
            }
        }
        LOADS.incrementAndGet();
        return Model.load(new ByteArrayInputStream(file), spec.options());
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
