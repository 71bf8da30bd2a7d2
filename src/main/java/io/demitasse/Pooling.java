package io.demitasse;

import io.demitasse.model.HeadSpec;
import io.demitasse.model.Positions;
import org.jspecify.annotations.Nullable;

/** How the hidden states of a text's tokens become one vector, as sentence-transformers names it. */
public enum Pooling {
    /** The mean over all tokens, {@code [CLS]} and {@code [SEP]} included. */
    MEAN(HeadSpec.Pool.MEAN),
    /** The hidden state of {@code [CLS]}. */
    CLS(null),
    /** The largest number of each column. */
    MAX(HeadSpec.Pool.MAX),
    /** The sum over all tokens, divided by the square root of how many there are. */
    MEAN_SQRT_LEN(HeadSpec.Pool.MEAN_SQRT_LEN);

    private final HeadSpec.@Nullable Pool pool;

    Pooling(HeadSpec.@Nullable Pool pool) {
        this.pool = pool;
    }

    /** The head that pools so. */
    HeadSpec head() {
        return pool == null ? HeadSpec.over(Positions.Kind.FIRST) : HeadSpec.over(Positions.Kind.ALL).pool(pool);
    }
}
