package io.demitasse.file;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** 16-bit floats to 32-bit ones and back; JDK 17 has no conversion of its own. */
final class Halves {

    private static final int EXPONENT = 0x7C00;

    private Halves() {
    }

    /** A half's exact value. */
    static float fromHalf(short half) {
        int magnitude = half & 0x7FFF;
        float value;
        if (magnitude >= EXPONENT) {
            value = Float.intBitsToFloat(0x7F800000 | (magnitude & 0x3FF) << 13);
        } else {
            // The exponent is 112 too small when the bits are moved over; the product sets that right, subnormals too.
            value = Float.intBitsToFloat(magnitude << 13) * 0x1p112f;
        }
        return half < 0 ? -value : value;
    }

    /** The nearest half, ties to the even one; beyond 65504 infinity. */
    static short toHalf(float value) {
        int bits = Float.floatToRawIntBits(value);
        int sign = bits >>> 16 & 0x8000;
        float magnitude = Math.abs(value);
        if (!(magnitude < Float.POSITIVE_INFINITY)) {
            return (short) (sign | EXPONENT | (Float.isNaN(value) ? 0x200 : 0));
        }
        if (magnitude < 0x1p-14f) {
            // A subnormal half is a whole number of 2^-24.
            return (short) (sign | (int) Math.rint(magnitude * 0x1p24));
        }
        int rounded = Float.floatToRawIntBits(magnitude) - (112 << 23);
        rounded += 0xFFF + (rounded >>> 13 & 1);
        return (short) (sign | Math.min(rounded >>> 13, EXPONENT));
    }

    static float fromBrainFloat(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /**
     * Little-endian halves of a tensor's numbers.
     *
     * @throws IllegalArgumentException if a number is too large for one
     */
    static byte[] toHalves(String tensor, float[] floats) {
        ByteBuffer buffer = ByteBuffer.allocate(2 * floats.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : floats) {
            short half = toHalf(value);
            if (Float.isInfinite(fromHalf(half)) && !Float.isInfinite(value)) {
                throw new IllegalArgumentException("tensor " + tensor + ": " + value + " is too large for F16");
            }
            buffer.putShort(half);
        }
        return buffer.array();
    }

    /** The floats that {@link #toHalves} made halves of, as near as those are. */
    static void toFloats(byte[] halves, float[] floats) {
        ByteBuffer buffer = ByteBuffer.wrap(halves).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < floats.length; i++) {
            floats[i] = fromHalf(buffer.getShort());
        }
    }
}
