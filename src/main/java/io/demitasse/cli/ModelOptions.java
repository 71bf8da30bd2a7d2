package io.demitasse.cli;

import io.demitasse.Options;
import io.demitasse.kernel.Int8Activations;
import io.demitasse.kernel.KernelChoice;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options that all commands which run a model share. */
final class ModelOptions extends ComputeOptions {

    /** Where the project lies; the launcher sets it. */
    private static final String HOME = "demitasse.home";
    private static final String DEFAULT_MODEL = "weights/sst2-distilbert.flat";

    @Option(names = "--model", paramLabel = "FILE",
            description = "The flat weight file; by default " + DEFAULT_MODEL + " beside the launcher.")
    Path model;

    @Option(names = "--int8-activations", paramLabel = "exact|fast", defaultValue = "exact",
            converter = Int8ActivationsConverter.class,
            description = "How precisely products with int8 weights are computed: fast needs the machine kernels, takes "
                    + "less time, and may change the label of a text near the border.")
    Int8Activations int8Activations;

    Path file() {
        return model != null ? model : Path.of(System.getProperty(HOME, "."), DEFAULT_MODEL);
    }

    @Override
    Options options(String kernels) {
        return super.options(kernels).withInt8Activations(int8Activations);
    }

    /**
     * For a few words {@code auto} means plain where it would mean vector: they are done before the JIT compiler is with
     * the vector kernels.
     */
    Options options(TextInput input) {
        boolean plain = kernels.equals(KernelChoice.AUTO) && input.isBrief() && !KernelChoice.startsAtOnce()
                && int8Activations == Int8Activations.EXACT;
        return options(plain ? "plain" : kernels);
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
