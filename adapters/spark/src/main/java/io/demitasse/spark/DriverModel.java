package io.demitasse.spark;

import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;

/**
 * A model on the driver: a checked copy, so that what executors fetch later is what was checked here, whatever becomes
 * of the original.
 *
 * @param file the copy
 * @param checksum the flat file's fingerprint
 */
record DriverModel(Path file, String checksum) {

    /** What a model file was when it was copied. */
    private record Original(String name, long length, long modified) {
    }

    private static final Map<Original, DriverModel> COPIES = new ConcurrentHashMap<>();
    /** By checksum, for each context that has not ended. */
    private static final Map<SparkContext, Map<String, Broadcast<byte[]>>> SHIPPED = new WeakHashMap<>();

    /**
     * Copies and checks a model, unless this driver has done so since the file last changed.
     *
     * @param model a path on the driver, or a URI that Hadoop knows
     * @throws ModelFormatException if there is no such file or it is no whole flat weight file
     */
    static DriverModel of(String model, Configuration hadoop) {
        try {
            org.apache.hadoop.fs.Path path = path(model);
            FileSystem files = path.getFileSystem(hadoop);
            FileStatus status = files.getFileStatus(path);
            if (status.isDirectory()) {
                throw new ModelFormatException(named(model),
                        "a directory, not a flat weight file; \"demitasse convert\" makes one of it");
            }
            Original original = new Original(model, status.getLen(), status.getModificationTime());
            DriverModel copy = COPIES.get(original);
            if (copy == null || !Files.exists(copy.file)) {
                copy = copy(model, files, path);
                COPIES.put(original, copy);
            }
            return copy;
        } catch (FileNotFoundException e) {
            throw new ModelFormatException(named(model), "there is no such file: the model is gone or was moved", e);
        } catch (IOException e) {
            throw new UncheckedIOException("the model " + model + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** The model with this checksum, if this driver has a copy: then nobody need look for the original. */
    static @Nullable DriverModel known(String checksum) {
        Path copy = copyOf(checksum);
        return Files.exists(copy) ? new DriverModel(copy, checksum) : null;
    }

    /** Without a scheme it is the driver's own path, whatever file system Spark reads tables from. */
    static org.apache.hadoop.fs.Path path(String model) {
        return model.matches("[A-Za-z][A-Za-z0-9+.-]+:.*") ? new org.apache.hadoop.fs.Path(model)
                : new org.apache.hadoop.fs.Path(Path.of(model).toAbsolutePath().toUri());
    }

    /** What error messages name. */
    static Path named(String model) {
        return Path.of(path(model).toUri().getPath());
    }

    private static DriverModel copy(String model, FileSystem files, org.apache.hadoop.fs.Path path) throws IOException {
        Path arriving = Files.createTempFile(Folder.PATH, "arriving-", ".flat");
        try {
            try (InputStream in = files.open(path)) {
                Files.copy(in, arriving, StandardCopyOption.REPLACE_EXISTING);
            }
            String checksum;
            try (FlatFile flat = FlatFile.open(arriving)) {
                flat.verify();
                checksum = flat.fingerprint();
            } catch (ModelFormatException e) {
                // The user knows the original, not the copy.
                throw new ModelFormatException(named(model), e.getMessage().replace(arriving + ": ", ""), e);
            }
            Path copy = copyOf(checksum);
            Files.move(arriving, copy, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            return new DriverModel(copy, checksum);
        } finally {
            Files.deleteIfExists(arriving);
        }
    }

    /**
     * What executors fetch the file by, each once. A broadcast and not {@code SparkContext.addFile}, whose files jobs
     * on tables do not see: Spark 4.2 runs these with the files of their session alone.
     */
    Broadcast<byte[]> ship(SparkContext context) {
        synchronized (SHIPPED) {
            return SHIPPED.computeIfAbsent(context, absent -> new HashMap<>()).computeIfAbsent(checksum, absent -> {
                try {
                    return JavaSparkContext.fromSparkContext(context).broadcast(Files.readAllBytes(file));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    private static Path copyOf(String checksum) {
        return Folder.PATH.resolve(checksum + ".flat");
    }

    /** Where the copies lie until the driver ends. */
    private static final class Folder {

        private static final Path PATH = create();

        private static Path create() {
            try {
                Path folder = Files.createTempDirectory("demitasse-models-");
                Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder.toFile()), "demitasse-delete"));
                return folder;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static void delete(File folder) {
            File[] copies = folder.listFiles();
            for (File copy : copies == null ? new File[0] : copies) {
                copy.delete();
            }
            folder.delete();
        }
    }
}
