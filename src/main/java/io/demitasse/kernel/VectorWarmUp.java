package io.demitasse.kernel;

/**
 * Has the JIT compiler compile the tiles in a thread of its own. Until it has, every vector is an object and a first
 * text would wait for seconds; so until then {@link #accumulate} stands in for the tiles, with the same bits.
 */
final class VectorWarmUp implements Runnable {

    /** Long enough to be a loop, short enough that the compiler never replaces it while it runs: that spoils it. */
    private static final int DEPTH = 16;
    private static final int CALLS = 64;
    /** Compiled, a round takes a tenth of this. */
    private static final long COMPILED_NANOS = 400_000;
    private static final long MOST_NANOS = 20_000_000_000L;

    private final float[] x = new float[VectorTiles.HEIGHT * DEPTH];
    private final float[] w = new float[DEPTH * VectorTiles.WIDTH];
    private final byte[] bytes = new byte[w.length];
    private final float[] y = new float[VectorTiles.HEIGHT * VectorTiles.WIDTH];
    private volatile boolean done;

    private VectorWarmUp() {
    }

    /** The one there is: what is compiled is compiled for all models. */
    private static final class Shared {
        static final VectorWarmUp WARM_UP = start();
    }

    /** Starts the thread if that has not been done. It ends when the tiles are compiled, and then holds nothing. */
    static VectorWarmUp shared() {
        return Shared.WARM_UP;
    }

    private static VectorWarmUp start() {
        VectorWarmUp warmUp = new VectorWarmUp();
        Thread thread = new Thread(null, warmUp, "demitasse-warm-up", 0, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(null);
        thread.start();
        return warmUp;
    }

    /** Whether the tiles are compiled. */
    boolean done() {
        return done;
    }

    /** {@link VectorTiles#accumulate} without vectors: the same fused multiply-adds in the same order. */
    static void accumulate(int height, int depth, float[] x, int x0, float[] w, int w0, float[] y, int y0) {
        for (int row = 0; row < height; row++) {
            for (int j = 0; j < VectorTiles.WIDTH; j += 4) {
                addFour(depth, x, x0 + row, height, w, w0 + j, y, y0 + row * VectorTiles.WIDTH + j);
            }
        }
    }

    private static void addFour(int depth, float[] x, int x0, int height, float[] w, int w0, float[] y, int at) {
        float s0 = y[at];
        float s1 = y[at + 1];
        float s2 = y[at + 2];
        float s3 = y[at + 3];
        for (int k = 0; k < depth; k++) {
            float factor = x[x0 + k * height];
            int from = w0 + k * VectorTiles.WIDTH;
            s0 = Math.fma(factor, w[from], s0);
            s1 = Math.fma(factor, w[from + 1], s1);
            s2 = Math.fma(factor, w[from + 2], s2);
            s3 = Math.fma(factor, w[from + 3], s3);
        }
        y[at] = s0;
        y[at + 1] = s1;
        y[at + 2] = s2;
        y[at + 3] = s3;
    }

    @Override
    public void run() {
        long start = System.nanoTime();
        long before = start;
        long now;
        do {
            for (int call = 0; call < CALLS; call++) {
                round();
            }
            now = System.nanoTime();
            if (now - before < COMPILED_NANOS) {
                break;
            }
            before = now;
        } while (now - start < MOST_NANOS);
        done = true;
    }

    private void round() {
        VectorTiles.accumulate(VectorTiles.LOW, DEPTH, x, 0, w, 0, y, 0);
        VectorTiles.accumulate(VectorTiles.HEIGHT, DEPTH, x, 0, w, 0, y, 0);
        VectorMath.widen(bytes, 0, w.length, w);
        VectorMath.gelu(y, 0, y.length);
        VectorMath.softmax(y, 0, y.length);
        VectorMath.layerNorm(y, 0, VectorTiles.WIDTH, x, w, 1f, y, 0);
        VectorMath.add(x, 0, DEPTH, y, 0);
    }
}
