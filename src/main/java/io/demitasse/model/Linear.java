package io.demitasse.model;

import io.demitasse.kernel.Activation;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Weight;
import io.demitasse.kernel.Workspace;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code y = activation(x W^T + b)}: PyTorch's nn.Linear, W being {@code [out, in]}. For inference W is prepared once as
 * the kernels like it; in training, where it changes with every step, it stays as it is.
 */
public final class Linear {

    /** The trainable parameters of {@code out} outputs: {@code [out, in]} and {@code [out]}. */
    record Part(Parameter weight, Parameter bias) {
        Matrix matrix() {
            return new Matrix(weight.values(), weight.shape().get(0), weight.shape().get(1));
        }
    }

    /** Rows that one task copies. */
    private static final int ROWS = 32;

    private final String name;
    private final Kernels kernels;
    private final int out;
    private final int in;
    private final Weight weight;
    private final float[] bias;
    private final List<Part> parts;
    private final Activation activation;

    private Linear(String name, Kernels kernels, Weight weight, float[] bias, Activation activation) {
        this.name = name;
        this.kernels = kernels;
        this.out = weight.out();
        this.in = weight.in();
        this.weight = weight;
        this.bias = bias;
        this.parts = List.of();
        this.activation = activation;
    }

    /** For training; the outputs of the parts stand side by side. */
    Linear(String name, Kernels kernels, List<Part> parts, Activation activation) {
        this.name = name;
        this.kernels = kernels;
        this.out = parts.stream().mapToInt(part -> part.matrix().rows()).sum();
        this.in = parts.get(0).matrix().columns();
        this.weight = null;
        this.bias = null;
        this.parts = parts;
        this.activation = activation;
    }

    static Linear load(Weights weights, Kernels kernels, int out, int in, Activation activation) {
        return load(weights, kernels, out, in, activation, true);
    }

    /** @param bias whether it has one */
    static Linear load(Weights weights, Kernels kernels, int out, int in, Activation activation, boolean bias) {
        if (weights.trainable() && bias) {
            return new Linear(weights.name(), kernels, List.of(part(weights, out, in)), activation);
        }
        Weight weight = weights.isInt8("weight")
                ? kernels.weight(weights.int8("weight", out, in), weights.scales("weight"), out, in)
                : kernels.weight(weights.matrix("weight", out, in), out, in);
        return new Linear(weights.name(), kernels, weight, bias ? weights.vector("bias", out) : new float[out], activation);
    }

    /**
     * A layer whose weight is the word embeddings, unless {@code weights} has one of its own.
     *
     * @param words the table's weights in the file, for inference
     * @param table the table itself, for training
     */
    static Linear loadTied(Weights weights, Weights words, EmbeddingTable table, Kernels kernels, int out, int in) {
        if (weights.has("weight")) {
            return load(weights, kernels, out, in, Activation.NONE);
        }
        if (weights.trainable()) {
            return new Linear(weights.name(), kernels, List.of(new Part(table.parameter(),
                    weights.parameter("bias", out))), Activation.NONE);
        }
        Weight weight = words.isInt8("weight")
                ? kernels.weight(words.int8("weight", out, in), words.scales("weight"), out, in)
                : kernels.weight(words.matrix("weight", out, in), out, in);
        return new Linear(weights.name(), kernels, weight, weights.vector("bias", out), Activation.NONE);
    }

    /** Several layers that read the same input, as one of the name {@code together}: their outputs stand side by side. */
    static Linear loadTogether(Weights parent, String together, Kernels kernels, int outEach, int in,
                               String... names) {
        String name = parent.of(together).name();
        if (parent.trainable()) {
            return new Linear(name, kernels,
                    Stream.of(names).map(part -> part(parent.of(part), outEach, in)).toList(), Activation.NONE);
        }
        int size = outEach * in;
        float[] bias = new float[names.length * outEach];
        float[] scales = new float[names.length * outEach];
        boolean int8 = true;
        for (String part : names) {
            int8 &= parent.of(part).isInt8("weight");
        }
        byte[] quantized = new byte[int8 ? names.length * size : 0];
        float[] floats = new float[int8 ? 0 : names.length * size];
        for (int p = 0; p < names.length; p++) {
            Weights weights = parent.of(names[p]);
            System.arraycopy(weights.vector("bias", outEach), 0, bias, p * outEach, outEach);
            if (int8) {
                System.arraycopy(weights.int8("weight", outEach, in), 0, quantized, p * size, size);
                System.arraycopy(weights.scales("weight"), 0, scales, p * outEach, outEach);
            } else {
                System.arraycopy(weights.matrix("weight", outEach, in), 0, floats, p * size, size);
            }
        }
        int out = names.length * outEach;
        Weight weight = int8 ? kernels.weight(quantized, scales, out, in) : kernels.weight(floats, out, in);
        return new Linear(name, kernels, weight, bias, Activation.NONE);
    }

    private static Part part(Weights weights, int out, int in) {
        return new Part(weights.parameter("weight", out, in), weights.parameter("bias", out));
    }

    int in() {
        return in;
    }

    int out() {
        return out;
    }

    /**
     * @param x {@code [rows, in]}
     * @return {@code [rows, out]}, lent by the workspace
     */
    Matrix forward(Matrix x, Workspace workspace, Trace trace) {
        Matrix y = workspace.matrix(x.rows(), out);   // [rows, out]
        if (weight != null) {
            kernels.linear(x, weight, bias, activation, y, workspace);
        } else {
            trace.remember(name, "input", x);
            y = activate(affine(x, y, workspace), workspace, trace);
        }
        trace.record(name, "output", y);
        return y;
    }

    /** {@code y = x W^T + b}. */
    private Matrix affine(Matrix x, Matrix y, Workspace workspace) {
        int column = 0;
        for (Part part : parts) {
            Matrix w = part.matrix();
            Matrix some = workspace.columns(y, column, w.rows());
            workspace.runRanges(some.rows(), ROWS, (first, end, worker) -> {
                for (int row = first; row < end; row++) {
                    System.arraycopy(part.bias.values(), 0, some.data(), some.row(row), some.columns());
                }
            });
            kernels.multiply(x, false, w, true, 1f, some, workspace);
            column += w.rows();
        }
        return y;
    }

    /** {@code activation(y)}. */
    private Matrix activate(Matrix y, Workspace workspace, Trace trace) {
        if (activation == Activation.NONE) {
            return y;
        }
        trace.remember(name, "before activation", y);
        Matrix activated = workspace.matrix(y.rows(), out);
        workspace.run(y.rows(), (row, worker) -> kernels.activate(activation, y.data(), y.row(row), out,
                activated.data(), activated.row(row)));
        return activated;
    }

    /**
     * With {@code g = dy * activation'(x W^T + b)}: {@code dx = g W}, {@code dW = g^T x}, {@code db = sum over rows of g}.
     *
     * @param gradient {@code [rows, out]}, of the output; becomes g
     * @param dx {@code [rows, in]}, of the input
     * @param beta 0 if dx is overwritten, 1 if it is added to
     */
    void backward(Matrix gradient, Matrix dx, float beta, Workspace workspace, GradientTrace trace) {
        if (activation != Activation.NONE) {
            Matrix before = trace.get(name + ".before activation");
            workspace.run(gradient.rows(), (row, worker) -> kernels.activateBackward(activation,
                    before.data(), before.row(row), out, gradient.data(), gradient.row(row)));
        }
        Matrix x = trace.get(name + ".input");
        int column = 0;
        for (Part part : parts) {
            Matrix w = part.matrix();
            Matrix g = workspace.columns(gradient, column, w.rows());
            kernels.multiply(g, false, w, false, column == 0 ? beta : 1f, dx, workspace);
            if (trace.ofParameters()) {
                float weightBeta = part.weight.beta();
                Matrix dw = new Matrix(part.weight.gradientArray(), w.rows(), w.columns());
                kernels.multiply(g, true, x, false, weightBeta, dw, workspace);
                part.bias.addColumnSums(g, kernels, workspace);
            }
            column += w.rows();
        }
    }
}
