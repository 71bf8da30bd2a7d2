package io.demitasse.kernel;

import java.util.Arrays;

/**
 * Lays matrices out as {@link VectorTiles} reads them: {@code [depth, lanes]}, one step's factors beside each other.
 * What is missing at the edges is filled up with zeros, which add nothing.
 */
final class VectorPacking {

    private VectorPacking() {
    }

    /** The depth to which k is filled up. */
    static int depth(int k) {
        return (k + VectorTiles.STEP - 1) / VectorTiles.STEP * VectorTiles.STEP;
    }

    /** The height of the block of packed rows that starts where so many rows are left. */
    static int height(int rows) {
        return rows > VectorTiles.LOW ? VectorTiles.HEIGHT : VectorTiles.LOW;
    }

    /** How many rows their blocks have together. */
    static int filledUp(int rows) {
        int whole = rows / VectorTiles.HEIGHT * VectorTiles.HEIGHT;
        return rows == whole ? rows : whole + height(rows - whole);
    }

    /**
     * Packs into {@code [depth(k), width]}.
     *
     * @param transposed whether a lane is a column of x, so that x is {@code [k, lanes]}; else it is {@code [lanes, k]}
     * @param width lanes as packed, at least {@code lanes}
     */
    static void pack(boolean transposed, float[] x, int from, int stride, int lanes, int k, float[] packed, int at,
                     int width) {
        if (lanes < width) {
            Arrays.fill(packed, at, at + k * width, 0f);
        }
        Arrays.fill(packed, at + k * width, at + depth(k) * width, 0f);
        if (transposed) {
            for (int p = 0; p < k; p++) {
                System.arraycopy(x, from + p * stride, packed, at + p * width, lanes);
            }
            return;
        }
        int lane = 0;
        for (; lane + 8 <= lanes; lane += 8) {
            interleaveEight(x, from + lane * stride, stride, k, packed, at + lane, width);
        }
        for (; lane + 4 <= lanes; lane += 4) {
            interleaveFour(x, from + lane * stride, stride, k, packed, at + lane, width);
        }
        for (; lane < lanes; lane++) {
            for (int p = 0; p < k; p++) {
                packed[at + lane + p * width] = x[from + lane * stride + p];
            }
        }
    }

    private static void interleaveEight(float[] x, int x0, int stride, int k, float[] packed, int at, int width) {
        int x1 = x0 + stride;
        int x2 = x1 + stride;
        int x3 = x2 + stride;
        int x4 = x3 + stride;
        int x5 = x4 + stride;
        int x6 = x5 + stride;
        int x7 = x6 + stride;
        for (int p = 0; p < k; p++) {
            packed[at] = x[x0 + p];
            packed[at + 1] = x[x1 + p];
            packed[at + 2] = x[x2 + p];
            packed[at + 3] = x[x3 + p];
            packed[at + 4] = x[x4 + p];
            packed[at + 5] = x[x5 + p];
            packed[at + 6] = x[x6 + p];
            packed[at + 7] = x[x7 + p];
            at += width;
        }
    }

    private static void interleaveFour(float[] x, int x0, int stride, int k, float[] packed, int at, int width) {
        int x1 = x0 + stride;
        int x2 = x1 + stride;
        int x3 = x2 + stride;
        for (int p = 0; p < k; p++) {
            packed[at] = x[x0 + p];
            packed[at + 1] = x[x1 + p];
            packed[at + 2] = x[x2 + p];
            packed[at + 3] = x[x3 + p];
            at += width;
        }
    }

    /** As {@link #pack} does for floats, for the {@code [lanes, k]} bytes of a weight. */
    static void pack(byte[] x, int from, int stride, int lanes, int k, byte[] packed, int at, int width) {
        for (int lane = 0; lane < lanes; lane++) {
            for (int p = 0; p < k; p++) {
                packed[at + lane + p * width] = x[from + lane * stride + p];
            }
        }
    }
}
