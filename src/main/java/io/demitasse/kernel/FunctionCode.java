package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.ADD;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.DIVIDE;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MAXIMUM;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.SQUARE_ROOT;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.SUBTRACT;
import static io.demitasse.kernel.VectorAssembler.FLOAT;
import static io.demitasse.kernel.VectorAssembler.VECTOR;

import java.util.HashMap;
import java.util.Map;

/**
 * Emits what {@link VectorMath} computes for vectors of 16 floats, operation by operation, so that the results are the
 * same bits: GELU, softmax, LayerNorm and additions, each for many rows a call.
 */
final class FunctionCode {

    // The arguments: places in an array of longs, as for products. Offsets and strides are in bytes.
    static final int X = 0;
    static final int X_STRIDE = 1;
    static final int Y = 2;
    static final int Y_STRIDE = 3;
    static final int ROWS = 4;
    /** Floats of a row. */
    static final int N = 5;
    /** N as a float and as a double. */
    static final int N_FLOAT = 6;
    static final int N_DOUBLE = 7;
    /** A double. */
    static final int EPSILON = 8;
    /** Where the residual begins; negative for none. */
    static final int RESIDUAL = 9;
    static final int RESIDUAL_STRIDE = 10;
    static final int WEIGHT = 11;
    static final int OFFSET = 12;
    static final int SIZE = 13;

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
    };

    /** The elements that count in a row's last vector, and those to be set to 0 or chosen. */
    private static final int TAIL = 1;
    private static final int CHOICE = 3;

    private static final int FROM = Assembler.RDI;
    private static final int TO = Assembler.RDX;
    private static final int COUNT = Assembler.RAX;
    private static final int POSITION = Assembler.R10;
    private static final int ROWS_LEFT = Assembler.R11;

    private final VectorAssembler asm;
    private final Map<Integer, Assembler.Label> constants = new HashMap<>();

    FunctionCode(VectorAssembler asm) {
        this.asm = asm;
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
            asm.maskedToZero(mask).load(0, at(ProductCode.RESULT, half * VECTOR));
            gelu();
            asm.masked(mask).store(at(ProductCode.RESULT, half * VECTOR), 0);
        }
        asm.add(ProductCode.RESULT, ProductCode.RESULT_STRIDE);
        asm.subImmediate(Assembler.RAX, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, row);
        asm.ret();
    }

    /** {@code y = gelu(x)} for N floats; x in a, y in c. */
    void geluOfRow(Assembler.Label entry) {
        asm.align(32);
        asm.bind(entry);
        tailMask();
        asm.add(FROM, argument(X));
        asm.add(TO, argument(Y));
        vectors(() -> {
            asm.load(0, at(FROM, POSITION, 1, 0));
            gelu();
            asm.store(at(TO, POSITION, 1, 0), 0);
        }, () -> {
            asm.maskedToZero(TAIL).load(0, at(FROM, POSITION, 1, 0));
            gelu();
            asm.masked(TAIL).store(at(TO, POSITION, 1, 0), 0);
        });
        asm.vzeroupper();
        asm.ret();
    }

    /** Of vector 0, by way of 1 to 4. */
    private void gelu() {
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
        asm.masked(CHOICE).xor(p, p, p);
        asm.broadcast(q, constant(1f));
        asm.floats(SUBTRACT, q, q, p);
        asm.compare(CHOICE, x, constant(0f), VectorAssembler.LESS_THAN);
        asm.masked(CHOICE).move(q, p);
        asm.floats(MULTIPLY, x, x, q);
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

    // Loops

    /** Over the whole vectors of N floats, and the rest of them, for which {@link #TAIL} is set. Keeps FROM and TO. */
    private void vectors(Runnable whole, Runnable tail) {
        Assembler.Label loop = new Assembler.Label();
        Assembler.Label rest = new Assembler.Label();
        Assembler.Label done = new Assembler.Label();
        asm.movImmediate(POSITION, 0);
        asm.mov(COUNT, argument(N));
        asm.shr(COUNT, 4);
        asm.jumpIf(Assembler.EQUAL, rest);
        asm.bind(loop);
        whole.run();
        asm.addImmediate(POSITION, VECTOR);
        asm.subImmediate(COUNT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, loop);
        asm.bind(rest);
        asm.mov(COUNT, argument(N));
        asm.andImmediate(COUNT, 15);
        asm.jumpIf(Assembler.EQUAL, done);
        tail.run();
        asm.bind(done);
    }

    /** Sets {@link #TAIL}; changes RAX and RCX. */
    private void tailMask() {
        asm.mov(Assembler.RCX, argument(N));
        asm.andImmediate(Assembler.RCX, 15);
        asm.movImmediate(Assembler.RAX, 1);
        asm.shlByRcx(Assembler.RAX);
        asm.subImmediate(Assembler.RAX, 1);
        asm.maskFrom(TAIL, Assembler.RAX);
    }

    /** Adds the COUNT floats from POSITION on to a sum, one after the other, each made of it by {@code term}. */
    private void addOneByOne(int sum, int base, Runnable term) {
        Assembler.Label one = new Assembler.Label();
        asm.bind(one);
        asm.loadSingle(8, at(base, POSITION, 1, 0));
        term.run();
        asm.single(ADD, sum, sum, 8);
        asm.addImmediate(POSITION, FLOAT);
        asm.subImmediate(COUNT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, one);
    }

    /** The sum of a vector's elements as {@link VectorMath#sum(jdk.incubator.vector.FloatVector)} orders them. */
    private void sumOfElements(int sum, int other) {
        asm.shuffle(other, sum, sum, 0xB1);
        asm.floats(ADD, sum, sum, other);
        asm.shuffle(other, sum, sum, 0x4E);
        asm.floats(ADD, other, sum, other);
        asm.move(sum, other);
        for (int quarter = 1; quarter < 4; quarter++) {
            asm.shuffleQuarters(9, other, other, quarter);
            asm.single(ADD, sum, sum, 9);
        }
    }

    private void rows(Runnable row) {
        Assembler.Label next = new Assembler.Label();
        asm.mov(ROWS_LEFT, argument(ROWS));
        asm.bind(next);
        row.run();
        asm.subImmediate(ROWS_LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, next);
        asm.vzeroupper();
        asm.ret();
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
                asm.masked(TAIL).load(9, at(FROM, POSITION, 1, 0));
                asm.floats(MAXIMUM, max, max, 9);
            });
            maximumOfElements(max, 9);
            asm.xor(sum, sum, sum);
            vectors(() -> {
                asm.load(2, at(FROM, POSITION, 1, 0));
                expBelow(2, max);
                asm.store(at(FROM, POSITION, 1, 0), 2);
                asm.floats(ADD, sum, sum, 2);
            }, () -> {
                asm.maskedToZero(TAIL).load(2, at(FROM, POSITION, 1, 0));
                expBelow(2, max);
                asm.masked(TAIL).store(at(FROM, POSITION, 1, 0), 2);
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
                asm.maskedToZero(TAIL).load(2, at(FROM, POSITION, 1, 0));
                asm.floats(MULTIPLY, 2, sum, 2);
                asm.masked(TAIL).store(at(FROM, POSITION, 1, 0), 2);
            });
            asm.add(FROM, argument(X_STRIDE));
        });
    }

    /** {@code x = exp(x - max)}, 0 where that is below the smallest exponent. */
    private void expBelow(int x, int max) {
        asm.floats(SUBTRACT, x, x, max);
        asm.compare(CHOICE, x, constant(MathFunctions.EXP_MIN), VectorAssembler.LESS_THAN);
        exp(x, 3, 4, 5);
        asm.masked(CHOICE).xor(x, x, x);
    }

    private void maximumOfElements(int max, int other) {
        asm.shuffle(other, max, max, 0xB1);
        asm.floats(MAXIMUM, max, max, other);
        asm.shuffle(other, max, max, 0x4E);
        asm.floats(MAXIMUM, max, max, other);
        asm.shuffleQuarters(other, max, max, 0xB1);
        asm.floats(MAXIMUM, max, max, other);
        asm.shuffleQuarters(other, max, max, 0x4E);
        asm.floats(MAXIMUM, max, max, other);
    }

    /** Adds the floats of a row behind its whole vectors; POSITION stands there. */
    private void addTail(int sum, Runnable term) {
        Assembler.Label none = new Assembler.Label();
        asm.mov(COUNT, argument(N));
        asm.andImmediate(COUNT, 15);
        asm.jumpIf(Assembler.EQUAL, none);
        addOneByOne(sum, FROM, term);
        asm.bind(none);
    }

    // LayerNorm

    /**
     * {@code x += residual; y = (x - mean) / sqrt(variance + epsilon) * weight + offset}, row by row; x in a, the
     * residual in b, y in c, the weight in d, the offset in e.
     */
    void layerNorm(Assembler.Label entry) {
        int residual = Assembler.RSI;
        int weight = Assembler.RBX;
        int offset = Assembler.R8;
        Assembler.Label added = new Assembler.Label();
        asm.align(32);
        asm.bind(entry);
        asm.push(Assembler.RBX);
        asm.mov(weight, Assembler.RCX);
        tailMask();
        asm.add(FROM, argument(X));
        asm.add(TO, argument(Y));
        asm.add(weight, argument(WEIGHT));
        asm.add(offset, argument(OFFSET));
        Assembler.Label next = new Assembler.Label();
        asm.mov(ROWS_LEFT, argument(ROWS));
        asm.bind(next);
        asm.mov(Assembler.RCX, argument(RESIDUAL));
        asm.test(Assembler.RCX, Assembler.RCX);
        asm.jumpIf(Assembler.LESS, added);
        asm.add(Assembler.RCX, residual);
        vectors(() -> {
            asm.load(0, at(FROM, POSITION, 1, 0));
            asm.floats(ADD, 0, 0, at(Assembler.RCX, POSITION, 1, 0));
            asm.store(at(FROM, POSITION, 1, 0), 0);
        }, () -> {
            asm.maskedToZero(TAIL).load(0, at(FROM, POSITION, 1, 0));
            asm.maskedToZero(TAIL).load(1, at(Assembler.RCX, POSITION, 1, 0));
            asm.floats(ADD, 0, 0, 1);
            asm.masked(TAIL).store(at(FROM, POSITION, 1, 0), 0);
        });
        asm.mov(Assembler.RCX, argument(RESIDUAL));
        asm.add(Assembler.RCX, argument(RESIDUAL_STRIDE));
        asm.mov(argument(RESIDUAL), Assembler.RCX);
        asm.bind(added);
        normalise(weight, offset);
        asm.add(FROM, argument(X_STRIDE));
        asm.add(TO, argument(Y_STRIDE));
        asm.subImmediate(ROWS_LEFT, 1);
        asm.jumpIf(Assembler.NOT_EQUAL, next);
        asm.pop(Assembler.RBX);
        asm.vzeroupper();
        asm.ret();
    }

    private void normalise(int weight, int offset) {
        int mean = 1;
        int scale = 2;
        asm.xor(mean, mean, mean);
        vectors(() -> asm.floats(ADD, mean, mean, at(FROM, POSITION, 1, 0)), () -> { });
        sumOfElements(mean, 3);
        addTail(mean, () -> { });
        asm.single(DIVIDE, mean, mean, argument(N_FLOAT));
        asm.broadcast(mean, mean);
        asm.xor(scale, scale, scale);
        vectors(() -> {
            asm.load(3, at(FROM, POSITION, 1, 0));
            asm.floats(SUBTRACT, 3, 3, mean);
            asm.floats(MULTIPLY, 3, 3, 3);
            asm.floats(ADD, scale, scale, 3);
        }, () -> { });
        sumOfElements(scale, 3);
        addTail(scale, () -> {
            asm.single(SUBTRACT, 8, 8, mean);
            asm.single(MULTIPLY, 8, 8, 8);
        });
        asm.toDouble(scale, scale);
        asm.doubles(DIVIDE, scale, scale, argument(N_DOUBLE));
        asm.doubles(ADD, scale, scale, argument(EPSILON));
        asm.doubles(SQUARE_ROOT, scale, scale, scale);
        asm.loadSingle(3, constant(1f));
        asm.toDouble(3, 3);
        asm.doubles(DIVIDE, scale, 3, scale);
        asm.toSingle(scale, scale);
        asm.broadcast(scale, scale);
        vectors(() -> {
            asm.load(3, at(FROM, POSITION, 1, 0));
            asm.floats(SUBTRACT, 3, 3, mean);
            asm.floats(MULTIPLY, 3, 3, scale);
            asm.floats(MULTIPLY, 3, 3, at(weight, POSITION, 1, 0));
            asm.floats(ADD, 3, 3, at(offset, POSITION, 1, 0));
            asm.store(at(TO, POSITION, 1, 0), 3);
        }, () -> {
            asm.maskedToZero(TAIL).load(3, at(FROM, POSITION, 1, 0));
            asm.floats(SUBTRACT, 3, 3, mean);
            asm.floats(MULTIPLY, 3, 3, scale);
            asm.maskedToZero(TAIL).load(4, at(weight, POSITION, 1, 0));
            asm.floats(MULTIPLY, 3, 3, 4);
            asm.maskedToZero(TAIL).load(4, at(offset, POSITION, 1, 0));
            asm.floats(ADD, 3, 3, 4);
            asm.masked(TAIL).store(at(TO, POSITION, 1, 0), 3);
        });
    }

    /** {@code y += x} for N floats; x in a, y in c. */
    void add(Assembler.Label entry) {
        asm.align(32);
        asm.bind(entry);
        tailMask();
        asm.add(FROM, argument(X));
        asm.add(TO, argument(Y));
        vectors(() -> {
            asm.load(0, at(TO, POSITION, 1, 0));
            asm.floats(ADD, 0, 0, at(FROM, POSITION, 1, 0));
            asm.store(at(TO, POSITION, 1, 0), 0);
        }, () -> {
            asm.maskedToZero(TAIL).load(0, at(TO, POSITION, 1, 0));
            asm.maskedToZero(TAIL).load(1, at(FROM, POSITION, 1, 0));
            asm.floats(ADD, 0, 0, 1);
            asm.masked(TAIL).store(at(TO, POSITION, 1, 0), 0);
        });
        asm.vzeroupper();
        asm.ret();
    }
}
