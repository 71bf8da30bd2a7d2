package io.demitasse.kernel;

import static io.demitasse.kernel.VectorTiles.LANES;
import static io.demitasse.kernel.VectorTiles.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The gradients of {@link VectorMath}'s functions, and dropout, as {@link Kernels} describes them. */
final class VectorGradients {

    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final int[] COUNT = new int[LANES];

    static {
        for (int i = 0; i < LANES; i++) {
            COUNT[i] = i;
        }
    }

    private VectorGradients() {
    }

    static void softmax(float[] y, int yOffset, int n, float[] dy, int dyOffset) {
        int end = SPECIES.loopBound(n);
        FloatVector sums = FloatVector.zero(SPECIES);
        int i = 0;
        for (; i < end; i += LANES) {
            sums = sums.add(FloatVector.fromArray(SPECIES, y, yOffset + i)
                    .mul(FloatVector.fromArray(SPECIES, dy, dyOffset + i)));
        }
        float sum = VectorMath.sum(sums);
        for (; i < n; i++) {
            sum += y[yOffset + i] * dy[dyOffset + i];
        }
        for (i = 0; i < end; i += LANES) {
            FloatVector.fromArray(SPECIES, dy, dyOffset + i).sub(sum)
                    .mul(FloatVector.fromArray(SPECIES, y, yOffset + i)).intoArray(dy, dyOffset + i);
        }
        for (; i < n; i++) {
            dy[dyOffset + i] = y[yOffset + i] * (dy[dyOffset + i] - sum);
        }
    }

    /** {@code dy *= } {@link MathFunctions#geluDerivative}{@code (x)}, written out as {@link VectorMath#gelu} is. */
    static void gelu(float[] x, int xOffset, int n, float[] dy, int dyOffset) {
        int end = SPECIES.loopBound(n);
        int i = 0;
        for (; i < end; i += LANES) {
            FloatVector v = FloatVector.fromArray(SPECIES, x, xOffset + i);
            FloatVector z = v.mul(MathFunctions.SQRT_HALF);
            FloatVector e = z.mul(z).neg();
            FloatVector shifted = e.mul(MathFunctions.LOG2_E).add(MathFunctions.ROUND);
            FloatVector whole = shifted.sub(MathFunctions.ROUND);
            FloatVector r = e.sub(whole.mul(MathFunctions.LN2_HIGH)).sub(whole.mul(MathFunctions.LN2_LOW));
            FloatVector p = r.mul(MathFunctions.E4).add(MathFunctions.E3).mul(r).add(MathFunctions.E2)
                    .mul(r).add(MathFunctions.E1).mul(r).add(MathFunctions.E0);
            FloatVector density = p.mul(r.mul(r)).add(r).add(1f).mul(shifted.reinterpretAsInts().add(127)
                    .lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats())
                    .blend(0f, e.compare(VectorOperators.LT, MathFunctions.EXP_MIN));
            VectorMath.phi(v).add(v.mul(MathFunctions.ONE_BY_SQRT_TWO_PI).mul(density))
                    .mul(FloatVector.fromArray(SPECIES, dy, dyOffset + i)).intoArray(dy, dyOffset + i);
        }
        for (; i < n; i++) {
            dy[dyOffset + i] *= MathFunctions.geluDerivative(x[xOffset + i]);
        }
    }

    static void layerNorm(float[] x, int xOffset, int n, float[] weight, float epsilon, float[] dy, int dyOffset,
                          float[] dWeight, int dWeightOffset, float[] dBias, int dBiasOffset) {
        float mean = VectorMath.sum(x, xOffset, n) / n;
        float scale = (float) (1 / Math.sqrt((double) VectorMath.squares(x, xOffset, n, mean) / n + epsilon));
        int end = SPECIES.loopBound(n);
        FloatVector sums = FloatVector.zero(SPECIES);
        FloatVector products = FloatVector.zero(SPECIES);
        int i = 0;
        for (; i < end; i += LANES) {
            FloatVector normal = FloatVector.fromArray(SPECIES, x, xOffset + i).sub(mean).mul(scale);
            FloatVector d = FloatVector.fromArray(SPECIES, dy, dyOffset + i);
            d.mul(normal).add(FloatVector.fromArray(SPECIES, dWeight, dWeightOffset + i))
                    .intoArray(dWeight, dWeightOffset + i);
            d.add(FloatVector.fromArray(SPECIES, dBias, dBiasOffset + i)).intoArray(dBias, dBiasOffset + i);
            FloatVector g = d.mul(FloatVector.fromArray(SPECIES, weight, i));
            sums = sums.add(g);
            products = products.add(g.mul(normal));
        }
        float sum = VectorMath.sum(sums);
        float product = VectorMath.sum(products);
        for (; i < n; i++) {
            float normal = (x[xOffset + i] - mean) * scale;
            float d = dy[dyOffset + i];
            dWeight[dWeightOffset + i] += d * normal;
            dBias[dBiasOffset + i] += d;
            sum += d * weight[i];
            product += d * weight[i] * normal;
        }
        float meanOfG = sum / n;
        float meanOfProduct = product / n;
        for (i = 0; i < end; i += LANES) {
            FloatVector normal = FloatVector.fromArray(SPECIES, x, xOffset + i).sub(mean).mul(scale);
            FloatVector.fromArray(SPECIES, dy, dyOffset + i).mul(FloatVector.fromArray(SPECIES, weight, i))
                    .sub(meanOfG).sub(normal.mul(meanOfProduct)).mul(scale).intoArray(dy, dyOffset + i);
        }
        for (; i < n; i++) {
            float normal = (x[xOffset + i] - mean) * scale;
            dy[dyOffset + i] = (dy[dyOffset + i] * weight[i] - meanOfG - normal * meanOfProduct) * scale;
        }
    }

    /** The bits of {@link CounterRandom}, a vector of positions at a time. */
    static void dropout(long key, int position, float probability, float[] x, int offset, int n) {
        int threshold = CounterRandom.threshold(probability);
        float scale = 1f / (1f - probability);
        int end = SPECIES.loopBound(n);
        int low = (int) key;
        int high = (int) (key >>> 32);
        IntVector count = IntVector.fromArray(INTS, COUNT, 0);
        int i = 0;
        for (; i < end; i += LANES) {
            IntVector h = count.add(position + i).lanewise(VectorOperators.XOR, low);
            h = h.lanewise(VectorOperators.XOR, h.lanewise(VectorOperators.LSHR, 16)).mul(CounterRandom.M1);
            h = h.lanewise(VectorOperators.XOR, h.lanewise(VectorOperators.LSHR, 13)).mul(CounterRandom.M2);
            h = h.lanewise(VectorOperators.XOR, h.lanewise(VectorOperators.LSHR, 16))
                    .lanewise(VectorOperators.XOR, high);
            h = h.lanewise(VectorOperators.XOR, h.lanewise(VectorOperators.LSHR, 16)).mul(CounterRandom.M1);
            h = h.lanewise(VectorOperators.XOR, h.lanewise(VectorOperators.LSHR, 13)).mul(CounterRandom.M2);
            h = h.lanewise(VectorOperators.XOR, h.lanewise(VectorOperators.LSHR, 16));
            // All ones where the number is kept, that is where threshold - 1 - h / 2 is negative.
            IntVector kept = h.lanewise(VectorOperators.LSHR, 1).neg().add(threshold - 1)
                    .lanewise(VectorOperators.ASHR, 31);
            FloatVector.fromArray(SPECIES, x, offset + i).mul(scale).reinterpretAsInts().and(kept)
                    .reinterpretAsFloats().intoArray(x, offset + i);
        }
        for (; i < n; i++) {
            boolean dropped = CounterRandom.bits(key, position + i) >>> 1 < threshold;
            x[offset + i] = dropped ? 0f : x[offset + i] * scale;
        }
    }
}
