package io.demitasse.cli;

import io.demitasse.Options;
import io.demitasse.kernel.KernelChoice;
import java.net.URISyntaxException;
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
        return model != null ? model : home().resolve(DEFAULT_MODEL);
    }

    /** Without the launcher, as with java -jar, the folder whose target/ the jar lies in; else the working folder. */
    private static Path home() {
        String home = System.getProperty(HOME);
        if (home != null) {
            return Path.of(home);
        }
        try {
            Path jar = Path.of(ModelOptions.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            Path target = jar.getParent();
            return target != null && target.endsWith("target") && target.getParent() != null ? target.getParent()
                    : Path.of(".");
        } catch (URISyntaxException e) {
            return Path.of(".");
        }
    }

    /** For a few words {@code auto} means plain: they are done before the JIT compiler is with the vector kernels. */
    Options options(TextInput input) {
        return options(kernels.equals(KernelChoice.AUTO) && input.isBrief() ? "plain" : kernels);
    }
}
