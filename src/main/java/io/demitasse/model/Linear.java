package io.demitasse.model;

import io.demitasse.kernel.Activation;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Weight;
import io.demitasse.kernel.Workspace;

/** {@code y = activation(x W^T + b)}: PyTorch's nn.Linear, W being {@code [out, in]}. */
public final class Linear {

    private final String name;
    private final Kernels kernels;
    private final Weight weight;
    private final float[] bias;
    private final Activation activation;

    private Linear(String name, Kernels kernels, Weight weight, float[] bias, Activation activation) {
        this.name = name;
        this.kernels = kernels;
        this.weight = weight;
        this.bias = bias;
        this.activation = activation;
    }

    static Linear load(Weights weights, Kernels kernels, int out, int in, Activation activation) {
        Weight weight = weights.isInt8("weight")
                ? kernels.weight(weights.int8("weight", out, in), weights.scales("weight"), out, in)
                : kernels.weight(weights.matrix("weight", out, in), out, in);
        return new Linear(weights.name(), kernels, weight, weights.vector("bias", out), activation);
    }

    /** Several layers that read the same input, as one: their outputs stand side by side. */
    static Linear loadTogether(Weights parent, Kernels kernels, int outEach, int in, String... parts) {
        int size = outEach * in;
        float[] bias = new float[parts.length * outEach];
        float[] scales = new float[parts.length * outEach];
        boolean int8 = true;
        for (String part : parts) {
            int8 &= parent.of(part).isInt8("weight");
        }
        byte[] quantized = new byte[int8 ? parts.length * size : 0];
        float[] floats = new float[int8 ? 0 : parts.length * size];
        for (int p = 0; p < parts.length; p++) {
            Weights weights = parent.of(parts[p]);
            System.arraycopy(weights.vector("bias", outEach), 0, bias, p * outEach, outEach);
            if (int8) {
                System.arraycopy(weights.int8("weight", outEach, in), 0, quantized, p * size, size);
                System.arraycopy(weights.scales("weight"), 0, scales, p * outEach, outEach);
            } else {
                System.arraycopy(weights.matrix("weight", outEach, in), 0, floats, p * size, size);
            }
        }
        int out = parts.length * outEach;
        Weight weight = int8 ? kernels.weight(quantized, scales, out, in) : kernels.weight(floats, out, in);
        return new Linear(parent.name(), kernels, weight, bias, Activation.NONE);
    }

    /**
     * @param x {@code [rows, in]}
     * @return {@code [rows, out]}, lent by the workspace
     */
    Matrix forward(Matrix x, Workspace workspace, Trace trace) {
        Matrix y = workspace.matrix(x.rows(), weight.out());   // [rows, out]
        kernels.linear(x, weight, bias, activation, y, workspace);
        trace.record(name, "output", y);
        return y;
    }
}
