package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.ADD;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.DIVIDE;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MAXIMUM;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.SUBTRACT;

import java.util.HashMap;
import java.util.Map;

/**
 * Emits what {@link VectorMath} computes for vectors as long, operation by operation, so that the results are the
 * same bits: GELU, softmax and additions. {@link LayerNormCode} emits LayerNorm.
 */
final class FunctionCode extends RowCode {

    private static final float NEGATIVE_INFINITY = Float.NEGATIVE_INFINITY;
    private static final float ALL_BUT_SIGN = Float.intBitsToFloat(Integer.MAX_VALUE);
    private static final float EXPONENT_BIAS = Float.intBitsToFloat(127);

    private static final float[] CONSTANTS = {
        1f, ALL_BUT_SIGN, EXPONENT_BIAS, NEGATIVE_INFINITY,
        MathFunctions.LOG2_E, MathFunctions.LN2_HIGH, MathFunctions.LN2_LOW, MathFunctions.ROUND, MathFunctions.EXP_MIN,
        MathFunctions.E0, MathFunctions.E1, MathFunctions.E2, MathFunctions.E3, MathFunctions.E4,
        MathFunctions.T0, MathFunctions.T1, MathFunctions.T2, MathFunctions.T3, MathFunctions.T4, MathFunctions.T5,
        MathFunctions.T6, MathFunctions.T7, MathFunctions.T8, MathFunctions.T9, MathFunctions.TAIL, 0f,
        MathFunctions.P1, MathFunctions.P2, MathFunctions.P3, MathFunctions.P4, MathFunctions.P5, MathFunctions.P6,
        MathFunctions.SQRT_HALF, MathFunctions.ONE_BY_SQRT_TWO_PI,
    };

    private final Map<Integer, Assembler.Label> constants = new HashMap<>();

    FunctionCode(VectorAssembler asm) {
        super(asm);
        for (float constant : CONSTANTS) {
            Assembler.Label label = new Assembler.Label();
            asm.bind(label);
            asm.int32(Float.floatToRawIntBits(constant));
            constants.put(Float.floatToRawIntBits(constant), label);
        }
    }

    private Assembler.Memory constant(float value) {
        return at(constants.get(Float.floatToRawIntBits(value)));
    }

    // GELU

    /**
     * A subroutine: gelu of RAX rows of a panel at {@link ProductCode#RESULT}, in place. Changes no other general
     * register than these two.
     */
    void geluOfPanel(Assembler.Label entry) {
        Assembler.Label row = new Assembler.Label();
        asm.align(32);
        asm.bind(entry);
        asm.bind(row);
        for (int half = 0; half < 2; half++) {
            int mask = half == 0 ? ProductCode.MASK : ProductCode.SECOND_MASK;
            asm.loadOrZero(mask, 0, at(ProductCode.RESULT, half * asm.vector));
            gelu();
            asm.storeSome(mask, at(ProductCode.RESULT, half * asm.vector), 0);
        }
        asm.add(ProductCode.RESULT, ProductCode.RESULT_STRIDE);
        asm.subImmediate(Assembler.RAX, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, row);
        asm.ret();
    }

    /** A function of N floats from FROM, x in a, and as many from TO, y in c. */
    private void ofRow(Assembler.Label entry, Runnable whole, Runnable tail) {
        asm.align(32);
        asm.bind(entry);
        tailMask();
        asm.add(FROM, argument(X));
        asm.add(TO, argument(Y));
        vectors(whole, tail);
        asm.vzeroupper();
        asm.ret();
    }

    /** {@code y = gelu(x)} for N floats; x in a, y in c. */
    void geluOfRow(Assembler.Label entry) {
        ofRow(entry, () -> {
            asm.load(0, at(FROM, POSITION, 1, 0));
            gelu();
            asm.store(at(TO, POSITION, 1, 0), 0);
        }, () -> {
            asm.loadOrZero(TAIL, 0, at(FROM, POSITION, 1, 0));
            gelu();
            asm.storeSome(TAIL, at(TO, POSITION, 1, 0), 0);
        });
    }

    /** {@code dy *= gelu'(x)} for N floats; x in a, dy in c. */
    void geluBackward(Assembler.Label entry) {
        ofRow(entry, () -> {
            asm.load(0, at(FROM, POSITION, 1, 0));
            geluDerivative();
            asm.floats(MULTIPLY, 0, 0, at(TO, POSITION, 1, 0));
            asm.store(at(TO, POSITION, 1, 0), 0);
        }, () -> {
            asm.loadOrZero(TAIL, 0, at(FROM, POSITION, 1, 0));
            geluDerivative();
            asm.loadOrZero(TAIL, 1, at(TO, POSITION, 1, 0));
            asm.floats(MULTIPLY, 0, 0, 1);
            asm.storeSome(TAIL, at(TO, POSITION, 1, 0), 0);
        });
    }

    /** Of vector 0, by way of 1 to 5. */
    private void geluDerivative() {
        int x = 0;
        int density = 1;
        int phi = 2;
        phi();
        asm.floatsByOne(MULTIPLY, density, x, constant(MathFunctions.SQRT_HALF));
        asm.floats(MULTIPLY, density, density, density);
        asm.xor(3, 3, 3);
        asm.floats(SUBTRACT, density, 3, density);
        expOrZero(density, 3, 4, 5);
        asm.floatsByOne(MULTIPLY, x, x, constant(MathFunctions.ONE_BY_SQRT_TWO_PI));
        asm.floats(MULTIPLY, x, x, density);
        asm.floats(ADD, x, phi, x);
    }

    /** Of vector 0, by way of 1 to 4. */
    private void gelu() {
        phi();
        asm.floats(MULTIPLY, 0, 0, 2);
    }

    /** Of vector 0 into 2, by way of 1, 3 and 4: the Gaussian distribution function. */
    private void phi() {
        int x = 0;
        int a = 1;
        int q = 2;
        int shifted = 3;
        int p = 4;
        asm.and(a, x, constant(ALL_BUT_SIGN));
        fused(q, a, MathFunctions.T9, MathFunctions.T8, MathFunctions.T7, MathFunctions.T6, MathFunctions.T5,
                MathFunctions.T4, MathFunctions.T3, MathFunctions.T2, MathFunctions.T1, MathFunctions.T0);
        asm.floatsByOne(ADD, shifted, q, constant(MathFunctions.ROUND));
        asm.floatsByOne(SUBTRACT, p, shifted, constant(MathFunctions.ROUND));
        asm.floats(SUBTRACT, q, q, p);
        fused(p, q, MathFunctions.P6, MathFunctions.P5, MathFunctions.P4, MathFunctions.P3, MathFunctions.P2,
                MathFunctions.P1, MathFunctions.P0);
        asm.shiftLeft(shifted, shifted, 23);
        asm.addInts(p, p, shifted);
        asm.compare(CHOICE, a, constant(MathFunctions.TAIL), VectorAssembler.GREATER_THAN);
        asm.zeroWhere(CHOICE, p);
        asm.broadcast(q, constant(1f));
        asm.floats(SUBTRACT, q, q, p);
        asm.compare(CHOICE, x, constant(0f), VectorAssembler.LESS_THAN);
        asm.moveWhere(CHOICE, q, p);
    }

    /** By Horner's rule with fused multiply-adds, the highest coefficient first. */
    private void fused(int to, int x, float... coefficients) {
        asm.broadcast(to, constant(coefficients[0]));
        for (int i = 1; i < coefficients.length; i++) {
            asm.fmaInto(to, x, constant(coefficients[i]));
        }
    }

    /** {@code x = exp(x)} where it is neither 0 nor infinite, by way of three other vectors. */
    private void exp(int x, int shifted, int r, int p) {
        asm.floatsByOne(MULTIPLY, shifted, x, constant(MathFunctions.LOG2_E));
        asm.floatsByOne(ADD, shifted, shifted, constant(MathFunctions.ROUND));
        asm.floatsByOne(SUBTRACT, p, shifted, constant(MathFunctions.ROUND));
        asm.floatsByOne(MULTIPLY, r, p, constant(MathFunctions.LN2_HIGH));
        asm.floats(SUBTRACT, r, x, r);
        asm.floatsByOne(MULTIPLY, p, p, constant(MathFunctions.LN2_LOW));
        asm.floats(SUBTRACT, r, r, p);
        polynomial(p, r, MathFunctions.E4, MathFunctions.E3, MathFunctions.E2, MathFunctions.E1, MathFunctions.E0);
        asm.floats(MULTIPLY, x, r, r);
        asm.floats(MULTIPLY, p, p, x);
        asm.floats(ADD, p, p, r);
        asm.floatsByOne(ADD, p, p, constant(1f));
        asm.addOneInt(shifted, shifted, constant(EXPONENT_BIAS));
        asm.shiftLeft(shifted, shifted, 23);
        asm.floats(MULTIPLY, x, p, shifted);
    }

    /** By Horner's rule, the highest coefficient first. */
    private void polynomial(int to, int x, float... coefficients) {
        asm.broadcast(to, constant(coefficients[0]));
        for (int i = 1; i < coefficients.length; i++) {
            asm.floats(MULTIPLY, to, to, x);
            asm.floatsByOne(ADD, to, to, constant(coefficients[i]));
        }
    }

    // Softmax

    /** {@code x = exp(x - max) / sum of that}, row by row in place; x in a. */
    void softmax(Assembler.Label entry) {
        asm.align(32);
        asm.bind(entry);
        tailMask();
        asm.add(FROM, argument(X));
        rows(() -> {
            int max = 0;
            int sum = 1;
            asm.broadcast(max, constant(NEGATIVE_INFINITY));
            asm.move(9, max);
            vectors(() -> asm.floats(MAXIMUM, max, max, at(FROM, POSITION, 1, 0)), () -> {
                asm.loadOrKeep(TAIL, 9, at(FROM, POSITION, 1, 0));
                asm.floats(MAXIMUM, max, max, 9);
            });
            asm.acrossElements(MAXIMUM, max, 9);
            asm.xor(sum, sum, sum);
            vectors(() -> {
                asm.load(2, at(FROM, POSITION, 1, 0));
                expBelow(2, max);
                asm.store(at(FROM, POSITION, 1, 0), 2);
                asm.floats(ADD, sum, sum, 2);
            }, () -> {
                asm.loadOrZero(TAIL, 2, at(FROM, POSITION, 1, 0));
                expBelow(2, max);
                asm.storeSome(TAIL, at(FROM, POSITION, 1, 0), 2);
            });
            sumOfElements(sum, 2);
            addTail(sum, () -> { });
            asm.loadSingle(2, constant(1f));
            asm.single(DIVIDE, sum, 2, sum);
            asm.broadcast(sum, sum);
            vectors(() -> {
                asm.floats(MULTIPLY, 2, sum, at(FROM, POSITION, 1, 0));
                asm.store(at(FROM, POSITION, 1, 0), 2);
            }, () -> {
                asm.loadOrZero(TAIL, 2, at(FROM, POSITION, 1, 0));
                asm.floats(MULTIPLY, 2, sum, 2);
                asm.storeSome(TAIL, at(FROM, POSITION, 1, 0), 2);
            });
            asm.add(FROM, argument(X_STRIDE));
        });
    }

    /** {@code x = exp(x - max)}, 0 where that is below the smallest exponent. */
    private void expBelow(int x, int max) {
        asm.floats(SUBTRACT, x, x, max);
        expOrZero(x, 3, 4, 5);
    }

    /** {@code x = exp(x)} of what is not above 0, by way of three other vectors; 0 below the smallest exponent. */
    private void expOrZero(int x, int shifted, int r, int p) {
        asm.compare(CHOICE, x, constant(MathFunctions.EXP_MIN), VectorAssembler.LESS_THAN);
        exp(x, shifted, r, p);
        asm.zeroWhere(CHOICE, x);
    }

    /** {@code y += x} for N floats; x in a, y in c. */
    void add(Assembler.Label entry) {
        ofRow(entry, () -> {
            asm.load(0, at(TO, POSITION, 1, 0));
            asm.floats(ADD, 0, 0, at(FROM, POSITION, 1, 0));
            asm.store(at(TO, POSITION, 1, 0), 0);
        }, () -> {
            asm.loadOrZero(TAIL, 0, at(TO, POSITION, 1, 0));
            asm.loadOrZero(TAIL, 1, at(FROM, POSITION, 1, 0));
            asm.floats(ADD, 0, 0, 1);
            asm.storeSome(TAIL, at(TO, POSITION, 1, 0), 0);
        });
    }
}
