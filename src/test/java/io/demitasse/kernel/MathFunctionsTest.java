package io.demitasse.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MathFunctionsTest {

    /** erf(x) = 2 / sqrt(pi) sum of (-1)^n x^(2n+1) / (n! (2n+1)), summed in double; good for |x| up to 3. */
    private static double erf(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; n < 200; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }

    @Test
    void expIsWithinOneUlp() {
        for (float x = -86.8f; x < 88.2f; x += 0.00137f) {
            double expected = StrictMath.exp(x);
            assertThat(Math.abs(MathFunctions.exp(x) - expected)).as("exp(%s)", x)
                    .isLessThanOrEqualTo(1.0 * Math.ulp((float) expected));
        }
    }

    @Test
    void theEndsOfTheLine() {
        assertThat(MathFunctions.exp(0f)).isEqualTo(1f);
        assertThat(MathFunctions.exp(-0f)).isEqualTo(1f);
        assertThat(MathFunctions.exp(-87f)).isZero();
        assertThat(MathFunctions.exp(Float.NEGATIVE_INFINITY)).isZero();
        assertThat(MathFunctions.exp(89f)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(MathFunctions.exp(Float.NaN)).isNaN();
        assertThat(MathFunctions.gelu(0f)).isZero();
        assertThat(MathFunctions.gelu(10f)).isEqualTo(10f);
        assertThat(MathFunctions.gelu(-10f)).isZero();
        assertThat(MathFunctions.geluDerivative(0f)).isEqualTo(0.5f);
        assertThat(MathFunctions.geluDerivative(20f)).isEqualTo(1f);
        assertThat(MathFunctions.geluDerivative(-20f)).isZero();
        assertThat(MathFunctions.geluDerivative(Float.NaN)).isNaN();
    }

    @Test
    void geluIsTheExactOne() {
        for (float x = -4f; x < 4f; x += 0.001f) {
            double expected = x * 0.5 * (1 + erf(x / Math.sqrt(2)));
            assertThat(Math.abs(MathFunctions.gelu(x) - expected)).isLessThan(4e-7);
            double derivative = 0.5 * (1 + erf(x / Math.sqrt(2))) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
            assertThat(Math.abs(MathFunctions.geluDerivative(x) - derivative)).as("gelu'(%s)", x).isLessThan(2e-7);
        }
        // The tanh approximation gives 2.99595...
        assertThat((double) MathFunctions.gelu(3f)).isBetween(2.9959500, 2.9959508);
    }
}
