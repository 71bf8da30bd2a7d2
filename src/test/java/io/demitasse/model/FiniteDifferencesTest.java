package io.demitasse.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.TestModels;
import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.kernel.Activation;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every layer by itself, with dropout: the slope of a random sum of its outputs along random directions of its input
 * and of each of its parameters, by differences and by its backward pass. All are smooth here: where ReLU has its kink,
 * differences tell nothing.
 */
class FiniteDifferencesTest {

    private static final Batch BATCH = Batch.of(List.of(new int[] {3, 1, 4, 1, 5}, new int[] {9}, new int[] {2, 6, 5}));
    private static final float STEP = 4e-3f;

    /** A layer's two passes. */
    private interface Passes {
        Matrix forward(Matrix x, GradientTrace trace);

        /** {@code gradient} may be overwritten. */
        Matrix backward(Matrix gradient, GradientTrace trace);
    }

    private final Workspace workspace = new Workspace(new Parallel(1));
    private final List<Parameter> parameters = new ArrayList<>();
    private final Random random = new Random(4);

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void linear(String kernels) {
        for (Activation activation : Activation.values()) {
            if (activation == Activation.RELU) {
                continue;
            }
            withWeights((weights, config) -> {
                Linear linear = Linear.load(weights.of(Encoder.blockName(0) + ".ffn.lin1"), kernels(kernels),
                        config.shape().hiddenDim(), config.shape().dim(), activation);
                check(BATCH.tokens(), config.shape().dim(), new Passes() {
                    @Override
                    public Matrix forward(Matrix x, GradientTrace trace) {
                        return linear.forward(x, workspace, trace);
                    }

                    @Override
                    public Matrix backward(Matrix gradient, GradientTrace trace) {
                        Matrix dx = workspace.matrix(gradient.rows(), config.shape().dim());
                        linear.backward(gradient, dx, 0f, workspace, trace);
                        return dx;
                    }
                });
            });
        }
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void layerNorm(String kernels) {
        withWeights((weights, config) -> {
            LayerNorm norm = LayerNorm.load(weights.of(Encoder.blockName(1) + ".sa_layer_norm"), kernels(kernels),
                    config);
            Matrix residual = random(70, config.shape().dim());
            check(70, config.shape().dim(), new Passes() {
                @Override
                public Matrix forward(Matrix x, GradientTrace trace) {
                    return norm.forward(copy(x), residual, workspace, trace);
                }

                @Override
                public Matrix backward(Matrix gradient, GradientTrace trace) {
                    norm.backward(gradient, workspace, trace);
                    return gradient;
                }
            });
        });
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void feedForward(String kernels) {
        withWeights((weights, config) -> {
            FeedForward ffn = FeedForward.load(weights.of(Encoder.blockName(1) + ".ffn"), kernels(kernels), config);
            check(BATCH.tokens(), config.shape().dim(), new Passes() {
                @Override
                public Matrix forward(Matrix x, GradientTrace trace) {
                    return ffn.forward(x, workspace, trace);
                }

                @Override
                public Matrix backward(Matrix gradient, GradientTrace trace) {
                    Matrix dx = zeros(gradient.rows(), gradient.columns());
                    ffn.backward(gradient, dx, workspace, trace);
                    return dx;
                }
            });
        });
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void attention(String kernels) {
        for (Positions queries : positions()) {
            withWeights((weights, config) -> {
                Attention attention = Attention.load(weights.of(Encoder.blockName(2) + ".attention"), kernels(kernels),
                        config);
                check(BATCH.tokens(), config.shape().dim(), new Passes() {
                    @Override
                    public Matrix forward(Matrix x, GradientTrace trace) {
                        return attention.forward(queries.of(x, workspace), x, BATCH, queries, workspace, trace);
                    }

                    @Override
                    public Matrix backward(Matrix gradient, GradientTrace trace) {
                        Matrix dHiddenStates = zeros(BATCH.tokens(), config.shape().dim());
                        Matrix dx = queries.gradientOf(dHiddenStates, workspace);
                        clear(dx);
                        attention.backward(gradient, dx, dHiddenStates, BATCH, queries, workspace, trace);
                        return dHiddenStates;
                    }
                });
            });
        }
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void attentionOfMoreQueriesThanAreHeldAtOnce(String kernels) {
        Batch batch = Batch.of(List.of(new int[Attention.QUERIES + 6], new int[2]));
        withWeights((weights, config) -> {
            Attention attention = Attention.load(weights.of(Encoder.blockName(2) + ".attention"), kernels(kernels),
                    config);
            check(batch.tokens(), config.shape().dim(), new Passes() {
                @Override
                public Matrix forward(Matrix x, GradientTrace trace) {
                    return attention.forward(x, x, batch, Positions.all(batch), workspace, trace);
                }

                @Override
                public Matrix backward(Matrix gradient, GradientTrace trace) {
                    Matrix dx = zeros(batch.tokens(), config.shape().dim());
                    attention.backward(gradient, dx, dx, batch, Positions.all(batch), workspace, trace);
                    return dx;
                }
            });
        });
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void block(String kernels) {
        for (Positions queries : positions()) {
            withWeights((weights, config) -> {
                Block block = Block.load(weights.of(Encoder.blockName(0)), kernels(kernels), config);
                check(BATCH.tokens(), config.shape().dim(), new Passes() {
                    @Override
                    public Matrix forward(Matrix x, GradientTrace trace) {
                        return block.forward(x, BATCH, queries, workspace, trace);
                    }

                    @Override
                    public Matrix backward(Matrix gradient, GradientTrace trace) {
                        return block.backward(gradient, BATCH, queries, workspace, trace);
                    }
                });
            });
        }
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void embeddings(String kernels) {
        withWeights(embeddings(kernels, BATCH));
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void embeddingsWithTokenTypes(String kernels) {
        parameters.clear();
        try (FlatFile file = ModelFiles.open(TestModels.TINY_BERT)) {
            embeddings(kernels, Batch.of(List.of(new int[] {3, 1, 4, 1, 5}, new int[] {9}, new int[] {2, 6, 5}),
                    List.of(new int[] {0, 0, 1, 1, 1}, new int[0], new int[] {0, 1, 1})))
                    .run(Weights.trainable(file, parameters), ModelConfig.of(file));
            assertThat(parameters).extracting(Parameter::name).contains(Embeddings.TOKEN_TYPES);
        }
    }

    private Check embeddings(String kernels, Batch batch) {
        return (weights, config) -> {
            Embeddings embeddings = Embeddings.load(weights, kernels(kernels), config);
            Matrix words = embeddings.inputEmbeddings(batch, workspace);
            check(copy(words), new Passes() {
                @Override
                public Matrix forward(Matrix x, GradientTrace trace) {
                    // The words' own path, unless it is the input that moves.
                    return Arrays.equals(x.toArray(), words.toArray())
                            ? embeddings.forward(batch, workspace, trace)
                            : embeddings.forwardFrom(x, batch, workspace, trace);
                }

                @Override
                public Matrix backward(Matrix gradient, GradientTrace trace) {
                    embeddings.backward(gradient, batch, workspace, trace);
                    return gradient;
                }
            });
        };
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void everyHead(String kernels) {
        for (Architecture architecture : Architecture.values()) {
            if (architecture != Architecture.MODEL) {
                head(kernels, config -> architecture.head(config, 3));
            }
        }
        for (HeadSpec.Pool pool : HeadSpec.Pool.values()) {
            head(kernels, config -> HeadSpec.over(Positions.Kind.ALL).pool(pool)
                    .linear("dense.0", 7, Activation.TANH));
        }
    }

    private void head(String kernels, Function<ModelConfig, HeadSpec> spec) {
        withWeights((weights, config) -> {
            Encoder encoder = Encoder.load(weights, config, kernels(kernels));
            parameters.removeIf(parameter -> !parameter.name().equals(Embeddings.WORDS + ".weight"));
            Head head = Head.load(weights.drawing(new Random(5), 0.3f), spec.apply(config), encoder, kernels(kernels));
            if (spec.apply(config).layers().stream().noneMatch(layer -> layer instanceof HeadSpec.Layer.Tied)) {
                parameters.remove(0);
            }
            int rows = head.reads() == Positions.Kind.ALL ? BATCH.tokens() : BATCH.sequences();
            check(rows, config.shape().dim(), new Passes() {
                @Override
                public Matrix forward(Matrix x, GradientTrace trace) {
                    return head.forward(copy(x), BATCH, workspace, trace);
                }

                @Override
                public Matrix backward(Matrix gradient, GradientTrace trace) {
                    return head.backward(gradient, BATCH, workspace, trace);
                }
            });
        });
    }

    private static List<Positions> positions() {
        return List.of(Positions.all(BATCH), Positions.first(BATCH),
                Positions.at(BATCH, List.of(new int[] {1, 4}, new int[0], new int[] {0})));
    }

    private interface Check {
        void run(Weights weights, ModelConfig config);
    }

    /** The tiny model as a BERT, whose pooler has no kink, with much dropout. */
    private void withWeights(Check check) {
        parameters.clear();
        try (FlatFile file = FlatFile.open(TestModels.TINY)) {
            ModelConfig c = ModelConfig.of(file);
            check.run(Weights.trainable(file, parameters), new ModelConfig("bert", c.architecture(), c.shape(),
                    c.activation(), c.layerNormEps(), new ModelConfig.Dropouts(0.2f, 0.3f, 0.4f, 0.25f),
                    c.initializerRange(), c.problemType(), c.padTokenId(), null));
        }
    }

    private static Kernels kernels(String name) {
        return KernelChoice.choose(name);
    }

    private void check(int rows, int columns, Passes passes) {
        check(random(rows, columns), passes);
    }

    private void check(Matrix x, Passes passes) {
        GradientTrace trace = GradientTrace.training(1, 2);
        Matrix y = copy(passes.forward(x, trace));
        Matrix weights = random(y.rows(), y.columns());
        float[] dx = passes.backward(copy(weights), trace).toArray();
        compare("input", x.data(), dx, x, passes, weights);
        assertThat(parameters).isNotEmpty();
        for (Parameter parameter : parameters) {
            compare(parameter.name(), parameter.values(), parameter.gradient(), x, passes, weights);
        }
    }

    private void compare(String what, float[] values, float[] gradient, Matrix x, Passes passes, Matrix weights) {
        double norm = 0;
        for (float g : gradient) {
            norm += (double) g * g;
        }
        float[] before = values.clone();
        for (int attempt = 0; attempt < 2; attempt++) {
            float[] direction = random(1, values.length).data();
            double expected = 0;
            for (int i = 0; i < values.length; i++) {
                expected += (double) direction[i] * gradient[i];
            }
            double slope = (moved(values, before, direction, STEP, x, passes, weights)
                    - moved(values, before, direction, -STEP, x, passes, weights)) / (2 * STEP);
            System.arraycopy(before, 0, values, 0, values.length);
            assertThat(slope).as(what).isCloseTo(expected, within(0.02 * Math.sqrt(norm) + 2e-3));
        }
    }

    private double moved(float[] values, float[] before, float[] direction, float by, Matrix x, Passes passes,
                         Matrix weights) {
        for (int i = 0; i < values.length; i++) {
            values[i] = before[i] + by * direction[i];
        }
        long mark = workspace.mark();
        Matrix y = passes.forward(x, GradientTrace.training(1, 2));
        double sum = 0;
        for (int row = 0; row < y.rows(); row++) {
            for (int column = 0; column < y.columns(); column++) {
                sum += (double) y.get(row, column) * weights.get(row, column);
            }
        }
        workspace.release(mark);
        return sum;
    }

    private Matrix random(int rows, int columns) {
        Matrix matrix = zeros(rows, columns);
        for (int i = 0; i < matrix.data().length; i++) {
            matrix.data()[i] = (float) random.nextGaussian();
        }
        return matrix;
    }

    private static void clear(Matrix matrix) {
        for (int row = 0; row < matrix.rows(); row++) {
            Arrays.fill(matrix.data(), matrix.row(row), matrix.row(row) + matrix.columns(), 0f);
        }
    }

    private static Matrix zeros(int rows, int columns) {
        return Matrix.zeros(rows, columns);
    }

    private static Matrix copy(Matrix matrix) {
        return new Matrix(matrix.toArray(), matrix.rows(), matrix.columns());
    }
}
