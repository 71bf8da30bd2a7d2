package io.demitasse.model;

import io.demitasse.kernel.CounterRandom;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;

/**
 * Sets numbers to zero with a probability and multiplies the others by {@code 1 / (1 - probability)}: PyTorch's
 * nn.Dropout in training (Srivastava et al. 2014). Which ones is drawn from the seed, the step, the layer's name and the
 * number's place, so the backward pass draws the same ones again, and threads do not matter.
 */
final class Dropout {

    /** Drops nothing. */
    static final Dropout NONE = new Dropout(0, 0, false);

    private final long seed;
    private final long step;
    private final boolean on;

    private Dropout(long seed, long step, boolean on) {
        this.seed = seed;
        this.step = step;
        this.on = on;
    }

    static Dropout of(long seed, long step) {
        return new Dropout(seed, step, true);
    }

    /** Whether anything is dropped at this probability. */
    boolean drops(float probability) {
        return on && probability > 0;
    }

    /** What {@link Kernels#dropout} draws a layer's numbers with. */
    long key(String layer) {
        return CounterRandom.key(seed, step, layer.hashCode());
    }

    /** {@code x = dropout(x)} in place; for a gradient the same: {@code dx = dropout(dy)}. */
    void apply(String layer, float probability, Matrix x, Kernels kernels, Workspace workspace) {
        if (!drops(probability)) {
            return;
        }
        long key = key(layer);
        workspace.run(x.rows(), (row, worker) ->
                kernels.dropout(key, row * x.columns(), probability, x.data(), x.row(row), x.columns()));
    }
}
