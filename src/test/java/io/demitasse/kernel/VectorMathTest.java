package io.demitasse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.function.UnaryOperator;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class VectorMathTest {

    @FunctionalInterface
    private interface Scalar {
        float of(float x);
    }

    @BeforeEach
    void needsVectors() {
        assumeThat(VectorSupport.obstacle()).isEmpty();
    }

    @Test
    void expHasTheScalarBits() {
        check(x -> x > 0 ? 1f : MathFunctions.exp(x), Vectors::exp);
    }

    @Test
    void geluHasTheScalarBits() {
        check(MathFunctions::gelu, Vectors::gelu);
    }

    /** Apart, so that this test's own methods name no class that a JVM without the module lacks. */
    private static final class Vectors {

        static FloatVector exp(FloatVector x) {
            float[] y = x.toArray();
            for (int i = 0; i < y.length; i++) {
                y[i] = y[i] > 0 ? 0f : y[i];
            }
            VectorMath.exp(y, 0, y.length, 0f);
            return FloatVector.fromArray(VectorTiles.SPECIES, y, 0);
        }

        static FloatVector gelu(FloatVector x) {
            float[] y = new float[x.length()];
            VectorMath.gelu(x.toArray(), 0, y.length, y, 0);
            return FloatVector.fromArray(VectorTiles.SPECIES, y, 0);
        }
    }

    /** Every 1499th float of all there are, and those around the places where the functions change. */
    private static void check(Scalar scalar, UnaryOperator<FloatVector> vector) {
        int lanes = VectorTiles.LANES;
        float[] x = new float[lanes];
        for (long bits = Integer.MIN_VALUE; bits <= Integer.MAX_VALUE; bits += 1499L * lanes) {
            for (int i = 0; i < lanes; i++) {
                x[i] = Float.intBitsToFloat((int) (bits + 1499L * i));
            }
            check(scalar, vector, x);
        }
        float[] edges = {0f, Float.MIN_VALUE, Float.MIN_NORMAL, 1f, 1.4142135f, 4f, 5.656854f, 86.9f, 88.3f, 88.8f,
            103f, Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.NaN, 1e-20f, 0.5f};
        for (float edge : edges) {
            for (int i = -40; i <= 40; i++) {
                float near = Float.intBitsToFloat(Float.floatToIntBits(edge) + i);
                for (int lane = 0; lane < lanes; lane++) {
                    x[lane] = lane % 2 == 0 ? near : -near;
                }
                check(scalar, vector, x);
            }
        }
    }

    private static void check(Scalar scalar, UnaryOperator<FloatVector> vector, float[] x) {
        float[] y = vector.apply(FloatVector.fromArray(VectorTiles.SPECIES, x, 0)).toArray();
        for (int i = 0; i < x.length; i++) {
            float expected = scalar.of(x[i]);
            if (Float.floatToIntBits(expected) != Float.floatToIntBits(y[i])) {
                assertThat(y[i]).as("at %s", x[i]).isEqualTo(expected);
            }
        }
    }
}
