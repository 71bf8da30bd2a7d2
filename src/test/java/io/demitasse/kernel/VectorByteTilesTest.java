package io.demitasse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class VectorByteTilesTest {

    @Test
    void bytesGiveTheBitsOfTheFloatsTheyAreWidenedTo() {
        assumeThat(VectorSupport.obstacle()).isEmpty();
        Vectors.check();
    }

    /** Apart, so that this test's own methods name no class that a JVM without the module lacks. */
    private static final class Vectors {

        static void check() {
            assumeThat(VectorByteTiles.FEW_ROWS).isPositive();
            Random random = new Random(1);
            for (int rows = VectorTiles.LOW; rows <= VectorByteTiles.FEW_ROWS; rows += VectorTiles.LOW) {
                for (int depth : new int[] {2, 64, VectorTiles.DEPTH}) {
                    float[] x = floats(random, rows * VectorTiles.DEPTH);
                    byte[] bytes = new byte[3 + depth * VectorTiles.WIDTH];
                    random.nextBytes(bytes);
                    float[] widened = new float[bytes.length];
                    VectorStandIn.widen(bytes, 0, bytes.length, widened, 0);
                    float[] expected = floats(random, rows * VectorTiles.WIDTH);
                    float[] sums = expected.clone();
                    VectorStandIn.accumulate(rows, depth, x, 0, widened, 3, expected, 0);
                    VectorByteTiles.accumulate(rows, depth, x, 0, bytes, 3, sums, 0);
                    assertThat(sums).as("%d rows, depth %d", rows, depth).isEqualTo(expected);
                }
            }
        }

        private static float[] floats(Random random, int n) {
            float[] floats = new float[n];
            for (int i = 0; i < n; i++) {
                floats[i] = (float) random.nextGaussian();
            }
            return floats;
        }
    }
}
