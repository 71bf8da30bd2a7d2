package io.demitasse.file;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One row of a flat file's tensor table.
 *
 * @param shape outermost dimension first
 * @param offset from the file's start, a multiple of 64
 * @param bytes the tensor's length in the file
 * @param crc32 the CRC-32 of those bytes, or {@link #NO_CHECKSUM}
 * @param scales for {@link Dtype#I8}, the name of the F32 tensor with one scale a row; else null
 */
public record TensorInfo(String name, Dtype dtype, List<Integer> shape, long offset, long bytes, long crc32,
                         @Nullable String scales) {

    /** Of a tensor that lies in another kind of file, which has none. */
    public static final long NO_CHECKSUM = -1;

    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /** The product of the shape's dimensions. */
    public long elements() {
        long elements = 1;
        for (int dimension : shape) {
            elements = Math.multiplyExact(elements, dimension);
        }
        return elements;
    }
}
