package io.demitasse.cli;

import io.demitasse.Options;
import io.demitasse.Task;
import io.demitasse.kernel.Int8Activations;
import io.demitasse.kernel.KernelChoice;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options that all commands which run a model share. */
final class ModelOptions extends ComputeOptions {

    /** Where the project lies; the launcher sets it. */
    private static final String HOME = "demitasse.home";
    private static final String CLASSIFIER = "weights/sst2-distilbert.flat";
    private static final String EMBEDDER = "weights/all-MiniLM-L6-v2.flat";
    /** Texts of at most so many characters, given as arguments, are worked on by kernels that start at once. */
    private static final int BRIEF = 1000;
    /** The models that come with the project, by their tasks. */
    private static final Map<String, String> DEFAULTS = Map.of("text-classification", CLASSIFIER,
            "feature-extraction", EMBEDDER, "sentence-similarity", EMBEDDER);

    @Option(names = "--model", paramLabel = "FILE|FOLDER",
            description = "The model, a flat weight file or a Hugging Face folder; by default the fitting one in"
                    + " weights/ beside the launcher.")
    Path model;

    @Option(names = "--int8-activations", paramLabel = "exact|fast", defaultValue = "exact",
            converter = Int8ActivationsConverter.class,
            description = "How precisely products with int8 weights are computed: fast needs the machine kernels, takes "
                    + "less time, and may change the label of a text near the border.")
    Int8Activations int8Activations;

    /** The model for a command that classifies, or looks at a classifier. */
    Path file() {
        return model != null ? model : home().resolve(CLASSIFIER);
    }

    /**
     * The model for a task.
     *
     * @throws CommandLine.ParameterException if none is given, and none that comes with the project does it
     */
    Path file(Task task) {
        if (model != null) {
            return model;
        }
        String file = DEFAULTS.get(task.name());
        if (file == null) {
            throw new CommandLine.ParameterException(spec.commandLine(), "no model that comes with the project does "
                    + task.name() + ": give one with --model");
        }
        return home().resolve(file);
    }

    /**
     * Without the launcher, as with java -jar, the folder whose target/ the jar lies in, or in a release the jar's own; else
     * the working folder.
     */
    private static Path home() {
        String home = System.getProperty(HOME);
        if (home != null) {
            return Path.of(home);
        }
        try {
            Path jar = Path.of(ModelOptions.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            Path folder = jar.getParent();
            if (folder != null && folder.endsWith("target")) {
                folder = folder.getParent();
            }
            return folder != null && Files.isDirectory(folder.resolve("weights")) ? folder : Path.of(".");
        } catch (URISyntaxException e) {
            return Path.of(".");
        }
    }

    @Override
    Options options(String kernels) {
        return super.options(kernels).withInt8Activations(int8Activations);
    }

    /**
     * For a few words {@code auto} means plain where it would mean vector: they are done before the JIT compiler is with
     * the vector kernels.
     */
    Options options(boolean brief) {
        boolean plain = kernels.equals(KernelChoice.AUTO) && brief && !KernelChoice.autoStartsAtOnce()
                && int8Activations == Int8Activations.EXACT;
        return options(plain ? "plain" : kernels);
    }

    /** Whether these arguments are a few words; none are not, since then stdin is read. */
    static boolean isBrief(Collection<String> arguments) {
        return !arguments.isEmpty() && arguments.stream().mapToInt(String::length).sum() <= BRIEF;
    }

    static final class Int8ActivationsConverter implements CommandLine.ITypeConverter<Int8Activations> {
        @Override
        public Int8Activations convert(String value) {
            return switch (value) {
                case "exact" -> Int8Activations.EXACT;
                case "fast" -> Int8Activations.FAST;
                default -> throw new CommandLine.TypeConversionException("'" + value + "' is neither exact nor fast");
            };
        }
    }
}
