package io.demitasse.file;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** A tensor of an open safetensors file. Nothing of it is read before it is asked for. */
public final class StoredTensor {

    /** The dtypes that weights may have. */
    public static final Set<String> FLOATS = Set.of("F64", "F32", "F16", "BF16");

    private static final int CHUNK = 1 << 16;

    private final Path file;
    private final String name;
    private final String dtype;
    private final List<Long> shape;
    private final FileChannel channel;
    private final long begin;
    private final long bytes;

    StoredTensor(Path file, String name, String dtype, List<Long> shape, FileChannel channel, long begin, long bytes) {
        this.file = file;
        this.name = name;
        this.dtype = dtype;
        this.shape = List.copyOf(shape);
        this.channel = channel;
        this.begin = begin;
        this.bytes = bytes;
    }

    /** The safetensors file that it is in. */
    public Path file() {
        return file;
    }

    public String name() {
        return name;
    }

    /** In the words of safetensors: F64, F32, F16, BF16, I64 and so on. */
    public String dtype() {
        return dtype;
    }

    /** Outermost dimension first. */
    public List<Long> shape() {
        return shape;
    }

    /** The length in the file. */
    public long bytes() {
        return bytes;
    }

    boolean isDouble() {
        return dtype.equals("F64");
    }

    /** The shape, of a tensor that is known to be small enough for an array. */
    List<Integer> dimensions() {
        return shape.stream().map(Math::toIntExact).toList();
    }

    /** Whether two tensors hold the same bytes. */
    public boolean sameAs(StoredTensor other) throws IOException {
        if (bytes != other.bytes || !dtype.equals(other.dtype)) {
            return false;
        }
        for (long at = 0; at < bytes; at += CHUNK) {
            ByteBuffer mine = ByteBuffer.allocate((int) Math.min(CHUNK, bytes - at));
            ByteBuffer theirs = ByteBuffer.allocate(mine.capacity());
            readFully(begin + at, mine);
            other.readFully(other.begin + at, theirs);
            if (!mine.flip().equals(theirs.flip())) {
                return false;
            }
        }
        return true;
    }

    /**
     * Fills the target with the bytes from {@code position} on, F64 as F32, both of them counted in the target's form.
     *
     * @throws ModelFormatException if there is a NaN or an infinity, which no trained model holds
     */
    void read(long position, ByteBuffer target) throws IOException {
        int from = target.position();
        if (isDouble()) {
            ByteBuffer doubles = ByteBuffer.allocate(2 * target.remaining()).order(ByteOrder.LITTLE_ENDIAN);
            readFully(begin + 2 * position, doubles);
            doubles.flip();
            ByteBuffer floats = target.order(ByteOrder.LITTLE_ENDIAN);
            while (doubles.hasRemaining()) {
                floats.putFloat((float) doubles.getDouble());
            }
        } else {
            readFully(begin + position, target);
        }
        checkFinite(target.duplicate().order(ByteOrder.LITTLE_ENDIAN).flip().position(from));
    }

    private void readFully(long position, ByteBuffer target) throws IOException {
        for (long at = position; target.hasRemaining();) {
            int read = channel.read(target, at);
            if (read < 0) {
                throw new EOFException("it was cut off while it was read");
            }
            at += read;
        }
    }

    private void checkFinite(ByteBuffer numbers) {
        boolean finite = true;
        switch (dtype) {
            case "F16", "BF16" -> {
                int exponent = dtype.equals("F16") ? 0x7C00 : 0x7F80;
                while (numbers.hasRemaining()) {
                    finite &= (numbers.getShort() & exponent) != exponent;
                }
            }
            default -> {
                while (numbers.hasRemaining()) {
                    finite &= (numbers.getInt() & 0x7F800000) != 0x7F800000;
                }
            }
        }
        if (!finite) {
            throw new ModelFormatException(file, "tensor " + name + " holds NaN or infinity, expected finite numbers"
                    + (isDouble() ? " that fit F32" : ""));
        }
    }
}
