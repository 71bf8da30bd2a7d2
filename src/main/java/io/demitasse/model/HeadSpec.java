package io.demitasse.model;

import io.demitasse.kernel.Activation;
import java.util.ArrayList;
import java.util.List;

/**
 * A head as data: which tokens it reads, and the row of layers that their last hidden states go through. {@link Head}
 * computes it, forwards and backwards. Immutable.
 *
 * <pre>{@code
 * HeadSpec.over(Positions.Kind.FIRST).linear("pre_classifier", dim, Activation.RELU).dropout("pre_classifier", 0.2f)
 *         .linear("classifier", labels, Activation.NONE);
 * }</pre>
 */
public final class HeadSpec {

    /** How a sequence's rows become one. */
    public enum Pool {
        /** The mean over the tokens. */
        MEAN,
        /** The largest number of each column. */
        MAX,
        /** The sum over the tokens, divided by the square root of how many there are. */
        MEAN_SQRT_LEN
    }

    /** A layer of the row. */
    sealed interface Layer {

        /** {@code activation(x W^T + b)}, with the tensors name.weight and, if it has a bias, name.bias. */
        record Affine(String name, int out, Activation activation, boolean bias) implements Layer {
        }

        /** As {@link Affine}, W being the word embeddings, unless the file has a name.weight of its own. */
        record Tied(String name) implements Layer {
        }

        /** In training, drops numbers; which ones is drawn under a name. */
        record Drop(String name, float probability) implements Layer {
        }

        /** Layer normalisation, with the tensors name.weight and name.bias. */
        record Norm(String name) implements Layer {
        }

        /** Makes one row a sequence. */
        record Pooled(Pool pool) implements Layer {
        }
    }

    private final Positions.Kind reads;
    private final List<Layer> layers;

    private HeadSpec(Positions.Kind reads, List<Layer> layers) {
        this.reads = reads;
        this.layers = List.copyOf(layers);
    }

    /** A head that reads these tokens, and as yet hands on what it reads. */
    public static HeadSpec over(Positions.Kind reads) {
        return new HeadSpec(reads, List.of());
    }

    /** Then {@code activation(x W^T + b)}, {@code out} numbers wide. */
    public HeadSpec linear(String name, int out, Activation activation) {
        return then(new Layer.Affine(name, out, activation, true));
    }

    /** Then {@code activation(x W^T)}, {@code out} numbers wide. */
    public HeadSpec linearWithoutBias(String name, int out, Activation activation) {
        return then(new Layer.Affine(name, out, activation, false));
    }

    /** Then {@code x E^T + b}, E being the word embeddings: a number for each word of the vocabulary. */
    public HeadSpec tied(String name) {
        return then(new Layer.Tied(name));
    }

    /** Then dropout, in training; {@code name} tells its draws from those of others. */
    public HeadSpec dropout(String name, float probability) {
        return then(new Layer.Drop(name, probability));
    }

    /** Then layer normalisation. */
    public HeadSpec layerNorm(String name) {
        return then(new Layer.Norm(name));
    }

    /** Then one row for each sequence. */
    public HeadSpec pool(Pool pool) {
        return then(new Layer.Pooled(pool));
    }

    /** This pooling, then the layers of another head behind its own. */
    HeadSpec thenBehindPooling(HeadSpec other) {
        List<Layer> all = new ArrayList<>(layers);
        all.addAll(other.layers.stream().filter(layer -> !(layer instanceof Layer.Pooled)).toList());
        return new HeadSpec(reads, all);
    }

    private HeadSpec then(Layer layer) {
        List<Layer> longer = new ArrayList<>(layers);
        longer.add(layer);
        return new HeadSpec(reads, longer);
    }

    /** Which tokens the head reads. */
    public Positions.Kind reads() {
        return reads;
    }

    List<Layer> layers() {
        return layers;
    }
}
