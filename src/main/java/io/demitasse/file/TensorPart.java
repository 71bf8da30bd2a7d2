package io.demitasse.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tensor for {@link FlatFile#of}: its name and form in the flat file, and where its bytes are.
 *
 * @param stored the tensor of a safetensors file; null where {@code bytes} are the content
 */
public record TensorPart(String name, Dtype dtype, List<Integer> shape, @Nullable StoredTensor stored,
                         byte @Nullable [] bytes) {

    /** A tensor of another file. F64 is read as F32, and all else as it is stored. */
    public static TensorPart of(String name, StoredTensor stored) {
        Dtype dtype = stored.isDouble() ? Dtype.F32 : Dtype.valueOf(stored.dtype());
        return new TensorPart(name, dtype, stored.dimensions(), stored, null);
    }

    /** A U8 tensor in memory. */
    public static TensorPart of(String name, byte[] bytes) {
        return new TensorPart(name, Dtype.U8, List.of(bytes.length), null, bytes);
    }

    long size() {
        return shape.stream().mapToLong(Integer::longValue).reduce(dtype.bytes(), Math::multiplyExact);
    }

    /** Fills the target with bytes from {@code position} on, which are whole numbers of the tensor's dtype. */
    void read(long position, ByteBuffer target) throws IOException {
        if (bytes != null) {
            target.put(bytes, Math.toIntExact(position), target.remaining());
        } else {
            stored.read(position, target);
        }
    }
}
