package io.demitasse.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code y += x w} for some rows and a panel of {@link #WIDTH} columns: sums of outer products that stay in registers
 * over the whole depth. Every output is the chain of fused multiply-adds over k in ascending order, whatever the tile
 * it is in, so its bits depend neither on the rows beside it nor on how k is cut.
 *
 * <p>How they are written is what both JDK 17 and JDK 25 compile well. The factor is the receiver of {@code fma}: with
 * the weight as the receiver, JDK 17 keeps sums on the stack. Two steps are written out, so that counting and the checks
 * of indices cost half. The rows of x lie at fixed distances, so that one register addresses them all. The loops of the
 * lowest and the highest tile are not of the kind that the compiler unrolls and reorders, on purpose: it would move loads
 * ahead until the sums do not fit into the registers any more. Each tile is one method without calls that are not
 * inlined: a vector that leaves it would become an object.
 */
final class VectorTiles {

    static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    static final int LANES = SPECIES.length();
    /** Columns of a panel. */
    static final int WIDTH = 2 * LANES;
    /**
     * The distance between rows of x, and the most that k can be. Long, though a panel's weights then come from the
     * second-level cache: the processor fetches ahead of one long row of reads, from memory too, and the sums are loaded
     * and stored once for all of a hidden state's dimensions.
     */
    static final int DEPTH = 768;
    /** What k is a multiple of. */
    static final int STEP = 2;
    /** What the height of a tile is a multiple of. */
    static final int LOW = 4;
    /** Rows of the highest tile: 512-bit vectors come with 32 registers instead of 16. */
    static final int HIGH = LANES == 16 ? 12 : LOW;

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
     * @param rows a multiple of {@link #LOW}
     * @param depth a multiple of {@link #STEP}, at most {@link #DEPTH}
     * @param x {@code [rows, DEPTH]}, of which the first {@code depth} columns count
     * @param w {@code [depth, WIDTH]}, as {@link VectorPacking} lays it out
     * @param y {@code [rows, WIDTH]}, without gaps
     */
    static void accumulate(int rows, int depth, float[] x, int x0, float[] w, int w0, float[] y, int y0) {
        for (int row = 0; row < rows; ) {
            int height = Math.min(HIGH, rows - row);
            int xRow = x0 + row * DEPTH;
            int yRow = y0 + row * WIDTH;
            if (height == 12) {
                rows12(depth, x, xRow, w, w0, y, yRow);
            } else if (height == 8) {
                rows8(depth, x, xRow, w, w0, y, yRow);
            } else {
                rows4(depth, x, xRow, w, w0, y, yRow);
            }
            row += height;
        }
    }

    private static void rows4(int depth, float[] x, int x0, float[] w, int w0, float[] y, int y0) {
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
            FloatVector s1 = FloatVector.broadcast(SPECIES, x[xk + DEPTH]);
            a1 = s1.fma(v, a1);
            b1 = s1.fma(u, b1);
            FloatVector s2 = FloatVector.broadcast(SPECIES, x[xk + 2 * DEPTH]);
            a2 = s2.fma(v, a2);
            b2 = s2.fma(u, b2);
            FloatVector s3 = FloatVector.broadcast(SPECIES, x[xk + 3 * DEPTH]);
            a3 = s3.fma(v, a3);
            b3 = s3.fma(u, b3);
            v = FloatVector.fromArray(SPECIES, w, wk + WIDTH);
            u = FloatVector.fromArray(SPECIES, w, wk + WIDTH + LANES);
            FloatVector t0 = FloatVector.broadcast(SPECIES, x[xk + 1]);
            a0 = t0.fma(v, a0);
            b0 = t0.fma(u, b0);
            FloatVector t1 = FloatVector.broadcast(SPECIES, x[xk + DEPTH + 1]);
            a1 = t1.fma(v, a1);
            b1 = t1.fma(u, b1);
            FloatVector t2 = FloatVector.broadcast(SPECIES, x[xk + 2 * DEPTH + 1]);
            a2 = t2.fma(v, a2);
            b2 = t2.fma(u, b2);
            FloatVector t3 = FloatVector.broadcast(SPECIES, x[xk + 3 * DEPTH + 1]);
            a3 = t3.fma(v, a3);
            b3 = t3.fma(u, b3);
            xk += STEP;
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

    private static void rows8(int depth, float[] x, int x0, float[] w, int w0, float[] y, int y0) {
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
            int xk = x0 + k;
            FloatVector v = FloatVector.fromArray(SPECIES, w, wk);
            FloatVector u = FloatVector.fromArray(SPECIES, w, wk + LANES);
            FloatVector s0 = FloatVector.broadcast(SPECIES, x[xk]);
            a0 = s0.fma(v, a0);
            b0 = s0.fma(u, b0);
            FloatVector s1 = FloatVector.broadcast(SPECIES, x[xk + DEPTH]);
            a1 = s1.fma(v, a1);
            b1 = s1.fma(u, b1);
            FloatVector s2 = FloatVector.broadcast(SPECIES, x[xk + 2 * DEPTH]);
            a2 = s2.fma(v, a2);
            b2 = s2.fma(u, b2);
            FloatVector s3 = FloatVector.broadcast(SPECIES, x[xk + 3 * DEPTH]);
            a3 = s3.fma(v, a3);
            b3 = s3.fma(u, b3);
            FloatVector s4 = FloatVector.broadcast(SPECIES, x[xk + 4 * DEPTH]);
            a4 = s4.fma(v, a4);
            b4 = s4.fma(u, b4);
            FloatVector s5 = FloatVector.broadcast(SPECIES, x[xk + 5 * DEPTH]);
            a5 = s5.fma(v, a5);
            b5 = s5.fma(u, b5);
            FloatVector s6 = FloatVector.broadcast(SPECIES, x[xk + 6 * DEPTH]);
            a6 = s6.fma(v, a6);
            b6 = s6.fma(u, b6);
            FloatVector s7 = FloatVector.broadcast(SPECIES, x[xk + 7 * DEPTH]);
            a7 = s7.fma(v, a7);
            b7 = s7.fma(u, b7);
            v = FloatVector.fromArray(SPECIES, w, wk + WIDTH);
            u = FloatVector.fromArray(SPECIES, w, wk + WIDTH + LANES);
            FloatVector t0 = FloatVector.broadcast(SPECIES, x[xk + 1]);
            a0 = t0.fma(v, a0);
            b0 = t0.fma(u, b0);
            FloatVector t1 = FloatVector.broadcast(SPECIES, x[xk + DEPTH + 1]);
            a1 = t1.fma(v, a1);
            b1 = t1.fma(u, b1);
            FloatVector t2 = FloatVector.broadcast(SPECIES, x[xk + 2 * DEPTH + 1]);
            a2 = t2.fma(v, a2);
            b2 = t2.fma(u, b2);
            FloatVector t3 = FloatVector.broadcast(SPECIES, x[xk + 3 * DEPTH + 1]);
            a3 = t3.fma(v, a3);
            b3 = t3.fma(u, b3);
            FloatVector t4 = FloatVector.broadcast(SPECIES, x[xk + 4 * DEPTH + 1]);
            a4 = t4.fma(v, a4);
            b4 = t4.fma(u, b4);
            FloatVector t5 = FloatVector.broadcast(SPECIES, x[xk + 5 * DEPTH + 1]);
            a5 = t5.fma(v, a5);
            b5 = t5.fma(u, b5);
            FloatVector t6 = FloatVector.broadcast(SPECIES, x[xk + 6 * DEPTH + 1]);
            a6 = t6.fma(v, a6);
            b6 = t6.fma(u, b6);
            FloatVector t7 = FloatVector.broadcast(SPECIES, x[xk + 7 * DEPTH + 1]);
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

    private static void rows12(int depth, float[] x, int x0, float[] w, int w0, float[] y, int y0) {
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
        FloatVector a8 = FloatVector.fromArray(SPECIES, y, y0 + 8 * WIDTH);
        FloatVector b8 = FloatVector.fromArray(SPECIES, y, y0 + 8 * WIDTH + LANES);
        FloatVector a9 = FloatVector.fromArray(SPECIES, y, y0 + 9 * WIDTH);
        FloatVector b9 = FloatVector.fromArray(SPECIES, y, y0 + 9 * WIDTH + LANES);
        FloatVector a10 = FloatVector.fromArray(SPECIES, y, y0 + 10 * WIDTH);
        FloatVector b10 = FloatVector.fromArray(SPECIES, y, y0 + 10 * WIDTH + LANES);
        FloatVector a11 = FloatVector.fromArray(SPECIES, y, y0 + 11 * WIDTH);
        FloatVector b11 = FloatVector.fromArray(SPECIES, y, y0 + 11 * WIDTH + LANES);
        int end = w0 + depth * WIDTH;
        int xk = x0;
        for (int wk = w0; wk < end; wk += STEP * WIDTH) {
            FloatVector v = FloatVector.fromArray(SPECIES, w, wk);
            FloatVector u = FloatVector.fromArray(SPECIES, w, wk + LANES);
            FloatVector s0 = FloatVector.broadcast(SPECIES, x[xk]);
            a0 = s0.fma(v, a0);
            b0 = s0.fma(u, b0);
            FloatVector s1 = FloatVector.broadcast(SPECIES, x[xk + DEPTH]);
            a1 = s1.fma(v, a1);
            b1 = s1.fma(u, b1);
            FloatVector s2 = FloatVector.broadcast(SPECIES, x[xk + 2 * DEPTH]);
            a2 = s2.fma(v, a2);
            b2 = s2.fma(u, b2);
            FloatVector s3 = FloatVector.broadcast(SPECIES, x[xk + 3 * DEPTH]);
            a3 = s3.fma(v, a3);
            b3 = s3.fma(u, b3);
            FloatVector s4 = FloatVector.broadcast(SPECIES, x[xk + 4 * DEPTH]);
            a4 = s4.fma(v, a4);
            b4 = s4.fma(u, b4);
            FloatVector s5 = FloatVector.broadcast(SPECIES, x[xk + 5 * DEPTH]);
            a5 = s5.fma(v, a5);
            b5 = s5.fma(u, b5);
            FloatVector s6 = FloatVector.broadcast(SPECIES, x[xk + 6 * DEPTH]);
            a6 = s6.fma(v, a6);
            b6 = s6.fma(u, b6);
            FloatVector s7 = FloatVector.broadcast(SPECIES, x[xk + 7 * DEPTH]);
            a7 = s7.fma(v, a7);
            b7 = s7.fma(u, b7);
            FloatVector s8 = FloatVector.broadcast(SPECIES, x[xk + 8 * DEPTH]);
            a8 = s8.fma(v, a8);
            b8 = s8.fma(u, b8);
            FloatVector s9 = FloatVector.broadcast(SPECIES, x[xk + 9 * DEPTH]);
            a9 = s9.fma(v, a9);
            b9 = s9.fma(u, b9);
            FloatVector s10 = FloatVector.broadcast(SPECIES, x[xk + 10 * DEPTH]);
            a10 = s10.fma(v, a10);
            b10 = s10.fma(u, b10);
            FloatVector s11 = FloatVector.broadcast(SPECIES, x[xk + 11 * DEPTH]);
            a11 = s11.fma(v, a11);
            b11 = s11.fma(u, b11);
            v = FloatVector.fromArray(SPECIES, w, wk + WIDTH);
            u = FloatVector.fromArray(SPECIES, w, wk + WIDTH + LANES);
            FloatVector t0 = FloatVector.broadcast(SPECIES, x[xk + 1]);
            a0 = t0.fma(v, a0);
            b0 = t0.fma(u, b0);
            FloatVector t1 = FloatVector.broadcast(SPECIES, x[xk + DEPTH + 1]);
            a1 = t1.fma(v, a1);
            b1 = t1.fma(u, b1);
            FloatVector t2 = FloatVector.broadcast(SPECIES, x[xk + 2 * DEPTH + 1]);
            a2 = t2.fma(v, a2);
            b2 = t2.fma(u, b2);
            FloatVector t3 = FloatVector.broadcast(SPECIES, x[xk + 3 * DEPTH + 1]);
            a3 = t3.fma(v, a3);
            b3 = t3.fma(u, b3);
            FloatVector t4 = FloatVector.broadcast(SPECIES, x[xk + 4 * DEPTH + 1]);
            a4 = t4.fma(v, a4);
            b4 = t4.fma(u, b4);
            FloatVector t5 = FloatVector.broadcast(SPECIES, x[xk + 5 * DEPTH + 1]);
            a5 = t5.fma(v, a5);
            b5 = t5.fma(u, b5);
            FloatVector t6 = FloatVector.broadcast(SPECIES, x[xk + 6 * DEPTH + 1]);
            a6 = t6.fma(v, a6);
            b6 = t6.fma(u, b6);
            FloatVector t7 = FloatVector.broadcast(SPECIES, x[xk + 7 * DEPTH + 1]);
            a7 = t7.fma(v, a7);
            b7 = t7.fma(u, b7);
            FloatVector t8 = FloatVector.broadcast(SPECIES, x[xk + 8 * DEPTH + 1]);
            a8 = t8.fma(v, a8);
            b8 = t8.fma(u, b8);
            FloatVector t9 = FloatVector.broadcast(SPECIES, x[xk + 9 * DEPTH + 1]);
            a9 = t9.fma(v, a9);
            b9 = t9.fma(u, b9);
            FloatVector t10 = FloatVector.broadcast(SPECIES, x[xk + 10 * DEPTH + 1]);
            a10 = t10.fma(v, a10);
            b10 = t10.fma(u, b10);
            FloatVector t11 = FloatVector.broadcast(SPECIES, x[xk + 11 * DEPTH + 1]);
            a11 = t11.fma(v, a11);
            b11 = t11.fma(u, b11);
            xk += STEP;
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
        a8.intoArray(y, y0 + 8 * WIDTH);
        b8.intoArray(y, y0 + 8 * WIDTH + LANES);
        a9.intoArray(y, y0 + 9 * WIDTH);
        b9.intoArray(y, y0 + 9 * WIDTH + LANES);
        a10.intoArray(y, y0 + 10 * WIDTH);
        b10.intoArray(y, y0 + 10 * WIDTH + LANES);
        a11.intoArray(y, y0 + 11 * WIDTH);
        b11.intoArray(y, y0 + 11 * WIDTH + LANES);
    }
}
