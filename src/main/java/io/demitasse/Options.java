package io.demitasse;

import io.demitasse.kernel.KernelChoice;

/**
 * How a model computes.
 *
 * @param threads how many threads one call computes on, the calling one included; at least 1
 * @param kernels {@code auto} for the fastest that work on this machine, or one kind by name; see
 *     {@link KernelChoice#names()}
 */
public record Options(int threads, String kernels) {

    /** Throws IllegalArgumentException if threads is below 1 or no kernels have that name. */
    public Options {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, not " + threads);
        }
        if (!KernelChoice.names().contains(kernels)) {
            throw new IllegalArgumentException("no kernels are called \"" + kernels + "\"; there are "
                    + String.join(", ", KernelChoice.names()));
        }
    }

    /** As many threads as the JVM has processors, and the fastest kernels. */
    public static Options defaults() {
        return new Options(Runtime.getRuntime().availableProcessors(), KernelChoice.AUTO);
    }

    public Options withThreads(int threads) {
        return new Options(threads, kernels);
    }

    public Options withKernels(String kernels) {
        return new Options(threads, kernels);
    }
}
