package io.demitasse.spark;

import io.demitasse.Options;
import io.demitasse.Truncation;
import io.demitasse.kernel.Int8Activations;
import java.io.Serializable;
import java.util.Locale;

/**
 * Which model a task needs, and how it is to read and compute: what an executor knows its open models by.
 *
 * @param checksum the flat file's fingerprint
 * @param kernels as in {@link Options}
 * @param truncation {@code truncate} or {@code fail}
 * @param splitSpecialTokens as in {@link Options}
 * @param int8Activations {@code exact} or {@code fast}
 */
record ModelSpec(String checksum, String kernels, String truncation, boolean splitSpecialTokens, String int8Activations)
        implements Serializable {

    /** Of a model that reads and computes as the library does by itself. */
    static ModelSpec defaults(String checksum) {
        return new ModelSpec(checksum, "auto", "truncate", false, "exact");
    }

    /** One thread: the task's own, since Spark runs as many tasks as an executor has cores. */
    Options options() {
        return Options.defaults().withThreads(1).withKernels(kernels)
                .withTruncation(truncation.equals("fail") ? Truncation.FAIL : Truncation.TRUNCATE)
                .withSplitSpecialTokens(splitSpecialTokens)
                .withInt8Activations(Int8Activations.valueOf(int8Activations.toUpperCase(Locale.ROOT)));
    }
}
