package io.demitasse.cli;

import io.demitasse.Options;
import io.demitasse.kernel.KernelChoice;
import java.nio.file.Path;
import java.util.Iterator;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that all commands which run a model share. */
final class ModelOptions {

    /** Where the project lies; the launcher sets it. */
    private static final String HOME = "demitasse.home";
    private static final String DEFAULT_MODEL = "weights/sst2-distilbert.flat";

    @Spec(Spec.Target.MIXEE)
    CommandSpec spec;

    @Option(names = "--model", paramLabel = "FILE",
            description = "The flat weight file; by default " + DEFAULT_MODEL + " beside the launcher.")
    Path model;

    @Option(names = "--threads", paramLabel = "N", description = "How many threads compute; by default all cores.")
    Integer threads;

    @Option(names = "--kernels", paramLabel = "NAME", completionCandidates = KernelNames.class,
            defaultValue = KernelChoice.AUTO,
            description = "${COMPLETION-CANDIDATES}; auto takes the fastest that work here.")
    String kernels;

    Path file() {
        return model != null ? model : Path.of(System.getProperty(HOME, "."), DEFAULT_MODEL);
    }

    Options options() {
        return options(kernels);
    }

    /** For a few words {@code auto} means plain: they are done before the JIT compiler is with the vector kernels. */
    Options options(TextInput input) {
        return options(kernels.equals(KernelChoice.AUTO) && input.isBrief() ? "plain" : kernels);
    }

    private Options options(String kernels) {
        try {
            Options options = Options.defaults().withKernels(kernels);
            return threads == null ? options : options.withThreads(threads);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    static final class KernelNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return KernelChoice.names().iterator();
        }
    }
}
