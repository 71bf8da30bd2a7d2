package io.demitasse.kernel;

import static io.demitasse.kernel.VectorTiles.LANES;
import static io.demitasse.kernel.VectorTiles.SPECIES;
import static io.demitasse.kernel.VectorTiles.WIDTH;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The functions of {@link MathFunctions} for a vector: the same operations in the same order, fused where they are, so
 * the results are the same bits. The API's own exp and tanh round differently once the JIT compiler has come by.
 */
final class VectorMath {

    /** As many bytes as a vector has floats; on 128 bits twice as many, since no vector is shorter than 64 bits. */
    static final VectorSpecies<Byte> BYTES = LANES == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

    private VectorMath() {
    }

    /** {@code y =} {@link MathFunctions#gelu}{@code (x)}. */
    static void gelu(float[] x, int xOffset, int n, float[] y, int yOffset) {
        int end = SPECIES.loopBound(n);
        for (int i = 0; i < end; i += LANES) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xOffset + i);
            phi(v).mul(v).intoArray(y, yOffset + i);
        }
        for (int i = end; i < n; i++) {
            y[yOffset + i] = MathFunctions.gelu(x[xOffset + i]);
        }
    }

    /** The Gaussian distribution function, as {@link MathFunctions#gelu} computes it. */
    static FloatVector phi(FloatVector v) {
        FloatVector a = v.abs();
        FloatVector q = FloatVector.broadcast(SPECIES, MathFunctions.T9).fma(a, all(MathFunctions.T8))
                .fma(a, all(MathFunctions.T7)).fma(a, all(MathFunctions.T6)).fma(a, all(MathFunctions.T5))
                .fma(a, all(MathFunctions.T4)).fma(a, all(MathFunctions.T3)).fma(a, all(MathFunctions.T2))
                .fma(a, all(MathFunctions.T1)).fma(a, all(MathFunctions.T0));
        FloatVector shifted = q.add(MathFunctions.ROUND);
        FloatVector r = q.sub(shifted.sub(MathFunctions.ROUND));
        FloatVector p = FloatVector.broadcast(SPECIES, MathFunctions.P6).fma(r, all(MathFunctions.P5))
                .fma(r, all(MathFunctions.P4)).fma(r, all(MathFunctions.P3)).fma(r, all(MathFunctions.P2))
                .fma(r, all(MathFunctions.P1)).fma(r, all(MathFunctions.P0));
        FloatVector tail = p.reinterpretAsInts()
                .add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats()
                .blend(0f, a.compare(VectorOperators.GT, MathFunctions.TAIL));
        return tail.neg().add(1f).blend(tail, v.compare(VectorOperators.LT, 0f));
    }

    private static FloatVector all(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }

    /** The sum of all lanes, added in one fixed order; reduceLanes leaves the order open. */
    static float sum(FloatVector v) {
        float sum = (v.lane(0) + v.lane(1)) + (v.lane(2) + v.lane(3));
        if (LANES >= 8) {
            sum += (v.lane(4) + v.lane(5)) + (v.lane(6) + v.lane(7));
        }
        if (LANES >= 16) {
            sum += (v.lane(8) + v.lane(9)) + (v.lane(10) + v.lane(11));
            sum += (v.lane(12) + v.lane(13)) + (v.lane(14) + v.lane(15));
        }
        return sum;
    }

    static void softmax(float[] x, int offset, int n) {
        exp(x, offset, n, max(x, offset, n));
        multiply(x, offset, n, 1f / sum(x, offset, n));
    }

    /** {@code x = exp(x - max)} by {@link MathFunctions#exp}, in place; no x may be above max. */
    static void exp(float[] x, int offset, int n, float max) {
        int end = offset + SPECIES.loopBound(n);
        int i = offset;
        for (; i < end; i += LANES) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, i).sub(max);
            FloatVector shifted = v.mul(MathFunctions.LOG2_E).add(MathFunctions.ROUND);
            FloatVector whole = shifted.sub(MathFunctions.ROUND);
            FloatVector r = v.sub(whole.mul(MathFunctions.LN2_HIGH)).sub(whole.mul(MathFunctions.LN2_LOW));
            FloatVector p = r.mul(MathFunctions.E4).add(MathFunctions.E3).mul(r).add(MathFunctions.E2)
                    .mul(r).add(MathFunctions.E1).mul(r).add(MathFunctions.E0);
            FloatVector mantissa = p.mul(r.mul(r)).add(r).add(1f);
            // It stands in the lowest bits of the shifted float, whose own part the shift drops.
            IntVector power = shifted.reinterpretAsInts().add(127).lanewise(VectorOperators.LSHL, 23);
            mantissa.mul(power.reinterpretAsFloats())
                    .blend(0f, v.compare(VectorOperators.LT, MathFunctions.EXP_MIN)).intoArray(x, i);
        }
        for (; i < offset + n; i++) {
            x[i] = MathFunctions.exp(x[i] - max);
        }
    }

    private static float max(float[] x, int offset, int n) {
        int end = offset + SPECIES.loopBound(n);
        FloatVector largest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        int i = offset;
        for (; i < end; i += LANES) {
            largest = largest.max(FloatVector.fromArray(SPECIES, x, i));
        }
        float max = largest.reduceLanes(VectorOperators.MAX);
        for (; i < offset + n; i++) {
            max = Math.max(max, x[i]);
        }
        return max;
    }

    private static void multiply(float[] x, int offset, int n, float factor) {
        int end = offset + SPECIES.loopBound(n);
        int i = offset;
        for (; i < end; i += LANES) {
            FloatVector.fromArray(SPECIES, x, i).mul(factor).intoArray(x, i);
        }
        for (; i < offset + n; i++) {
            x[i] *= factor;
        }
    }

    static void layerNorm(float[] x, int xOffset, int n, float[] weight, float[] bias, float epsilon,
                          float[] y, int yOffset) {
        float mean = sum(x, xOffset, n) / n;
        float scale = (float) (1 / Math.sqrt((double) squares(x, xOffset, n, mean) / n + epsilon));
        int end = SPECIES.loopBound(n);
        int i = 0;
        for (; i < end; i += LANES) {
            FloatVector.fromArray(SPECIES, x, xOffset + i).sub(mean).mul(scale)
                    .mul(FloatVector.fromArray(SPECIES, weight, i)).add(FloatVector.fromArray(SPECIES, bias, i))
                    .intoArray(y, yOffset + i);
        }
        for (; i < n; i++) {
            y[yOffset + i] = (x[xOffset + i] - mean) * scale * weight[i] + bias[i];
        }
    }

    static float sum(float[] x, int offset, int n) {
        int end = offset + SPECIES.loopBound(n);
        FloatVector sums = FloatVector.zero(SPECIES);
        int i = offset;
        for (; i < end; i += LANES) {
            sums = sums.add(FloatVector.fromArray(SPECIES, x, i));
        }
        float sum = sum(sums);
        for (; i < offset + n; i++) {
            sum += x[i];
        }
        return sum;
    }

    /** The sum of {@code (x - mean)^2}. */
    static float squares(float[] x, int offset, int n, float mean) {
        int end = offset + SPECIES.loopBound(n);
        FloatVector sums = FloatVector.zero(SPECIES);
        int i = offset;
        for (; i < end; i += LANES) {
            FloatVector d = FloatVector.fromArray(SPECIES, x, i).sub(mean);
            sums = sums.add(d.mul(d));
        }
        float sum = sum(sums);
        for (; i < offset + n; i++) {
            float d = x[i] - mean;
            sum += d * d;
        }
        return sum;
    }

    /** {@code y += x}. */
    static void add(float[] x, int xOffset, int n, float[] y, int yOffset) {
        int end = SPECIES.loopBound(n);
        int i = 0;
        for (; i < end; i += LANES) {
            FloatVector.fromArray(SPECIES, y, yOffset + i).add(FloatVector.fromArray(SPECIES, x, xOffset + i))
                    .intoArray(y, yOffset + i);
        }
        for (; i < n; i++) {
            y[yOffset + i] += x[xOffset + i];
        }
    }

    /** Each row of y, which has {@link VectorTiles#WIDTH} columns and no gaps, becomes {@code x}. */
    static void spread(float[] x, int xOffset, int rows, float[] y, int yOffset) {
        FloatVector a = FloatVector.fromArray(SPECIES, x, xOffset);
        FloatVector b = FloatVector.fromArray(SPECIES, x, xOffset + LANES);
        int end = yOffset + rows * WIDTH;
        for (int at = yOffset; at < end; at += WIDTH) {
            a.intoArray(y, at);
            b.intoArray(y, at + LANES);
        }
    }

    /** Rows of {@link VectorTiles#WIDTH} columns without gaps become rows of y at a distance of {@code stride}. */
    static void copy(float[] x, int xOffset, int rows, float[] y, int yOffset, int stride) {
        int end = xOffset + rows * WIDTH;
        int to = yOffset;
        for (int at = xOffset; at < end; at += WIDTH) {
            FloatVector.fromArray(SPECIES, x, at).intoArray(y, to);
            FloatVector.fromArray(SPECIES, x, at + LANES).intoArray(y, to + LANES);
            to += stride;
        }
    }

    /** {@code y = scales y + bias} for each row of y, which has {@link VectorTiles#WIDTH} columns and no gaps. */
    static void scale(float[] scales, float[] bias, int first, int rows, float[] y, int yOffset) {
        FloatVector s = FloatVector.fromArray(SPECIES, scales, first);
        FloatVector t = FloatVector.fromArray(SPECIES, scales, first + LANES);
        FloatVector b = FloatVector.fromArray(SPECIES, bias, first);
        FloatVector c = FloatVector.fromArray(SPECIES, bias, first + LANES);
        int end = yOffset + rows * WIDTH;
        for (int at = yOffset; at < end; at += WIDTH) {
            FloatVector.fromArray(SPECIES, y, at).mul(s).add(b).intoArray(y, at);
            FloatVector.fromArray(SPECIES, y, at + LANES).mul(t).add(c).intoArray(y, at + LANES);
        }
    }

    /** {@code c = alpha x + beta c}; beta 0 overwrites c whatever it held. */
    static void combine(float alpha, float[] x, int xOffset, int n, float beta, float[] c, int cOffset) {
        // Two loops, since a vector that is one or the other would be an object.
        int end = SPECIES.loopBound(n);
        int i = 0;
        if (beta == 0) {
            for (; i < end; i += LANES) {
                FloatVector.fromArray(SPECIES, x, xOffset + i).mul(alpha).intoArray(c, cOffset + i);
            }
        } else {
            for (; i < end; i += LANES) {
                FloatVector.fromArray(SPECIES, x, xOffset + i).mul(alpha)
                        .add(FloatVector.fromArray(SPECIES, c, cOffset + i).mul(beta)).intoArray(c, cOffset + i);
            }
        }
        for (; i < n; i++) {
            float product = alpha * x[xOffset + i];
            c[cOffset + i] = beta == 0 ? product : product + beta * c[cOffset + i];
        }
    }

    /** Bytes to floats; {@code n} is a multiple of two vectors. */
    static void widen(byte[] bytes, int from, int n, float[] floats, int to) {
        for (int i = 0; i < n; i += BYTES.length()) {
            ByteVector b = ByteVector.fromArray(BYTES, bytes, from + i);
            ((FloatVector) b.convertShape(VectorOperators.B2F, SPECIES, 0)).intoArray(floats, to + i);
            if (BYTES.length() > LANES) {
                ((FloatVector) b.convertShape(VectorOperators.B2F, SPECIES, 1)).intoArray(floats, to + i + LANES);
            }
        }
    }
}
