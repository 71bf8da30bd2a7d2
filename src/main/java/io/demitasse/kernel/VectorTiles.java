package io.demitasse.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code y += x w} for some rows and a panel of {@link #WIDTH} columns: sums of outer products that stay in registers
 * over the whole depth. Every output is the chain of fused multiply-adds over k in ascending order, whatever the tile
 * it is in, so its bits depend neither on the rows beside it nor on how k is cut.
 *
 * <p>The tiles are lower than the registers would allow, since the JIT compiler moves loads ahead; sums that do not fit
 * any more go to the stack at every step, which takes twice as long. The factor is the receiver of {@code fma}, since
 * with the weight as the receiver JDK 17 does just that. Two steps are written out, so that counting and the checks of
 * indices cost half. The low tile's loop is not one that the compiler knows how to unroll and reorder, on purpose:
 * where there are 16 registers it would spill. Each tile is one method without calls that are not inlined: a vector
 * that leaves it would become an object.
 */
final class VectorTiles {

    static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    static final int LANES = SPECIES.length();
    /** Columns of a panel. */
    static final int WIDTH = 2 * LANES;
    /** Rows of the low tile. */
    static final int LOW = 4;
    /** Rows of the highest tile: 512-bit vectors come with 32 registers instead of 16. */
    static final int HEIGHT = LANES == 16 ? 8 : LOW;
    /** What the depth is a multiple of. */
    static final int STEP = 2;

    private VectorTiles() {
    }

    /** Why this processor's vectors are of no use; empty if they are. */
    static String obstacle() {
        return LANES == 4 || LANES == 8 || LANES == 16 ? ""
                : "vectors of " + SPECIES.vectorBitSize() + " bits are not supported";
    }

    /**
     * {@code y += x w}.
     *
     * @param height {@link #LOW} or {@link #HEIGHT}
     * @param depth a multiple of {@link #STEP}
     * @param x {@code [depth, height]}, as {@link VectorPacking} lays it out
     * @param w {@code [depth, WIDTH]}, likewise
     * @param y {@code [height, WIDTH]}, without gaps
     */
    static void accumulate(int height, int depth, float[] x, int x0, float[] w, int w0, float[] y, int y0) {
        if (height == LOW) {
            low(depth, x, x0, w, w0, y, y0);
        } else {
            high(depth, x, x0, w, w0, y, y0);
        }
    }

    private static void low(int depth, float[] x, int x0, float[] w, int w0, float[] y, int y0) {
        FloatVector a0 = FloatVector.fromArray(SPECIES, y, y0);
        FloatVector b0 = FloatVector.fromArray(SPECIES, y, y0 + LANES);
        FloatVector a1 = FloatVector.fromArray(SPECIES, y, y0 + WIDTH);
        FloatVector b1 = FloatVector.fromArray(SPECIES, y, y0 + WIDTH + LANES);
        FloatVector a2 = FloatVector.fromArray(SPECIES, y, y0 + 2 * WIDTH);
        FloatVector b2 = FloatVector.fromArray(SPECIES, y, y0 + 2 * WIDTH + LANES);
        FloatVector a3 = FloatVector.fromArray(SPECIES, y, y0 + 3 * WIDTH);
        FloatVector b3 = FloatVector.fromArray(SPECIES, y, y0 + 3 * WIDTH + LANES);
        int end = w0 + depth * WIDTH;
        int xk = x0;
        for (int wk = w0; wk < end; wk += STEP * WIDTH) {
            FloatVector v = FloatVector.fromArray(SPECIES, w, wk);
            FloatVector u = FloatVector.fromArray(SPECIES, w, wk + LANES);
            FloatVector s0 = FloatVector.broadcast(SPECIES, x[xk]);
            a0 = s0.fma(v, a0);
            b0 = s0.fma(u, b0);
            FloatVector s1 = FloatVector.broadcast(SPECIES, x[xk + 1]);
            a1 = s1.fma(v, a1);
            b1 = s1.fma(u, b1);
            FloatVector s2 = FloatVector.broadcast(SPECIES, x[xk + 2]);
            a2 = s2.fma(v, a2);
            b2 = s2.fma(u, b2);
            FloatVector s3 = FloatVector.broadcast(SPECIES, x[xk + 3]);
            a3 = s3.fma(v, a3);
            b3 = s3.fma(u, b3);
            v = FloatVector.fromArray(SPECIES, w, wk + WIDTH);
            u = FloatVector.fromArray(SPECIES, w, wk + WIDTH + LANES);
            FloatVector t0 = FloatVector.broadcast(SPECIES, x[xk + 4]);
            a0 = t0.fma(v, a0);
            b0 = t0.fma(u, b0);
            FloatVector t1 = FloatVector.broadcast(SPECIES, x[xk + 5]);
            a1 = t1.fma(v, a1);
            b1 = t1.fma(u, b1);
            FloatVector t2 = FloatVector.broadcast(SPECIES, x[xk + 6]);
            a2 = t2.fma(v, a2);
            b2 = t2.fma(u, b2);
            FloatVector t3 = FloatVector.broadcast(SPECIES, x[xk + 7]);
            a3 = t3.fma(v, a3);
            b3 = t3.fma(u, b3);
            xk += STEP * 4;
        }
        a0.intoArray(y, y0);
        b0.intoArray(y, y0 + LANES);
        a1.intoArray(y, y0 + WIDTH);
        b1.intoArray(y, y0 + WIDTH + LANES);
        a2.intoArray(y, y0 + 2 * WIDTH);
        b2.intoArray(y, y0 + 2 * WIDTH + LANES);
        a3.intoArray(y, y0 + 3 * WIDTH);
        b3.intoArray(y, y0 + 3 * WIDTH + LANES);
    }

    private static void high(int depth, float[] x, int x0, float[] w, int w0, float[] y, int y0) {
        FloatVector a0 = FloatVector.fromArray(SPECIES, y, y0);
        FloatVector b0 = FloatVector.fromArray(SPECIES, y, y0 + LANES);
        FloatVector a1 = FloatVector.fromArray(SPECIES, y, y0 + WIDTH);
        FloatVector b1 = FloatVector.fromArray(SPECIES, y, y0 + WIDTH + LANES);
        FloatVector a2 = FloatVector.fromArray(SPECIES, y, y0 + 2 * WIDTH);
        FloatVector b2 = FloatVector.fromArray(SPECIES, y, y0 + 2 * WIDTH + LANES);
        FloatVector a3 = FloatVector.fromArray(SPECIES, y, y0 + 3 * WIDTH);
        FloatVector b3 = FloatVector.fromArray(SPECIES, y, y0 + 3 * WIDTH + LANES);
        FloatVector a4 = FloatVector.fromArray(SPECIES, y, y0 + 4 * WIDTH);
        FloatVector b4 = FloatVector.fromArray(SPECIES, y, y0 + 4 * WIDTH + LANES);
        FloatVector a5 = FloatVector.fromArray(SPECIES, y, y0 + 5 * WIDTH);
        FloatVector b5 = FloatVector.fromArray(SPECIES, y, y0 + 5 * WIDTH + LANES);
        FloatVector a6 = FloatVector.fromArray(SPECIES, y, y0 + 6 * WIDTH);
        FloatVector b6 = FloatVector.fromArray(SPECIES, y, y0 + 6 * WIDTH + LANES);
        FloatVector a7 = FloatVector.fromArray(SPECIES, y, y0 + 7 * WIDTH);
        FloatVector b7 = FloatVector.fromArray(SPECIES, y, y0 + 7 * WIDTH + LANES);
        for (int k = 0; k < depth; k += STEP) {
            int wk = w0 + k * WIDTH;
            int xk = x0 + k * 8;
            FloatVector v = FloatVector.fromArray(SPECIES, w, wk);
            FloatVector u = FloatVector.fromArray(SPECIES, w, wk + LANES);
            FloatVector s0 = FloatVector.broadcast(SPECIES, x[xk]);
            a0 = s0.fma(v, a0);
            b0 = s0.fma(u, b0);
            FloatVector s1 = FloatVector.broadcast(SPECIES, x[xk + 1]);
            a1 = s1.fma(v, a1);
            b1 = s1.fma(u, b1);
            FloatVector s2 = FloatVector.broadcast(SPECIES, x[xk + 2]);
            a2 = s2.fma(v, a2);
            b2 = s2.fma(u, b2);
            FloatVector s3 = FloatVector.broadcast(SPECIES, x[xk + 3]);
            a3 = s3.fma(v, a3);
            b3 = s3.fma(u, b3);
            FloatVector s4 = FloatVector.broadcast(SPECIES, x[xk + 4]);
            a4 = s4.fma(v, a4);
            b4 = s4.fma(u, b4);
            FloatVector s5 = FloatVector.broadcast(SPECIES, x[xk + 5]);
            a5 = s5.fma(v, a5);
            b5 = s5.fma(u, b5);
            FloatVector s6 = FloatVector.broadcast(SPECIES, x[xk + 6]);
            a6 = s6.fma(v, a6);
            b6 = s6.fma(u, b6);
            FloatVector s7 = FloatVector.broadcast(SPECIES, x[xk + 7]);
            a7 = s7.fma(v, a7);
            b7 = s7.fma(u, b7);
            v = FloatVector.fromArray(SPECIES, w, wk + WIDTH);
            u = FloatVector.fromArray(SPECIES, w, wk + WIDTH + LANES);
            FloatVector t0 = FloatVector.broadcast(SPECIES, x[xk + 8]);
            a0 = t0.fma(v, a0);
            b0 = t0.fma(u, b0);
            FloatVector t1 = FloatVector.broadcast(SPECIES, x[xk + 9]);
            a1 = t1.fma(v, a1);
            b1 = t1.fma(u, b1);
            FloatVector t2 = FloatVector.broadcast(SPECIES, x[xk + 10]);
            a2 = t2.fma(v, a2);
            b2 = t2.fma(u, b2);
            FloatVector t3 = FloatVector.broadcast(SPECIES, x[xk + 11]);
            a3 = t3.fma(v, a3);
            b3 = t3.fma(u, b3);
            FloatVector t4 = FloatVector.broadcast(SPECIES, x[xk + 12]);
            a4 = t4.fma(v, a4);
            b4 = t4.fma(u, b4);
            FloatVector t5 = FloatVector.broadcast(SPECIES, x[xk + 13]);
            a5 = t5.fma(v, a5);
            b5 = t5.fma(u, b5);
            FloatVector t6 = FloatVector.broadcast(SPECIES, x[xk + 14]);
            a6 = t6.fma(v, a6);
            b6 = t6.fma(u, b6);
            FloatVector t7 = FloatVector.broadcast(SPECIES, x[xk + 15]);
            a7 = t7.fma(v, a7);
            b7 = t7.fma(u, b7);
        }
        a0.intoArray(y, y0);
        b0.intoArray(y, y0 + LANES);
        a1.intoArray(y, y0 + WIDTH);
        b1.intoArray(y, y0 + WIDTH + LANES);
        a2.intoArray(y, y0 + 2 * WIDTH);
        b2.intoArray(y, y0 + 2 * WIDTH + LANES);
        a3.intoArray(y, y0 + 3 * WIDTH);
        b3.intoArray(y, y0 + 3 * WIDTH + LANES);
        a4.intoArray(y, y0 + 4 * WIDTH);
        b4.intoArray(y, y0 + 4 * WIDTH + LANES);
        a5.intoArray(y, y0 + 5 * WIDTH);
        b5.intoArray(y, y0 + 5 * WIDTH + LANES);
        a6.intoArray(y, y0 + 6 * WIDTH);
        b6.intoArray(y, y0 + 6 * WIDTH + LANES);
        a7.intoArray(y, y0 + 7 * WIDTH);
        b7.intoArray(y, y0 + 7 * WIDTH + LANES);
    }
}
