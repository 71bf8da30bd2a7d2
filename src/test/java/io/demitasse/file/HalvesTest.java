package io.demitasse.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class HalvesTest {

    private static final int INFINITE = 0x7C00;

    /** A half's value by the definition of IEEE 754, in arithmetic that is exact for it. */
    private static double valueOf(int half) {
        int exponent = half >> 10 & 31;
        int fraction = half & 0x3FF;
        double magnitude;
        if (exponent == 31) {
            magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        } else {
            magnitude = exponent == 0 ? fraction * 0x1p-24 : (1024 + fraction) * Math.scalb(1.0, exponent - 25);
        }
        return (half & 0x8000) == 0 ? magnitude : -magnitude;
    }

    /** The value of the half nearest to a float, ties to even: {@code Math.rint} on a double rounds exactly so. */
    private static double nearest(float value) {
        double magnitude = Math.abs((double) value);
        double step = Math.scalb(1.0, Math.max(Math.getExponent(magnitude), -14) - 10);
        double rounded = Math.rint(magnitude / step) * step;
        return Math.copySign(rounded > 65504 ? Double.POSITIVE_INFINITY : rounded, value);
    }

    private static void assertRounds(float value) {
        double expected = nearest(value);
        int half = Halves.toHalf(value);
        // Double.compare tells -0 from 0.
        if (Double.compare(valueOf(half), expected) != 0) {
            assertThat(valueOf(half)).as("half of %s", value).isEqualTo(expected);
        }
    }

    @Test
    void everyHalfIsWidenedExactly() {
        for (int half = 0; half < 1 << 16; half++) {
            float widened = Halves.fromHalf((short) half);
            if (Double.compare(widened, valueOf(half)) != 0) {
                assertThat((double) widened).as("half %04x", half).isEqualTo(valueOf(half));
            }
        }
    }

    @Test
    void everyHalfComesBack() {
        for (int half = 0; half < 1 << 16; half++) {
            float widened = Halves.fromHalf((short) half);
            short back = Halves.toHalf(widened);
            if (Float.isNaN(widened)) {
                assertThat(back & INFINITE).isEqualTo(INFINITE);
                assertThat(back & 0x3FF).as("NaN %04x", half).isNotZero();
            } else {
                assertThat(back).isEqualTo((short) half);
            }
        }
    }

    @Test
    void whatLiesBetweenTwoHalvesGoesToTheNearerAndTheMiddleToTheEvenOne() {
        for (int half = 0; half < INFINITE; half++) {
            // Above the largest half stands 65536, where infinity would be.
            double above = half + 1 == INFINITE ? 65536 : valueOf(half + 1);
            float middle = (float) ((valueOf(half) + above) / 2);
            int even = half % 2 == 0 ? half : half + 1;
            for (int sign : new int[] {1, -1}) {
                int signBit = sign < 0 ? 0x8000 : 0;
                assertThat(Halves.toHalf(sign * middle)).isEqualTo((short) (signBit | even));
                assertThat(Halves.toHalf(sign * Math.nextDown(middle))).isEqualTo((short) (signBit | half));
                assertThat(Halves.toHalf(sign * Math.nextUp(middle))).isEqualTo((short) (signBit | half + 1));
            }
        }
    }

    @Test
    void randomFloatsOfAllSizesGoToTheNearestHalf() {
        Random random = new Random(1);
        for (int i = 0; i < 1_000_000; i++) {
            float value = Float.intBitsToFloat(random.nextInt());
            if (!Float.isNaN(value) && !Float.isInfinite(value)) {
                assertRounds(value);
            }
        }
        for (int i = 0; i < 1_000_000; i++) {
            assertRounds((float) (random.nextGaussian() * Math.scalb(1.0, random.nextInt(44) - 26)));
        }
    }

    @Test
    void beyondTheLargestHalfIsInfinity() {
        assertThat(Halves.toHalf(65504f)).isEqualTo((short) 0x7BFF);
        assertThat(Halves.toHalf(65519.996f)).isEqualTo((short) 0x7BFF);
        assertThat(Halves.toHalf(65520f)).isEqualTo((short) INFINITE);
        assertThat(Halves.toHalf(-Float.MAX_VALUE)).isEqualTo((short) 0xFC00);
        assertThat(Halves.toHalf(Float.POSITIVE_INFINITY)).isEqualTo((short) INFINITE);
        assertThat(Halves.toHalf(Float.NEGATIVE_INFINITY)).isEqualTo((short) 0xFC00);
    }

    @Test
    void belowTheSmallestHalfIsZeroWithItsSign() {
        assertThat(Halves.toHalf(0x1p-25f)).isEqualTo((short) 0);
        assertThat(Halves.toHalf(Math.nextUp(0x1p-25f))).isEqualTo((short) 1);
        assertThat(Halves.toHalf(Float.MIN_VALUE)).isEqualTo((short) 0);
        assertThat(Halves.toHalf(-0f)).isEqualTo((short) 0x8000);
        assertThat(Halves.toHalf(-Float.MIN_VALUE)).isEqualTo((short) 0x8000);
    }

    @Test
    void notANumberStaysOne() {
        for (int bits : new int[] {0x7F800001, 0x7FC00000, 0x7FFFFFFF, 0xFF800001, 0xFFFFFFFF}) {
            assertThat(Halves.fromHalf(Halves.toHalf(Float.intBitsToFloat(bits)))).isNaN();
        }
    }

    @Property
    void theUpperHalfOfAFloatIsItsBrainFloat(@ForAll short bits) {
        assertThat(Float.floatToRawIntBits(Halves.fromBrainFloat(bits))).isEqualTo((bits & 0xFFFF) << 16);
    }

    @Test
    void brainFloatsOfKnownNumbers() {
        assertThat(Halves.fromBrainFloat((short) 0x3F80)).isEqualTo(1f);
        assertThat(Halves.fromBrainFloat((short) 0xC049)).isEqualTo(-3.140625f);
        assertThat(Halves.fromBrainFloat((short) 0xFF80)).isEqualTo(Float.NEGATIVE_INFINITY);
        assertThat(Halves.fromBrainFloat((short) 0x0001)).isEqualTo(0x1p-133f);
    }
}
