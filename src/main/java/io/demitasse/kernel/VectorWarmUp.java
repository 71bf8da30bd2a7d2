package io.demitasse.kernel;

import static io.demitasse.kernel.VectorTiles.WIDTH;

/**
 * Has the JIT compiler compile the vector code in a thread of its own. Until it has, every vector is an object and a
 * first text would wait for seconds; so until then {@link VectorStandIn} computes, with the same bits.
 *
 * <p>One function after the other, the longest first, before anything else calls them: what the compiler inlines, and
 * whether it then still knows that a vector need not be an object, depends on what it has compiled before.
 */
final class VectorWarmUp implements Runnable {

    /** Long enough to be a loop, short enough that the compiler never replaces it while it runs: that spoils it. */
    private static final int DEPTH = 16;
    private static final int CALLS = 64;
    /** Compiled, a function takes a tenth of this. */
    private static final long COMPILED_NANOS = CALLS * 3_000L;
    private static final long MOST_NANOS = 2_000_000_000L;

    private final float[] x = new float[VectorTiles.HIGH * VectorTiles.DEPTH];
    private final float[] w = new float[DEPTH * WIDTH];
    private final float[] y = new float[DEPTH * WIDTH];
    private final byte[] bytes = new byte[w.length];
    private final Thread thread = new Thread(null, this, "demitasse-warm-up", 0, false);
    private volatile boolean done;

    private VectorWarmUp() {
    }

    /** The one there is: what is compiled is compiled for all models. */
    private static final class Shared {
        static final VectorWarmUp WARM_UP = start();
    }

    /** Starts the thread if that has not been done. It ends when the functions are compiled. */
    static VectorWarmUp shared() {
        return Shared.WARM_UP;
    }

    private static VectorWarmUp start() {
        VectorWarmUp warmUp = new VectorWarmUp();
        warmUp.thread.setDaemon(true);
        warmUp.thread.setContextClassLoader(null);
        warmUp.thread.start();
        return warmUp;
    }

    /** Whether the vector code is compiled. */
    boolean done() {
        return done;
    }

    /** Waits until it is: for what nothing stands in for. */
    void await() {
        boolean interrupted = false;
        while (!done) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void run() {
        try {
            warmAll();
        } finally {
            done = true;
        }
    }

    private void warmAll() {
        warm(() -> VectorMath.gelu(x, 0, 2 * WIDTH, y, 0));
        warm(() -> VectorMath.softmax(x, 0, 2 * WIDTH));
        warm(() -> VectorMath.layerNorm(x, 0, 2 * WIDTH, w, w, 1f, y, 0));
        for (int rows = VectorTiles.HIGH; rows > 0; rows -= VectorTiles.LOW) {
            int height = rows;
            warm(() -> VectorTiles.accumulate(height, DEPTH, x, 0, w, 0, y, 0));
        }
        int highest = Math.min(VectorByteTiles.HIGH, VectorByteTiles.FEW_ROWS);
        for (int rows = highest; rows > 0; rows -= VectorTiles.LOW) {
            int height = rows;
            warm(() -> VectorByteTiles.accumulate(height, DEPTH, x, 0, bytes, 0, y, 0));
        }
        warm(() -> VectorMath.widen(bytes, 0, w.length, w, 0));
        warm(() -> VectorMath.scale(x, x, 0, DEPTH, y, 0));
        warm(() -> VectorMath.spread(x, 0, DEPTH, y, 0));
        warm(() -> VectorMath.copy(w, 0, DEPTH, y, 0, WIDTH));
        warm(() -> VectorMath.add(x, 0, WIDTH, y, 0));
        warm(() -> VectorMath.combine(1f, x, 0, WIDTH, 0f, y, 0));
    }

    private static void warm(Runnable function) {
        long start = System.nanoTime();
        long before = start;
        long now = start;
        do {
            before = now;
            for (int call = 0; call < CALLS; call++) {
                function.run();
            }
            now = System.nanoTime();
        } while (now - before > COMPILED_NANOS && now - start < MOST_NANOS);
    }
}
