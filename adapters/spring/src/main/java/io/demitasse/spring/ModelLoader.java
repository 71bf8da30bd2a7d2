package io.demitasse.spring;

import io.demitasse.Model;
import io.demitasse.ModelListener;
import io.demitasse.Options;
import io.demitasse.Task;
import io.demitasse.Tasks;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.model.ModelConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;

/**
 * Finds what {@code demitasse.model} names. Without {@code classpath:} or the like before it, it is a path; what lies in a
 * folder is opened there, so that its weights are mapped, and what lies in a jar is read as a stream.
 */
final class ModelLoader {

    private ModelLoader() {
    }

    static Model load(DemitasseProperties properties, ResourceLoader resources, @Nullable ModelListener listener) {
        String location = location(properties);
        try {
            Options options = properties.options().withListener(listener);
            return at(location, resources, path -> Model.load(path, options), stream -> Model.load(stream, options));
        } catch (IOException | UncheckedIOException | IllegalArgumentException | ModelFormatException e) {
            throw new ModelUnavailableException(location, e);
        }
    }

    /** The names of the tasks that a model can do. */
    static Set<String> tasks(String location, ResourceLoader resources) {
        try {
            return at(location, resources, path -> tasks(ModelFiles.open(path)), stream -> tasks(FlatFile.read(stream)));
        } catch (IOException | UncheckedIOException | IllegalArgumentException | ModelFormatException e) {
            throw new ModelUnavailableException(location, e);
        }
    }

    private static String location(DemitasseProperties properties) {
        return properties.model() == null ? "" : properties.model();
    }

    private static Set<String> tasks(FlatFile file) {
        try (file) {
            Set<String> names = new TreeSet<>();
            Tasks.of(ModelConfig.of(file), file.labels()).stream().map(Task::name).forEach(names::add);
            names.add("feature-extraction");
            return names;
        }
    }

    private static <T> T at(String location, ResourceLoader resources, Function<Path, T> file,
                            Function<InputStream, T> stream) throws IOException {
        if (location.isBlank()) {
            throw new IllegalArgumentException("it is empty: give a path, or classpath: and a resource's name");
        }
        // A scheme has two letters at least: C:\models is a path.
        if (!location.matches("[A-Za-z][A-Za-z0-9+.-]+:.*")) {
            return file.apply(existing(Path.of(location)));
        }
        Resource resource = resources.getResource(location);
        if (!resource.exists()) {
            throw new IllegalArgumentException("there is no such resource");
        }
        if (resource.isFile()) {
            return file.apply(existing(resource.getFile().toPath()));
        }
        try (InputStream in = resource.getInputStream()) {
            return stream.apply(in);
        }
    }

    private static Path existing(Path path) {
        if (!Files.exists(path)) {
            throw new IllegalArgumentException("there is no file " + path.toAbsolutePath());
        }
        return path;
    }
}
