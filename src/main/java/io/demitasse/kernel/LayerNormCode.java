package io.demitasse.kernel;

import static io.demitasse.kernel.Assembler.at;
import static io.demitasse.kernel.ProductCode.argument;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.ADD;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.DIVIDE;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.MULTIPLY;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.SQUARE_ROOT;
import static io.demitasse.kernel.VectorAssembler.Arithmetic.SUBTRACT;

/** Emits {@link VectorMath#layerNorm}, operation by operation, so that the results are the same bits. */
final class LayerNormCode extends RowCode {

    private final Assembler.Label one = new Assembler.Label();

    LayerNormCode(VectorAssembler asm) {
        super(asm);
        asm.align(4);
        asm.bind(one);
        asm.int32(Float.floatToRawIntBits(1f));
    }

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
            asm.loadOrZero(TAIL, 0, at(FROM, POSITION, 1, 0));
            asm.loadOrZero(TAIL, 1, at(Assembler.RCX, POSITION, 1, 0));
            asm.floats(ADD, 0, 0, 1);
            asm.storeSome(TAIL, at(FROM, POSITION, 1, 0), 0);
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
        asm.loadSingle(3, at(one));
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
            asm.loadOrZero(TAIL, 3, at(FROM, POSITION, 1, 0));
            asm.floats(SUBTRACT, 3, 3, mean);
            asm.floats(MULTIPLY, 3, 3, scale);
            asm.loadOrZero(TAIL, 4, at(weight, POSITION, 1, 0));
            asm.floats(MULTIPLY, 3, 3, 4);
            asm.loadOrZero(TAIL, 4, at(offset, POSITION, 1, 0));
            asm.floats(ADD, 3, 3, 4);
            asm.storeSome(TAIL, at(TO, POSITION, 1, 0), 3);
        });
    }
}
