package io.demitasse.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code y += x w} for a panel of {@link #WIDTH} columns: sums of outer products that stay in registers over the whole
 * depth. Every output is the chain of fused multiply-adds over k in ascending order, whatever the tile it is in, so
 * its bits depend neither on the rows beside it nor on how k is cut.
 *
 * <p>The tiles are lower than the registers would allow. The JIT compiler may move all loads of a step before its first
 * multiplication; sums, two vectors of the weight and one factor a row must then still fit, or every step spills sums
 * to the stack and takes twice as long. For the same reason the factor is the receiver of {@code fma}: with the weight
 * as the receiver, JDK 17 does spill. Each tile is one method without calls that are not inlined: a vector that leaves
 * it would become an object.
 */
final class VectorTiles {

    static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    static final int LANES = SPECIES.length();
    /** Columns of a panel. */
    static final int WIDTH = 2 * LANES;
    /** Rows of the highest tile: 512-bit vectors come with 32 registers instead of 16. */
    static final int HEIGHT = LANES == 16 ? 8 : 5;

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
     * @param x {@code [rows, depth]}
     * @param w {@code [depth, WIDTH]}, without gaps
     * @param y {@code [rows, WIDTH]}
     */
    static void accumulate(int rows, int depth, float[] x, int x0, int xStride, float[] w, int w0,
                           float[] y, int y0, int yStride) {
        int row = 0;
        while (row < rows) {
            int height = height(rows - row);
            int xRow = x0 + row * xStride;
            int yRow = y0 + row * yStride;
            switch (height) {
                case 1 -> rows1(depth, x, xRow, w, w0, y, yRow);
                case 2 -> rows2(depth, x, xRow, xStride, w, w0, y, yRow, yStride);
                case 3 -> rows3(depth, x, xRow, xStride, w, w0, y, yRow, yStride);
                case 4 -> rows4(depth, x, xRow, xStride, w, w0, y, yRow, yStride);
                case 5 -> rows5(depth, x, xRow, xStride, w, w0, y, yRow, yStride);
                default -> rows8(depth, x, xRow, xStride, w, w0, y, yRow, yStride);
            }
            row += height;
        }
    }

    /** A tile of less than four rows takes as long as one of four, so what a high tile leaves is cut into halves. */
    private static int height(int rows) {
        if (rows >= HEIGHT + 5 || rows == HEIGHT) {
            return HEIGHT;
        }
        return rows <= 5 ? rows : Math.min(5, (rows + 1) / 2);
    }

    private static void rows1(int depth, float[] x, int x0, float[] w, int w0, float[] y, int y0) {
        FloatVector a0 = FloatVector.fromArray(SPECIES, y, y0);
        FloatVector b0 = FloatVector.fromArray(SPECIES, y, y0 + LANES);
        for (int k = 0; k < depth; k++) {
            FloatVector v = FloatVector.fromArray(SPECIES, w, w0 + k * WIDTH);
            FloatVector u = FloatVector.fromArray(SPECIES, w, w0 + k * WIDTH + LANES);
            FloatVector s0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
            a0 = s0.fma(v, a0);
            b0 = s0.fma(u, b0);
        }
        a0.intoArray(y, y0);
        b0.intoArray(y, y0 + LANES);
    }

    private static void rows2(int depth, float[] x, int x0, int xStride, float[] w, int w0,
                              float[] y, int y0, int yStride) {
        int x1 = x0 + xStride;
        int y1 = y0 + yStride;
        FloatVector a0 = FloatVector.fromArray(SPECIES, y, y0);
        FloatVector b0 = FloatVector.fromArray(SPECIES, y, y0 + LANES);
        FloatVector a1 = FloatVector.fromArray(SPECIES, y, y1);
        FloatVector b1 = FloatVector.fromArray(SPECIES, y, y1 + LANES);
        for (int k = 0; k < depth; k++) {
            FloatVector v = FloatVector.fromArray(SPECIES, w, w0 + k * WIDTH);
            FloatVector u = FloatVector.fromArray(SPECIES, w, w0 + k * WIDTH + LANES);
            FloatVector s0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
            a0 = s0.fma(v, a0);
            b0 = s0.fma(u, b0);
            FloatVector s1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
            a1 = s1.fma(v, a1);
            b1 = s1.fma(u, b1);
        }
        a0.intoArray(y, y0);
        b0.intoArray(y, y0 + LANES);
        a1.intoArray(y, y1);
        b1.intoArray(y, y1 + LANES);
    }

    private static void rows3(int depth, float[] x, int x0, int xStride, float[] w, int w0,
                              float[] y, int y0, int yStride) {
        int x1 = x0 + xStride;
        int x2 = x1 + xStride;
        int y1 = y0 + yStride;
        int y2 = y1 + yStride;
        FloatVector a0 = FloatVector.fromArray(SPECIES, y, y0);
        FloatVector b0 = FloatVector.fromArray(SPECIES, y, y0 + LANES);
        FloatVector a1 = FloatVector.fromArray(SPECIES, y, y1);
        FloatVector b1 = FloatVector.fromArray(SPECIES, y, y1 + LANES);
        FloatVector a2 = FloatVector.fromArray(SPECIES, y, y2);
        FloatVector b2 = FloatVector.fromArray(SPECIES, y, y2 + LANES);
        for (int k = 0; k < depth; k++) {
            FloatVector v = FloatVector.fromArray(SPECIES, w, w0 + k * WIDTH);
            FloatVector u = FloatVector.fromArray(SPECIES, w, w0 + k * WIDTH + LANES);
            FloatVector s0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
            a0 = s0.fma(v, a0);
            b0 = s0.fma(u, b0);
            FloatVector s1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
            a1 = s1.fma(v, a1);
            b1 = s1.fma(u, b1);
            FloatVector s2 = FloatVector.broadcast(SPECIES, x[x2 + k]);
            a2 = s2.fma(v, a2);
            b2 = s2.fma(u, b2);
        }
        a0.intoArray(y, y0);
        b0.intoArray(y, y0 + LANES);
        a1.intoArray(y, y1);
        b1.intoArray(y, y1 + LANES);
        a2.intoArray(y, y2);
        b2.intoArray(y, y2 + LANES);
    }

    private static void rows4(int depth, float[] x, int x0, int xStride, float[] w, int w0,
                              float[] y, int y0, int yStride) {
        int x1 = x0 + xStride;
        int x2 = x1 + xStride;
        int x3 = x2 + xStride;
        int y1 = y0 + yStride;
        int y2 = y1 + yStride;
        int y3 = y2 + yStride;
        FloatVector a0 = FloatVector.fromArray(SPECIES, y, y0);
        FloatVector b0 = FloatVector.fromArray(SPECIES, y, y0 + LANES);
        FloatVector a1 = FloatVector.fromArray(SPECIES, y, y1);
        FloatVector b1 = FloatVector.fromArray(SPECIES, y, y1 + LANES);
        FloatVector a2 = FloatVector.fromArray(SPECIES, y, y2);
        FloatVector b2 = FloatVector.fromArray(SPECIES, y, y2 + LANES);
        FloatVector a3 = FloatVector.fromArray(SPECIES, y, y3);
        FloatVector b3 = FloatVector.fromArray(SPECIES, y, y3 + LANES);
        for (int k = 0; k < depth; k++) {
            FloatVector v = FloatVector.fromArray(SPECIES, w, w0 + k * WIDTH);
            FloatVector u = FloatVector.fromArray(SPECIES, w, w0 + k * WIDTH + LANES);
            FloatVector s0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
            a0 = s0.fma(v, a0);
            b0 = s0.fma(u, b0);
            FloatVector s1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
            a1 = s1.fma(v, a1);
            b1 = s1.fma(u, b1);
            FloatVector s2 = FloatVector.broadcast(SPECIES, x[x2 + k]);
            a2 = s2.fma(v, a2);
            b2 = s2.fma(u, b2);
            FloatVector s3 = FloatVector.broadcast(SPECIES, x[x3 + k]);
            a3 = s3.fma(v, a3);
            b3 = s3.fma(u, b3);
        }
        a0.intoArray(y, y0);
        b0.intoArray(y, y0 + LANES);
        a1.intoArray(y, y1);
        b1.intoArray(y, y1 + LANES);
        a2.intoArray(y, y2);
        b2.intoArray(y, y2 + LANES);
        a3.intoArray(y, y3);
        b3.intoArray(y, y3 + LANES);
    }

    private static void rows5(int depth, float[] x, int x0, int xStride, float[] w, int w0,
                              float[] y, int y0, int yStride) {
        int x1 = x0 + xStride;
        int x2 = x1 + xStride;
        int x3 = x2 + xStride;
        int x4 = x3 + xStride;
        int y1 = y0 + yStride;
        int y2 = y1 + yStride;
        int y3 = y2 + yStride;
        int y4 = y3 + yStride;
        FloatVector a0 = FloatVector.fromArray(SPECIES, y, y0);
        FloatVector b0 = FloatVector.fromArray(SPECIES, y, y0 + LANES);
        FloatVector a1 = FloatVector.fromArray(SPECIES, y, y1);
        FloatVector b1 = FloatVector.fromArray(SPECIES, y, y1 + LANES);
        FloatVector a2 = FloatVector.fromArray(SPECIES, y, y2);
        FloatVector b2 = FloatVector.fromArray(SPECIES, y, y2 + LANES);
        FloatVector a3 = FloatVector.fromArray(SPECIES, y, y3);
        FloatVector b3 = FloatVector.fromArray(SPECIES, y, y3 + LANES);
        FloatVector a4 = FloatVector.fromArray(SPECIES, y, y4);
        FloatVector b4 = FloatVector.fromArray(SPECIES, y, y4 + LANES);
        for (int k = 0; k < depth; k++) {
            FloatVector v = FloatVector.fromArray(SPECIES, w, w0 + k * WIDTH);
            FloatVector u = FloatVector.fromArray(SPECIES, w, w0 + k * WIDTH + LANES);
            FloatVector s0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
            a0 = s0.fma(v, a0);
            b0 = s0.fma(u, b0);
            FloatVector s1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
            a1 = s1.fma(v, a1);
            b1 = s1.fma(u, b1);
            FloatVector s2 = FloatVector.broadcast(SPECIES, x[x2 + k]);
            a2 = s2.fma(v, a2);
            b2 = s2.fma(u, b2);
            FloatVector s3 = FloatVector.broadcast(SPECIES, x[x3 + k]);
            a3 = s3.fma(v, a3);
            b3 = s3.fma(u, b3);
            FloatVector s4 = FloatVector.broadcast(SPECIES, x[x4 + k]);
            a4 = s4.fma(v, a4);
            b4 = s4.fma(u, b4);
        }
        a0.intoArray(y, y0);
        b0.intoArray(y, y0 + LANES);
        a1.intoArray(y, y1);
        b1.intoArray(y, y1 + LANES);
        a2.intoArray(y, y2);
        b2.intoArray(y, y2 + LANES);
        a3.intoArray(y, y3);
        b3.intoArray(y, y3 + LANES);
        a4.intoArray(y, y4);
        b4.intoArray(y, y4 + LANES);
    }

    private static void rows8(int depth, float[] x, int x0, int xStride, float[] w, int w0,
                              float[] y, int y0, int yStride) {
        int x1 = x0 + xStride;
        int x2 = x1 + xStride;
        int x3 = x2 + xStride;
        int x4 = x3 + xStride;
        int x5 = x4 + xStride;
        int x6 = x5 + xStride;
        int x7 = x6 + xStride;
        int y1 = y0 + yStride;
        int y2 = y1 + yStride;
        int y3 = y2 + yStride;
        int y4 = y3 + yStride;
        int y5 = y4 + yStride;
        int y6 = y5 + yStride;
        int y7 = y6 + yStride;
        FloatVector a0 = FloatVector.fromArray(SPECIES, y, y0);
        FloatVector b0 = FloatVector.fromArray(SPECIES, y, y0 + LANES);
        FloatVector a1 = FloatVector.fromArray(SPECIES, y, y1);
        FloatVector b1 = FloatVector.fromArray(SPECIES, y, y1 + LANES);
        FloatVector a2 = FloatVector.fromArray(SPECIES, y, y2);
        FloatVector b2 = FloatVector.fromArray(SPECIES, y, y2 + LANES);
        FloatVector a3 = FloatVector.fromArray(SPECIES, y, y3);
        FloatVector b3 = FloatVector.fromArray(SPECIES, y, y3 + LANES);
        FloatVector a4 = FloatVector.fromArray(SPECIES, y, y4);
        FloatVector b4 = FloatVector.fromArray(SPECIES, y, y4 + LANES);
        FloatVector a5 = FloatVector.fromArray(SPECIES, y, y5);
        FloatVector b5 = FloatVector.fromArray(SPECIES, y, y5 + LANES);
        FloatVector a6 = FloatVector.fromArray(SPECIES, y, y6);
        FloatVector b6 = FloatVector.fromArray(SPECIES, y, y6 + LANES);
        FloatVector a7 = FloatVector.fromArray(SPECIES, y, y7);
        FloatVector b7 = FloatVector.fromArray(SPECIES, y, y7 + LANES);
        for (int k = 0; k < depth; k++) {
            FloatVector v = FloatVector.fromArray(SPECIES, w, w0 + k * WIDTH);
            FloatVector u = FloatVector.fromArray(SPECIES, w, w0 + k * WIDTH + LANES);
            FloatVector s0 = FloatVector.broadcast(SPECIES, x[x0 + k]);
            a0 = s0.fma(v, a0);
            b0 = s0.fma(u, b0);
            FloatVector s1 = FloatVector.broadcast(SPECIES, x[x1 + k]);
            a1 = s1.fma(v, a1);
            b1 = s1.fma(u, b1);
            FloatVector s2 = FloatVector.broadcast(SPECIES, x[x2 + k]);
            a2 = s2.fma(v, a2);
            b2 = s2.fma(u, b2);
            FloatVector s3 = FloatVector.broadcast(SPECIES, x[x3 + k]);
            a3 = s3.fma(v, a3);
            b3 = s3.fma(u, b3);
            FloatVector s4 = FloatVector.broadcast(SPECIES, x[x4 + k]);
            a4 = s4.fma(v, a4);
            b4 = s4.fma(u, b4);
            FloatVector s5 = FloatVector.broadcast(SPECIES, x[x5 + k]);
            a5 = s5.fma(v, a5);
            b5 = s5.fma(u, b5);
            FloatVector s6 = FloatVector.broadcast(SPECIES, x[x6 + k]);
            a6 = s6.fma(v, a6);
            b6 = s6.fma(u, b6);
            FloatVector s7 = FloatVector.broadcast(SPECIES, x[x7 + k]);
            a7 = s7.fma(v, a7);
            b7 = s7.fma(u, b7);
        }
        a0.intoArray(y, y0);
        b0.intoArray(y, y0 + LANES);
        a1.intoArray(y, y1);
        b1.intoArray(y, y1 + LANES);
        a2.intoArray(y, y2);
        b2.intoArray(y, y2 + LANES);
        a3.intoArray(y, y3);
        b3.intoArray(y, y3 + LANES);
        a4.intoArray(y, y4);
        b4.intoArray(y, y4 + LANES);
        a5.intoArray(y, y5);
        b5.intoArray(y, y5 + LANES);
        a6.intoArray(y, y6);
        b6.intoArray(y, y6 + LANES);
        a7.intoArray(y, y7);
        b7.intoArray(y, y7 + LANES);
    }
}
