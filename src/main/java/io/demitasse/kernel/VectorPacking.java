package io.demitasse.kernel;

import static io.demitasse.kernel.VectorTiles.DEPTH;
import static io.demitasse.kernel.VectorTiles.LOW;
import static io.demitasse.kernel.VectorTiles.STEP;
import static io.demitasse.kernel.VectorTiles.WIDTH;

import java.util.Arrays;

/**
 * Lays matrices out as {@link VectorTiles} reads them: the left one as slices {@code [rows, DEPTH]} of its columns, the
 * right one as panels {@code [depth, WIDTH]}. What is missing at the edges is filled up with zeros, which add nothing.
 */
final class VectorPacking {

    private VectorPacking() {
    }

    /** The depth to which k is filled up. */
    static int depth(int k) {
        return (k + STEP - 1) / STEP * STEP;
    }

    /** How many slices k is cut into. */
    static int slices(int k) {
        return (k + DEPTH - 1) / DEPTH;
    }

    /** The rows to which a slice is filled up. */
    static int filledUp(int rows) {
        return (rows + LOW - 1) / LOW * LOW;
    }

    /**
     * Packs some rows of a left matrix into its slices; {@code packed} is {@code [slices(k), height, DEPTH]}.
     *
     * @param transposed whether x is {@code [k, rows]}; else it is {@code [rows, k]}
     * @param first the first row
     * @param rows at most {@link VectorTiles#LOW}, less only at the end
     * @param height the rows of all slices, filled up
     */
    static void packLeft(boolean transposed, float[] x, int from, int stride, int first, int rows, int k,
                         float[] packed, int at, int height) {
        for (int p = 0; p < k; p += DEPTH) {
            int some = Math.min(DEPTH, k - p);
            int slice = at + p * height + first * DEPTH;
            if (transposed) {
                transpose(x, from + p * stride + first, stride, rows, some, packed, slice);
            } else {
                for (int r = 0; r < rows; r++) {
                    System.arraycopy(x, from + (first + r) * stride + p, packed, slice + r * DEPTH, some);
                }
            }
            for (int r = 0; r < rows; r++) {
                Arrays.fill(packed, slice + r * DEPTH + some, slice + r * DEPTH + depth(some), 0f);
            }
            for (int r = rows; r < LOW; r++) {
                Arrays.fill(packed, slice + r * DEPTH, slice + r * DEPTH + depth(some), 0f);
            }
        }
    }

    private static void transpose(float[] x, int from, int stride, int rows, int k, float[] packed, int at) {
        if (rows == LOW) {
            for (int p = 0; p < k; p++) {
                packed[at + p] = x[from];
                packed[at + p + DEPTH] = x[from + 1];
                packed[at + p + 2 * DEPTH] = x[from + 2];
                packed[at + p + 3 * DEPTH] = x[from + 3];
                from += stride;
            }
            return;
        }
        for (int r = 0; r < rows; r++) {
            for (int p = 0; p < k; p++) {
                packed[at + r * DEPTH + p] = x[from + p * stride + r];
            }
        }
    }

    /**
     * Packs some of a right matrix into {@code [depth(k), WIDTH]}.
     *
     * @param transposed whether x is {@code [columns, k]}, as a linear layer's weight is; else it is {@code [k, columns]}
     */
    static void packRight(boolean transposed, float[] x, int from, int stride, int columns, int k, float[] packed,
                          int at) {
        if (columns < WIDTH) {
            Arrays.fill(packed, at, at + k * WIDTH, 0f);
        }
        Arrays.fill(packed, at + k * WIDTH, at + depth(k) * WIDTH, 0f);
        if (!transposed) {
            for (int p = 0; p < k; p++) {
                System.arraycopy(x, from + p * stride, packed, at + p * WIDTH, columns);
            }
            return;
        }
        int column = 0;
        for (; column + 8 <= columns; column += 8) {
            interleaveEight(x, from + column * stride, stride, k, packed, at + column);
        }
        for (; column < columns; column++) {
            for (int p = 0; p < k; p++) {
                packed[at + column + p * WIDTH] = x[from + column * stride + p];
            }
        }
    }

    private static void interleaveEight(float[] x, int x0, int stride, int k, float[] packed, int at) {
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
            at += WIDTH;
        }
    }

    /** As {@link #packRight} does for floats, for the {@code [columns, k]} bytes of a weight. */
    static void packRight(byte[] x, int from, int stride, int columns, int k, byte[] packed, int at) {
        for (int column = 0; column < columns; column++) {
            for (int p = 0; p < k; p++) {
                packed[at + column + p * WIDTH] = x[from + column * stride + p];
            }
        }
    }
}
