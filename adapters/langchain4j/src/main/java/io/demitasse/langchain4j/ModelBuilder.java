package io.demitasse.langchain4j;

import io.demitasse.Options;
import io.demitasse.Truncation;
import java.io.InputStream;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What all builders here have in common: which model it is, and how it computes. A setter whose value is no text has a
 * twin that takes one, because Solr and others that read settings out of files look for that.
 *
 * @param <T> what has the model: loaded here it is closed with what is built, given it stays the caller's
 * @param <B> the builder itself
 */
public abstract class ModelBuilder<T extends AutoCloseable, B extends ModelBuilder<T, B>> {

    private @Nullable Path file;
    private @Nullable InputStream stream;
    private @Nullable T shared;
    private Options options = Options.defaults();

    ModelBuilder() {
    }

    abstract B self();

    /** A flat weight file, or a Hugging Face folder. */
    public B model(Path file) {
        this.file = file;
        return self();
    }

    /**
     * See {@link #model(Path)}.
     *
     * @throws IllegalArgumentException if it is no path
     */
    public B model(String file) {
        try {
            return model(Path.of(file));
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("model is \"" + file + "\", which is no path: " + e.getReason(), e);
        }
    }

    /** A flat weight file such as {@code App.class.getResourceAsStream("/model.flat")}; the caller closes it. */
    public B model(InputStream stream) {
        this.stream = stream;
        return self();
    }

    /** A model that is loaded already. It stays the caller's to close. */
    B shared(T shared) {
        this.shared = shared;
        return self();
    }

    /** How the model reads and computes; replaces what was set before. */
    public B options(Options options) {
        this.options = options;
        return self();
    }

    /** How many threads one call computes on; as many as there are processors if not said. */
    public B threads(int threads) {
        this.options = options.withThreads(threads);
        return self();
    }

    /** See {@link #threads(int)}. */
    public B threads(String threads) {
        return threads(integer("threads", threads));
    }

    /** The kernels' name; {@code auto} if not said. */
    public B kernels(String kernels) {
        this.options = options.withKernels(kernels);
        return self();
    }

    /** What is done with a text that is longer than the model reads; it is cut if not said. */
    public B truncation(Truncation truncation) {
        this.options = options.withTruncation(truncation);
        return self();
    }

    final Options options() {
        return options;
    }

    /** A model, and whether it is ours to close. */
    record Held<T extends AutoCloseable>(T model, boolean owned, String name) {

        void close() {
            if (owned) {
                try {
                    model.close();
                } catch (RuntimeException e) {
                    throw e;
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        /** Something made of the model, which is closed if that fails. */
        <R> R make(Function<Held<T>, R> maker) {
            try {
                return maker.apply(this);
            } catch (RuntimeException | Error e) {
                close();
                throw e;
            }
        }
    }

    /** @throws IllegalArgumentException if it was not said which model, or twice */
    final Held<T> held(BiFunction<Path, Options, T> ofFile, BiFunction<InputStream, Options, T> ofStream) {
        int said = (file == null ? 0 : 1) + (stream == null ? 0 : 1) + (shared == null ? 0 : 1);
        if (said != 1) {
            throw new IllegalArgumentException(said == 0 ? "no model: call model(...) with a flat weight file"
                    : "more than one model was given");
        }
        if (shared != null) {
            if (!options.equals(Options.defaults())) {
                throw new IllegalArgumentException("options are for a model that is loaded here, and this one is already");
            }
            return new Held<>(shared, false, "demitasse");
        }
        if (file != null) {
            return new Held<>(ofFile.apply(file, options), true, name(file));
        }
        return new Held<>(ofStream.apply(stream, options), true, "demitasse");
    }

    /** A file's name without its ending, as in {@code all-MiniLM-L6-v2}. */
    private static String name(Path file) {
        String name = String.valueOf(file.toAbsolutePath().normalize().getFileName());
        return name.endsWith(".flat") ? name.substring(0, name.length() - ".flat".length()) : name;
    }

    static int integer(String name, String value) {
        try {
            return Integer.parseInt(value.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " must be a whole number, not \"" + value + "\"", e);
        }
    }
}
