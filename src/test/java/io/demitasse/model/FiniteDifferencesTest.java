package io.demitasse.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.TestModels;
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
        for (Activation activation : List.of(Activation.NONE, Activation.GELU, Activation.TANH)) {
            withWeights((weights, config) -> {
                Linear linear = Linear.load(weights.of(Encoder.blockName(0) + ".ffn.lin1"), kernels(kernels),
                        config.hiddenDim(), config.dim(), activation);
                check(BATCH.tokens(), config.dim(), new Passes() {
                    @Override
                    public Matrix forward(Matrix x, GradientTrace trace) {
                        return linear.forward(x, workspace, trace);
                    }

                    @Override
                    public Matrix backward(Matrix gradient, GradientTrace trace) {
                        Matrix dx = workspace.matrix(gradient.rows(), config.dim());
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
            Matrix residual = random(70, config.dim());
            check(70, config.dim(), new Passes() {
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
            check(BATCH.tokens(), config.dim(), new Passes() {
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
        for (Queries queries : Queries.values()) {
            withWeights((weights, config) -> {
                Attention attention = Attention.load(weights.of(Encoder.blockName(2) + ".attention"), kernels(kernels),
                        config);
                check(BATCH.tokens(), config.dim(), new Passes() {
                    @Override
                    public Matrix forward(Matrix x, GradientTrace trace) {
                        return attention.forward(queries.of(x, BATCH, workspace), x, BATCH, queries, workspace, trace);
                    }

                    @Override
                    public Matrix backward(Matrix gradient, GradientTrace trace) {
                        Matrix dHiddenStates = zeros(BATCH.tokens(), config.dim());
                        Matrix dx = queries == Queries.ALL ? dHiddenStates : zeros(BATCH.sequences(), config.dim());
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
        Batch batch = Batch.of(List.of(new int[70], new int[2]));
        withWeights((weights, config) -> {
            Attention attention = Attention.load(weights.of(Encoder.blockName(2) + ".attention"), kernels(kernels),
                    config);
            check(batch.tokens(), config.dim(), new Passes() {
                @Override
                public Matrix forward(Matrix x, GradientTrace trace) {
                    return attention.forward(x, x, batch, Queries.ALL, workspace, trace);
                }

                @Override
                public Matrix backward(Matrix gradient, GradientTrace trace) {
                    Matrix dx = zeros(batch.tokens(), config.dim());
                    attention.backward(gradient, dx, dx, batch, Queries.ALL, workspace, trace);
                    return dx;
                }
            });
        });
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void block(String kernels) {
        for (Queries queries : Queries.values()) {
            withWeights((weights, config) -> {
                Block block = Block.load(weights.of(Encoder.blockName(0)), kernels(kernels), config);
                check(BATCH.tokens(), config.dim(), new Passes() {
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
        withWeights((weights, config) -> {
            Embeddings embeddings = Embeddings.load(weights, kernels(kernels), config);
            Matrix words = embeddings.inputEmbeddings(BATCH, workspace);
            check(copy(words), new Passes() {
                @Override
                public Matrix forward(Matrix x, GradientTrace trace) {
                    // The words' own path, unless it is the input that moves.
                    return Arrays.equals(x.toArray(), words.toArray())
                            ? embeddings.forward(BATCH, workspace, trace)
                            : embeddings.forwardFrom(x, BATCH, workspace, trace);
                }

                @Override
                public Matrix backward(Matrix gradient, GradientTrace trace) {
                    embeddings.backward(gradient, BATCH, workspace, trace);
                    return gradient;
                }
            });
        });
    }

    @ParameterizedTest
    @MethodSource("io.demitasse.TestModels#kernels")
    void head(String kernels) {
        withWeights((weights, config) -> {
            ClassificationHead head = ClassificationHead.load(weights, config, 2, kernels(kernels));
            check(5, config.dim(), new Passes() {
                @Override
                public Matrix forward(Matrix x, GradientTrace trace) {
                    return head.forward(x, workspace, trace);
                }

                @Override
                public Matrix backward(Matrix gradient, GradientTrace trace) {
                    return head.backward(gradient, workspace, trace);
                }
            });
        });
    }

    private interface Check {
        void run(Weights weights, Config config);
    }

    private void withWeights(Check check) {
        parameters.clear();
        try (FlatFile file = FlatFile.open(TestModels.TINY)) {
            Config c = Config.parse(file.path(), file.config());
            check.run(Weights.trainable(file, parameters), new Config(c.vocabSize(), c.maxPositionEmbeddings(), c.dim(),
                    c.layers(), c.heads(), c.hiddenDim(), c.activation(), c.layerNormEps(), Activation.TANH,
                    c.independentLabels(), 0.2f, 0.3f, 0.4f, c.initializerRange()));
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

    private static Matrix zeros(int rows, int columns) {
        return Matrix.zeros(rows, columns);
    }

    private static Matrix copy(Matrix matrix) {
        return new Matrix(matrix.toArray(), matrix.rows(), matrix.columns());
    }
}
