package io.demitasse;

import io.demitasse.kernel.Int8Activations;
import io.demitasse.kernel.KernelChoice;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a model reads and computes. Start from {@link #defaults()} and change what should be different.
 *
 * @param threads how many threads one call computes on, the calling one included; at least 1
 * @param kernels {@code auto} for the fastest that work on this machine, or one kind by name; see
 *     {@link KernelChoice#names()}
 * @param truncation what is done with a text that is longer than the model can read
 * @param splitSpecialTokens whether {@code [SEP]}, {@code [MASK]} and the like standing in a text are plain text. If not,
 *     they are the special tokens, as in Hugging Face's tokenizers: then whoever writes the text can steer the model
 *     by them, so set this for texts from strangers
 * @param int8Activations how precisely products with int8 weights are computed. Only the machine kernels can be
 *     {@link Int8Activations#FAST}: where they do not work, loading a model with it throws IllegalArgumentException
 * @param listener told of each pass through the encoder; null for none
 */
public record Options(int threads, String kernels, Truncation truncation, boolean splitSpecialTokens,
                      Int8Activations int8Activations, @Nullable ModelListener listener) {

    /** Throws IllegalArgumentException if threads is below 1 or no kernels have that name. */
    public Options {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, not " + threads);
        }
        if (!KernelChoice.names().contains(kernels)) {
            throw new IllegalArgumentException("no kernels are called \"" + kernels + "\"; there are "
                    + String.join(", ", KernelChoice.names()));
        }
        Objects.requireNonNull(truncation, "truncation");
        Objects.requireNonNull(int8Activations, "int8Activations");
    }

    /** Without a listener. */
    public Options(int threads, String kernels, Truncation truncation, boolean splitSpecialTokens,
                   Int8Activations int8Activations) {
        this(threads, kernels, truncation, splitSpecialTokens, int8Activations, null);
    }

    /** As many threads as the JVM has processors, the fastest kernels, and texts read as Hugging Face reads them. */
    public static Options defaults() {
        return new Options(Runtime.getRuntime().availableProcessors(), KernelChoice.AUTO, Truncation.TRUNCATE, false,
                Int8Activations.EXACT);
    }

    public Options withThreads(int threads) {
        return new Options(threads, kernels, truncation, splitSpecialTokens, int8Activations, listener);
    }

    public Options withKernels(String kernels) {
        return new Options(threads, kernels, truncation, splitSpecialTokens, int8Activations, listener);
    }

    public Options withTruncation(Truncation truncation) {
        return new Options(threads, kernels, truncation, splitSpecialTokens, int8Activations, listener);
    }

    public Options withSplitSpecialTokens(boolean splitSpecialTokens) {
        return new Options(threads, kernels, truncation, splitSpecialTokens, int8Activations, listener);
    }

    public Options withInt8Activations(Int8Activations int8Activations) {
        return new Options(threads, kernels, truncation, splitSpecialTokens, int8Activations, listener);
    }

    /** Tells it of each pass, instead of the one before; null for nobody. */
    public Options withListener(@Nullable ModelListener listener) {
        return new Options(threads, kernels, truncation, splitSpecialTokens, int8Activations, listener);
    }
}
