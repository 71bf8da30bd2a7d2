package io.demitasse.file;

/** How a tensor's numbers are stored. */
public enum Dtype {
    /** IEEE 754 single precision. */
    F32(4),
    /** IEEE 754 half precision. */
    F16(2),
    /** The upper half of a single-precision float. */
    BF16(2),
    /** A signed byte from -127 to 127, times its row's scale. */
    I8(1),
    /** A plain byte; the vocabulary's text. */
    U8(1);

    private final int bytes;

    Dtype(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes a number takes. */
    public int bytes() {
        return bytes;
    }
}
