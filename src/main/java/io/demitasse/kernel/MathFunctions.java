package io.demitasse.kernel;

/**
 * exp and GELU in float arithmetic. Every kernel does these same operations in this order, fused where
 * {@code fma} stands and only there, so a result never depends on the processor, on the JVM's own intrinsics, or on
 * whether the JIT compiler has come by: those may round {@code Math.exp} differently from one call to the next.
 *
 * <p>The coefficients are minimax fits made by {@code tools/fit_polynomials.py}, which also measures the errors.
 */
public final class MathFunctions {

    static final float LOG2_E = 1.44269504f;
    /** ln 2 in two parts; the first has so few bits that its product with a small whole number is exact. */
    static final float LN2_HIGH = 0.693359375f;
    static final float LN2_LOW = -0.000212194442f;
    /** Adding and subtracting 1.5 * 2^23 rounds a float to the nearest whole number. */
    static final float ROUND = 12582912f;
    static final float EXP_MIN = -86.9f;
    static final float EXP_MAX = 88.3f;

    // exp(r) = 1 + r + r^2 (E0 + E1 r + ... ) for |r| <= ln(2) / 2
    static final float E0 = 0.49999994f;
    static final float E1 = 0.166665152f;
    static final float E2 = 0.041668456f;
    static final float E3 = 0.00836941879f;
    static final float E4 = 0.00138131448f;

    // gelu's tanh form: x sigmoid(2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3)
    private static final float TWO_SQRT_TWO_BY_PI = 1.59576912f;
    private static final float CUBE = 0.044715f;
    private static final float QUICK = 1.702f;

    // 1 - Phi(a) = 2^(T0 + T1 a + ...) for 0 <= a <= 4 sqrt(2), Phi being the Gaussian distribution function; it is 0 above
    static final float T0 = -0.99999994f;
    static final float T1 = -1.15110719f;
    static final float T2 = -0.459192187f;
    static final float T3 = -0.0525447018f;
    static final float T4 = 0.00712865498f;
    static final float T5 = -0.000175712601f;
    static final float T6 = -0.000180617251f;
    static final float T7 = 4.33116438e-05f;
    static final float T8 = -4.51794085e-06f;
    static final float T9 = 1.87485924e-07f;
    static final float TAIL = 5.65685425f;

    // 2^r = P0 + P1 r + ... for |r| <= 1/2
    static final float P0 = 1f;
    static final float P1 = 0.693147182f;
    static final float P2 = 0.240226462f;
    static final float P3 = 0.0555032529f;
    static final float P4 = 0.00961850397f;
    static final float P5 = 0.0013401258f;
    static final float P6 = 0.000153446541f;

    static final float SQRT_HALF = 0.707106781f;
    static final float ONE_BY_SQRT_TWO_PI = 0.398942280f;

    private MathFunctions() {
    }

    /**
     * e to the power of x, within 1 ulp. Below -86.9 the result is 0 and above 88.3 infinity, a little before float
     * arithmetic itself would come to that.
     */
    public static float exp(float x) {
        if (x < EXP_MIN) {
            return 0f;
        }
        if (x > EXP_MAX) {
            return Float.POSITIVE_INFINITY;
        }
        float n = (x * LOG2_E + ROUND) - ROUND;
        float r = (x - n * LN2_HIGH) - n * LN2_LOW;
        float p = (((E4 * r + E3) * r + E2) * r + E1) * r + E0;
        float y = (p * (r * r) + r) + 1f;
        return y * Float.intBitsToFloat(((int) n + 127) << 23);
    }

    /** x Phi(x) = x / 2 (1 + erf(x / sqrt 2)): the GELU of Hendrycks and Gimpel (2016), not its tanh approximation. */
    public static float gelu(float x) {
        return x * phi(x);
    }

    /** The Gaussian distribution function, from its tail, which loses nothing where x is negative. */
    private static float phi(float x) {
        float a = Math.abs(x);
        float q = Math.fma(T9, a, T8);
        q = Math.fma(q, a, T7);
        q = Math.fma(q, a, T6);
        q = Math.fma(q, a, T5);
        q = Math.fma(q, a, T4);
        q = Math.fma(q, a, T3);
        q = Math.fma(q, a, T2);
        q = Math.fma(q, a, T1);
        q = Math.fma(q, a, T0);
        float shifted = q + ROUND;
        float r = q - (shifted - ROUND);
        float p = Math.fma(P6, r, P5);
        p = Math.fma(p, r, P4);
        p = Math.fma(p, r, P3);
        p = Math.fma(p, r, P2);
        p = Math.fma(p, r, P1);
        p = Math.fma(p, r, P0);
        // The whole part stands in the lowest bits of the shifted float; it is added to the exponent.
        float tail = Float.intBitsToFloat(Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
        tail = a > TAIL ? 0f : tail;
        return x < 0 ? tail : 1f - tail;
    }

    /** 1 / (1 + exp(-x)). */
    public static float sigmoid(float x) {
        return 1 / (1 + exp(-x));
    }

    /** An activation of one number. */
    static float activate(Activation activation, float x) {
        return switch (activation) {
            case NONE -> x;
            case GELU -> gelu(x);
            // x (1 + tanh(u)) / 2 = x sigmoid(2 u)
            case GELU_TANH -> x * sigmoid(TWO_SQRT_TWO_BY_PI * (x + CUBE * x * x * x));
            case QUICK_GELU -> x * sigmoid(QUICK * x);
            case RELU -> Math.max(x, 0f);
            case RELU2 -> Math.max(x, 0f) * Math.max(x, 0f);
            case SILU -> x * sigmoid(x);
            case SIGMOID -> sigmoid(x);
            case TANH -> (float) StrictMath.tanh(x);
        };
    }

    /** The derivative of an activation at one number. */
    static float derivative(Activation activation, float x) {
        return switch (activation) {
            case NONE -> 1f;
            case GELU -> geluDerivative(x);
            case GELU_TANH -> gated(x, TWO_SQRT_TWO_BY_PI * (x + CUBE * x * x * x),
                    TWO_SQRT_TWO_BY_PI * (1 + 3 * CUBE * x * x));
            case QUICK_GELU -> gated(x, QUICK * x, QUICK);
            case RELU -> x > 0 ? 1f : 0f;
            case RELU2 -> 2 * Math.max(x, 0f);
            case SILU -> gated(x, x, 1f);
            case SIGMOID -> sigmoid(x) * (1 - sigmoid(x));
            case TANH -> {
                double y = StrictMath.tanh(x);
                yield (float) (1 - y * y);
            }
        };
    }

    /** The derivative of x sigmoid(z): {@code s + x s (1 - s) dz}, with s = sigmoid(z). */
    private static float gated(float x, float z, float dz) {
        float s = sigmoid(z);
        return s + x * s * (1 - s) * dz;
    }

    /** The derivative of {@link #gelu}: Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi). */
    public static float geluDerivative(float x) {
        float z = x * SQRT_HALF;
        return phi(x) + x * ONE_BY_SQRT_TWO_PI * exp(-(z * z));
    }
}
