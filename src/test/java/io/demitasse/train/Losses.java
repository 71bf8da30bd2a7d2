package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.kernel.Matrix;
import io.demitasse.model.Batch;
import java.util.Arrays;
import java.util.List;

/** What the tests of losses share. */
final class Losses {

    private Losses() {
    }

    static List<Target> labels(int... labels) {
        return Arrays.stream(labels).<Target>mapToObj(Target.Label::new).toList();
    }

    /** A loss's gradient by each output is its slope there. */
    static void assertSlopes(Loss loss, float[] outputs, int columns, Batch batch, List<? extends Target> targets) {
        int rows = outputs.length / columns;
        Matrix gradient = Matrix.zeros(rows, columns);
        loss.loss(new Matrix(outputs, rows, columns), batch, targets, gradient);
        for (int i = 0; i < outputs.length; i++) {
            float[] up = outputs.clone();
            float[] down = outputs.clone();
            up[i] += 0x1p-8f;
            down[i] -= 0x1p-8f;
            double slope = (loss.loss(new Matrix(up, rows, columns), batch, targets, Matrix.zeros(rows, columns))
                    - loss.loss(new Matrix(down, rows, columns), batch, targets, Matrix.zeros(rows, columns)))
                    / 0x1p-7;

            assertThat((double) gradient.data()[i]).as("output %d", i).isCloseTo(slope, within(2e-5));
        }
    }
}
