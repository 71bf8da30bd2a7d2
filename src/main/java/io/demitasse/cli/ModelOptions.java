package io.demitasse.cli;

import io.demitasse.Options;
import io.demitasse.kernel.KernelChoice;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options that all commands which run a model share. */
final class ModelOptions extends ComputeOptions {

    /** Where the project lies; the launcher sets it. */
    private static final String HOME = "demitasse.home";
    private static final String DEFAULT_MODEL = "weights/sst2-distilbert.flat";

    @Option(names = "--model", paramLabel = "FILE",
            description = "The flat weight file; by default " + DEFAULT_MODEL + " beside the launcher.")
    Path model;

    Path file() {
        return model != null ? model : Path.of(System.getProperty(HOME, "."), DEFAULT_MODEL);
    }

    /** For a few words {@code auto} means plain: they are done before the JIT compiler is with the vector kernels. */
    Options options(TextInput input) {
        return options(kernels.equals(KernelChoice.AUTO) && input.isBrief() ? "plain" : kernels);
    }
}
