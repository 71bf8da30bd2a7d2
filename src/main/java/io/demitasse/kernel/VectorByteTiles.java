package io.demitasse.kernel;

import static io.demitasse.kernel.VectorMath.BYTES;
import static io.demitasse.kernel.VectorTiles.DEPTH;
import static io.demitasse.kernel.VectorTiles.LANES;
import static io.demitasse.kernel.VectorTiles.SPECIES;
import static io.demitasse.kernel.VectorTiles.WIDTH;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * {@link VectorTiles} on weights that are bytes, widened in registers: for so few rows that hardly a weight is read by
 * more than one tile. With more of them, it is better widened once for all. The sums have the same bits either way.
 */
final class VectorByteTiles {

    /** Rows of the highest tile. */
    static final int HIGH = LANES == 16 ? 8 : 4;
    /** The most rows that are better off here; none where the bytes for one vector of floats are no vector. */
    static final int FEW_ROWS = LANES == 4 ? 0 : 2 * HIGH;

    private VectorByteTiles() {
    }

    /** {@link VectorTiles#accumulate}. */
    static void accumulate(int rows, int depth, float[] x, int x0, byte[] w, int w0, float[] y, int y0) {
        for (int row = 0; row < rows; ) {
            int height = Math.min(HIGH, rows - row);
            int xRow = x0 + row * DEPTH;
            int yRow = y0 + row * WIDTH;
            if (height == 8) {
                rows8(depth, x, xRow, w, w0, y, yRow);
            } else {
                rows4(depth, x, xRow, w, w0, y, yRow);
            }
            row += height;
        }
    }

    private static void rows4(int depth, float[] x, int x0, byte[] w, int w0, float[] y, int y0) {
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
        for (int wk = w0; wk < end; wk += WIDTH) {
            FloatVector v = (FloatVector) ByteVector.fromArray(BYTES, w, wk)
                    .convertShape(VectorOperators.B2F, SPECIES, 0);
            FloatVector u = (FloatVector) ByteVector.fromArray(BYTES, w, wk + LANES)
                    .convertShape(VectorOperators.B2F, SPECIES, 0);
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
            xk++;
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

    private static void rows8(int depth, float[] x, int x0, byte[] w, int w0, float[] y, int y0) {
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
        int end = w0 + depth * WIDTH;
        int xk = x0;
        for (int wk = w0; wk < end; wk += WIDTH) {
            FloatVector v = (FloatVector) ByteVector.fromArray(BYTES, w, wk)
                    .convertShape(VectorOperators.B2F, SPECIES, 0);
            FloatVector u = (FloatVector) ByteVector.fromArray(BYTES, w, wk + LANES)
                    .convertShape(VectorOperators.B2F, SPECIES, 0);
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
            xk++;
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
