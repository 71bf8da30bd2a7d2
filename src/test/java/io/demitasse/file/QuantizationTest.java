package io.demitasse.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.zip.CRC32;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class QuantizationTest {

    /**
     * [128, 520] numbers from whole-number arithmetic alone, so that tools/tests/test_dtypes.py makes the same: 24 bits
     * of the index times a constant, as a fraction from -1 to 1, times a power of two by row; rows 0, 50, 100 are zero.
     */
    private static float[] formula() {
        float[] weight = new float[128 * 520];
        for (int i = 0; i < weight.length; i++) {
            int row = i / 520;
            long bits = (i * 2654435761L & 0xFFFFFFFFL) >>> 8;
            weight[i] = row % 50 == 0 ? 0 : (bits - (1 << 23)) * 0x1p-23f * Math.scalb(1f, row % 9 - 4);
        }
        return weight;
    }

    private static long crc32(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return crc.getValue();
    }

    /** The checksums stand in tools/tests/test_dtypes.py too, where numpy makes the bytes. */
    @Test
    void theConverterWritesTheSameBytes() {
        float[] weight = formula();
        Quantization.Int8 quantized = Quantization.toInt8(weight, 128, 520);

        assertThat(crc32(RawFlatFile.littleEndian(weight))).isEqualTo(0x0F1FE3B4L);
        assertThat(crc32(quantized.values())).isEqualTo(0x570A68E6L);
        assertThat(crc32(RawFlatFile.littleEndian(quantized.scales()))).isEqualTo(0x4758076DL);
    }

    @Test
    void theConverterWritesTheSameHalves() {
        float[] weight = formula();
        short[] halves = new short[weight.length];
        for (int i = 0; i < halves.length; i++) {
            halves[i] = Halves.toHalf(weight[i]);
        }

        assertThat(crc32(RawFlatFile.littleEndian(halves))).isEqualTo(0x1DF93D6AL);
    }

    @Property(tries = 300)
    void theErrorIsAtMostHalfAScale(@ForAll @IntRange(min = 1, max = 6) int rows,
            @ForAll @IntRange(min = 1, max = 40) int columns, @ForAll @IntRange(min = -60, max = 60) int exponent,
            @ForAll long seed) {
        Random random = new Random(seed);
        float[] weight = new float[rows * columns];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) Math.scalb(random.nextGaussian(), exponent);
        }
        Quantization.Int8 quantized = Quantization.toInt8(weight, rows, columns);
        float[] back = Quantization.toFloats(quantized.values(), quantized.scales());

        for (int i = 0; i < weight.length; i++) {
            double scale = quantized.scales()[i / columns];
            // Half a scale, and the rounding of w / scale and of q * scale, each below 127 * 2^-23.
            assertThat(Math.abs((double) back[i] - weight[i])).isLessThanOrEqualTo(scale * (0.5 + 127 * 0x1p-22));
            assertThat(quantized.values()[i]).isBetween((byte) -127, (byte) 127);
        }
    }

    @Test
    void theLargestNumberOfARowIsItsLimitWhateverItsSign() {
        Quantization.Int8 quantized = Quantization.toInt8(new float[] {1, -254, 2, 63.5f, 0, 0.5f}, 2, 3);

        assertThat(quantized.values()).containsExactly(0, -127, 1, 127, 0, 1);
        assertThat(quantized.scales()).containsExactly(2, 0.5f);
    }

    @Test
    void theMiddleGoesToTheEvenNumber() {
        float[] row = {127, 0.5f, 1.5f, 2.5f, 3.5f, -0.5f, -1.5f, -2.5f, 126.5f, 125.5f};

        assertThat(Quantization.toInt8(row, 1, row.length).values())
                .containsExactly(127, 0, 2, 2, 4, 0, -2, -2, 126, 126);
    }

    @Test
    void dividesInsteadOfMultiplyingWithTheReciprocal() {
        assertThat(Quantization.toInt8(new float[] {1, 0.68897635f}, 1, 2).values()).containsExactly(127, 88);
    }

    @Test
    void aRowOfZerosHasScaleOne() {
        Quantization.Int8 quantized = Quantization.toInt8(new float[] {0, -0f, Float.MIN_VALUE, 0}, 2, 2);

        assertThat(quantized.values()).containsOnly(0);
        assertThat(quantized.scales()).containsExactly(1, 1);
    }

    @Test
    void neverAbove127() {
        // 150 / 127 of the smallest float is the smallest float, so the quotient is 150.
        float[] row = {150 * Float.MIN_VALUE, -150 * Float.MIN_VALUE};

        assertThat(Quantization.toInt8(row, 1, 2).values()).containsExactly(127, -127);
    }

    @Test
    void nothingGivesNothing() {
        assertThat(Quantization.toInt8(new float[0], 0, 5).scales()).isEmpty();
        assertThat(Quantization.toInt8(new float[0], 2, 0).scales()).containsExactly(1, 1);
        assertThat(Quantization.toFloats(new byte[0], new float[0])).isEmpty();
        assertThat(Quantization.toFloats(new byte[0], new float[] {1, 1})).isEmpty();
    }
}
