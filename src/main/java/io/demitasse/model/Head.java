package io.demitasse.model;

import io.demitasse.file.FlatFile;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.ArrayList;
import java.util.List;

/** What stands on an encoder: a row of layers over the hidden states of chosen tokens, as a {@link HeadSpec} says. */
public final class Head {

    /** One layer with its weights. */
    private interface Layer {

        /** @return lent by the workspace, or x itself, changed */
        Matrix forward(Matrix x, Batch batch, Workspace workspace, Trace trace);

        /**
         * @param gradient of what forward gave; overwritten
         * @return of what forward got, lent by the workspace, or {@code gradient} itself
         */
        Matrix backward(Matrix gradient, Batch batch, Workspace workspace, GradientTrace trace);
    }

    private final HeadSpec spec;
    private final List<Layer> layers;
    private final int width;

    private Head(HeadSpec spec, List<Layer> layers, int width) {
        this.spec = spec;
        this.layers = List.copyOf(layers);
        this.width = width;
    }

    /**
     * Reads a head's weights.
     *
     * @param encoder what it stands on
     * @throws io.demitasse.file.ModelFormatException if a tensor is missing, damaged, or not of the expected shape
     */
    public static Head load(FlatFile file, HeadSpec spec, Encoder encoder, Kernels kernels) {
        return load(Weights.of(file), spec, encoder, kernels);
    }

    static Head load(Weights root, HeadSpec spec, Encoder encoder, Kernels kernels) {
        ModelConfig config = encoder.config();
        List<Layer> layers = new ArrayList<>();
        int width = config.shape().dim();
        for (HeadSpec.Layer layer : spec.layers()) {
            if (layer instanceof HeadSpec.Layer.Affine affine) {
                layers.add(new Affine(Linear.load(root.of(affine.name()), kernels, affine.out(), width,
                        affine.activation(), affine.bias())));
                width = affine.out();
            } else if (layer instanceof HeadSpec.Layer.Tied tied) {
                layers.add(new Affine(Linear.loadTied(root.of(tied.name()), root.of(Embeddings.WORDS),
                        encoder.words(), kernels, config.shape().vocabSize(), width)));
                width = config.shape().vocabSize();
            } else if (layer instanceof HeadSpec.Layer.Norm norm) {
                layers.add(new Norm(LayerNorm.load(root.of(norm.name()), kernels, config)));
            } else if (layer instanceof HeadSpec.Layer.Drop drop) {
                layers.add(new Drop(drop, kernels));
            } else if (layer instanceof HeadSpec.Layer.Pooled pooled) {
                layers.add(new Pooling(pooled.pool()));
            }
        }
        return new Head(spec, layers, width);
    }

    /**
     * This head with another pooling before its other layers.
     *
     * @param pooling which tokens are read, and how they are pooled, if they are
     */
    public Head repooled(HeadSpec pooling) {
        List<Layer> all = new ArrayList<>();
        for (HeadSpec.Layer layer : pooling.layers()) {
            all.add(new Pooling(((HeadSpec.Layer.Pooled) layer).pool()));
        }
        all.addAll(layers.stream().filter(layer -> !(layer instanceof Pooling)).toList());
        return new Head(pooling.thenBehindPooling(spec), all, width);
    }

    /** Which tokens this head reads. */
    public Positions.Kind reads() {
        return spec.reads();
    }

    /** How many numbers a row of its outputs has. */
    public int width() {
        return width;
    }

    /** Whether it gives one row a sequence, instead of one for each token that it reads. */
    public boolean pools() {
        return spec.layers().stream().anyMatch(layer -> layer instanceof HeadSpec.Layer.Pooled);
    }

    /** Which tokens of a batch this head reads, for a head that needs not be told. */
    public Positions positions(Batch batch) {
        return switch (spec.reads()) {
            case ALL -> Positions.all(batch);
            case FIRST -> Positions.first(batch);
            case CHOSEN -> throw new IllegalArgumentException("this head has to be told which tokens to read");
        };
    }

    /**
     * @param hiddenStates the last ones of the tokens that the head reads, {@code [rows, dim]}; may be overwritten
     * @return {@code [rows, out]}, or a row a sequence where the head pools, lent by the workspace
     */
    public Matrix forward(Matrix hiddenStates, Batch batch, Workspace workspace, Trace trace) {
        Matrix x = hiddenStates;
        for (Layer layer : layers) {
            x = layer.forward(x, batch, workspace, trace);
        }
        return x;
    }

    /**
     * @param gradient of what {@link #forward} gave; overwritten
     * @return {@code [rows, dim]}, of the hidden states that came in, lent by the workspace
     */
    Matrix backward(Matrix gradient, Batch batch, Workspace workspace, GradientTrace trace) {
        Matrix dx = gradient;
        for (int i = layers.size() - 1; i >= 0; i--) {
            dx = layers.get(i).backward(dx, batch, workspace, trace);
        }
        return dx;
    }

    private record Affine(Linear linear) implements Layer {

        @Override
        public Matrix forward(Matrix x, Batch batch, Workspace workspace, Trace trace) {
            return linear.forward(x, workspace, trace);
        }

        @Override
        public Matrix backward(Matrix gradient, Batch batch, Workspace workspace, GradientTrace trace) {
            Matrix dx = workspace.matrix(gradient.rows(), linear.in());
            linear.backward(gradient, dx, 0f, workspace, trace);
            return dx;
        }
    }

    private record Norm(LayerNorm norm) implements Layer {

        @Override
        public Matrix forward(Matrix x, Batch batch, Workspace workspace, Trace trace) {
            return norm.forward(x, workspace, trace);
        }

        @Override
        public Matrix backward(Matrix gradient, Batch batch, Workspace workspace, GradientTrace trace) {
            norm.backward(gradient, workspace, trace);
            return gradient;
        }
    }

    private record Drop(HeadSpec.Layer.Drop drop, Kernels kernels) implements Layer {

        @Override
        public Matrix forward(Matrix x, Batch batch, Workspace workspace, Trace trace) {
            trace.dropout().apply(drop.name(), drop.probability(), x, kernels, workspace);
            return x;
        }

        @Override
        public Matrix backward(Matrix gradient, Batch batch, Workspace workspace, GradientTrace trace) {
            trace.dropout().apply(drop.name(), drop.probability(), gradient, kernels, workspace);
            return gradient;
        }
    }

    /** The sums are taken in double arithmetic, from the first token to the last. */
    private record Pooling(HeadSpec.Pool pool) implements Layer {

        private static final String NAME = "head.pooling";

        @Override
        public Matrix forward(Matrix x, Batch batch, Workspace workspace, Trace trace) {
            trace.remember(NAME, "input", x);
            Matrix y = workspace.matrix(batch.sequences(), x.columns());   // [sequences, dim]
            for (int s = 0; s < y.rows(); s++) {
                for (int i = 0; i < y.columns(); i++) {
                    y.data()[y.row(s) + i] = pool == HeadSpec.Pool.MAX ? x.get(largest(x, batch, s, i), i)
                            : (float) (sum(x, batch, s, i) / divisor(batch.length(s)));
                }
            }
            return y;
        }

        @Override
        public Matrix backward(Matrix gradient, Batch batch, Workspace workspace, GradientTrace trace) {
            Matrix x = trace.get(NAME + ".input");
            Matrix dx = workspace.matrix(x.rows(), x.columns());           // [tokens, dim]
            for (int s = 0; s < gradient.rows(); s++) {
                for (int i = 0; i < x.columns(); i++) {
                    int largest = pool == HeadSpec.Pool.MAX ? largest(x, batch, s, i) : -1;
                    for (int token = batch.start(s); token < batch.start(s + 1); token++) {
                        dx.data()[dx.row(token) + i] = largest < 0
                                ? (float) (gradient.get(s, i) / divisor(batch.length(s)))
                                : token == largest ? gradient.get(s, i) : 0f;
                    }
                }
            }
            return dx;
        }

        private double divisor(int tokens) {
            return pool == HeadSpec.Pool.MEAN ? tokens : Math.sqrt(tokens);
        }

        private static double sum(Matrix x, Batch batch, int sequence, int column) {
            double sum = 0;
            for (int token = batch.start(sequence); token < batch.start(sequence + 1); token++) {
                sum += x.get(token, column);
            }
            return sum;
        }

        private static int largest(Matrix x, Batch batch, int sequence, int column) {
            int largest = batch.start(sequence);
            for (int token = largest + 1; token < batch.start(sequence + 1); token++) {
                largest = x.get(token, column) > x.get(largest, column) ? token : largest;
            }
            return largest;
        }
    }
}
