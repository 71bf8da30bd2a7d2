package io.demitasse.kernel;

import static io.demitasse.kernel.VectorTiles.WIDTH;

/**
 * The incubating vector API of the JDK, for JVMs started with its module. Weights are packed once, when they are loaded.
 * A row's result depends neither on the rows beside it nor on the number of threads.
 */
final class VectorKernels implements Kernels {

    /**
     * {@code [panel][depth][WIDTH]}, the last panel and the depth filled up with zeros: as floats from
     * {@link CacheLine#LEAD} on, or as bytes with a scale an output.
     */
    record VectorWeight(float[] floats, byte[] bytes, float[] scales, int out, int in) implements Weight {
    }

    private final VectorWarmUp warmUp;

    /** Starts to warm up. To be called only where {@link VectorSupport#obstacle()} finds none. */
    VectorKernels() {
        warmUp = VectorWarmUp.shared();
    }

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public Weight weight(float[] weight, int out, int in) {
        float[] panels = new float[CacheLine.LEAD + packedSize(out, in)];
        for (int o = 0; o < out; o += WIDTH) {
            VectorPacking.packRight(true, weight, o * in, in, Math.min(WIDTH, out - o), in,
                    panels, CacheLine.LEAD + o * VectorPacking.depth(in));
        }
        return new VectorWeight(panels, null, null, out, in);
    }

    @Override
    public Weight weight(byte[] quantized, float[] scales, int out, int in) {
        byte[] panels = new byte[packedSize(out, in)];
        for (int o = 0; o < out; o += WIDTH) {
            VectorPacking.packRight(quantized, o * in, in, Math.min(WIDTH, out - o), in,
                    panels, o * VectorPacking.depth(in));
        }
        return new VectorWeight(null, panels, scales, out, in);
    }

    private static int packedSize(int out, int in) {
        return Math.multiplyExact((out + WIDTH - 1) / WIDTH * WIDTH, VectorPacking.depth(in));
    }

    @Override
    public void linear(Matrix x, Weight weight, float[] bias, Activation activation, Matrix y, Workspace workspace) {
        product(workspace).linear(x, (VectorWeight) weight, bias, activation, y, workspace);
    }

    @Override
    public void multiply(Matrix a, boolean transposeA, Matrix b, boolean transposeB, float beta, Matrix c,
                         Workspace workspace) {
        warmUp.await();
        product(workspace).multiply(a, transposeA, b, transposeB, beta, c, workspace);
    }

    private VectorProduct product(Workspace workspace) {
        return workspace.kept(VectorProduct.class, this, VectorProduct::new);
    }

    @Override
    public void gemm(boolean transposeA, boolean transposeB, int m, int n, int k,
                     float alpha, float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb,
                     float beta, float[] c, int cOffset, int ldc, Workspace workspace, int worker) {
        VectorProduct.gemm(this, transposeA, transposeB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb,
                beta, c, cOffset, ldc, workspace, worker);
    }

    /** {@link VectorTiles#accumulate}, or what stands in for it. */
    void tiles(int rows, int depth, float[] x, int x0, float[] w, int w0, float[] y, int y0) {
        if (warmUp.done()) {
            VectorTiles.accumulate(rows, depth, x, x0, w, w0, y, y0);
        } else {
            VectorStandIn.accumulate(rows, depth, x, x0, w, w0, y, y0);
        }
    }

    /** Whether {@link #byteTiles} is to be used: for few rows, once it is compiled. */
    boolean hasByteTiles(int rows) {
        return rows <= VectorByteTiles.FEW_ROWS && warmUp.done();
    }

    /** {@link VectorByteTiles#accumulate}. */
    void byteTiles(int rows, int depth, float[] x, int x0, byte[] w, int w0, float[] y, int y0) {
        VectorByteTiles.accumulate(rows, depth, x, x0, w, w0, y, y0);
    }

    /** {@link VectorMath#widen}, or what stands in for it. */
    void widen(byte[] bytes, int from, int n, float[] floats, int to) {
        if (warmUp.done()) {
            VectorMath.widen(bytes, from, n, floats, to);
        } else {
            VectorStandIn.widen(bytes, from, n, floats, to);
        }
    }

    /** {@link VectorMath#spread}, or what stands in for it. */
    void spread(float[] x, int xOffset, int columns, int rows, float[] y, int yOffset) {
        if (columns == WIDTH && warmUp.done()) {
            VectorMath.spread(x, xOffset, rows, y, yOffset);
        } else {
            for (int row = 0; row < rows; row++) {
                System.arraycopy(x, xOffset, y, yOffset + row * WIDTH, columns);
            }
        }
    }

    /** {@link VectorMath#copy}, or what stands in for it. */
    void copy(float[] x, int xOffset, int columns, int rows, float[] y, int yOffset, int stride) {
        if (columns == WIDTH && warmUp.done()) {
            VectorMath.copy(x, xOffset, rows, y, yOffset, stride);
        } else {
            for (int row = 0; row < rows; row++) {
                System.arraycopy(x, xOffset + row * WIDTH, y, yOffset + row * stride, columns);
            }
        }
    }

    /** {@link VectorMath#scale}, or what stands in for it. */
    void scale(float[] scales, float[] bias, int first, int columns, int rows, float[] y, int yOffset) {
        if (columns == WIDTH && warmUp.done()) {
            VectorMath.scale(scales, bias, first, rows, y, yOffset);
        } else {
            VectorStandIn.scale(scales, bias, first, columns, rows, y, yOffset);
        }
    }

    /** {@link VectorMath#combine}, or what stands in for it. */
    void combine(float alpha, float[] x, int xOffset, int n, float beta, float[] c, int cOffset) {
        if (warmUp.done()) {
            VectorMath.combine(alpha, x, xOffset, n, beta, c, cOffset);
        } else {
            VectorStandIn.combine(alpha, x, xOffset, n, beta, c, cOffset);
        }
    }

    @Override
    public void softmax(float[] x, int offset, int n) {
        if (warmUp.done()) {
            VectorMath.softmax(x, offset, n);
        } else {
            VectorStandIn.softmax(x, offset, n);
        }
    }

    @Override
    public void activate(Activation activation, float[] x, int xOffset, int n, float[] y, int yOffset) {
        if (activation == Activation.GELU && warmUp.done()) {
            VectorMath.gelu(x, xOffset, n, y, yOffset);
        } else {
            Kernels.super.activate(activation, x, xOffset, n, y, yOffset);
        }
    }

    @Override
    public void layerNorm(float[] x, int xOffset, int n, float[] weight, float[] bias, float epsilon,
                          float[] y, int yOffset) {
        if (warmUp.done()) {
            VectorMath.layerNorm(x, xOffset, n, weight, bias, epsilon, y, yOffset);
        } else {
            VectorStandIn.layerNorm(x, xOffset, n, weight, bias, epsilon, y, yOffset);
        }
    }

    @Override
    public void add(float[] x, int xOffset, int n, float[] y, int yOffset) {
        if (warmUp.done()) {
            VectorMath.add(x, xOffset, n, y, yOffset);
        } else {
            VectorStandIn.add(x, xOffset, n, y, yOffset);
        }
    }

    @Override
    public void softmaxBackward(float[] y, int yOffset, int n, float[] dy, int dyOffset) {
        warmUp.await();
        VectorGradients.softmax(y, yOffset, n, dy, dyOffset);
    }

    @Override
    public void activateBackward(Activation activation, float[] x, int xOffset, int n, float[] dy, int dyOffset) {
        if (activation == Activation.GELU) {
            warmUp.await();
            VectorGradients.gelu(x, xOffset, n, dy, dyOffset);
        } else {
            Kernels.super.activateBackward(activation, x, xOffset, n, dy, dyOffset);
        }
    }

    @Override
    public void layerNormBackward(float[] x, int xOffset, int n, float[] weight, float epsilon,
                                  float[] dy, int dyOffset, float[] dWeight, int dWeightOffset,
                                  float[] dBias, int dBiasOffset) {
        warmUp.await();
        VectorGradients.layerNorm(x, xOffset, n, weight, epsilon, dy, dyOffset, dWeight, dWeightOffset,
                dBias, dBiasOffset);
    }

    @Override
    public void dropout(long key, int position, float probability, float[] x, int offset, int n) {
        warmUp.await();
        VectorGradients.dropout(key, position, probability, x, offset, n);
    }
}
