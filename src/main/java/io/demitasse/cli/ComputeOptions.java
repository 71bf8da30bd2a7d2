package io.demitasse.cli;

import io.demitasse.Options;
import io.demitasse.kernel.KernelChoice;
import java.util.Iterator;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** On what to compute. */
class ComputeOptions {

    @Spec(Spec.Target.MIXEE)
    CommandSpec spec;

    @Option(names = "--threads", paramLabel = "N", description = "How many threads compute; by default all cores.")
    Integer threads;

    @Option(names = "--kernels", paramLabel = "NAME", completionCandidates = KernelNames.class,
            defaultValue = KernelChoice.AUTO,
            description = "${COMPLETION-CANDIDATES}; auto takes the fastest that work here.")
    String kernels;

    Options options() {
        return options(kernels);
    }

    Options options(String kernels) {
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
