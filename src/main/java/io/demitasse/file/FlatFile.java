package io.demitasse.file;

import com.google.gson.JsonObject;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * A flat weight file, open for reading: config, labels, vocabulary, tokenizer settings and tensors of one model.
 * The format is described in docs/flat-file.md. Opening checks the header and the table of tensors; a tensor's
 * checksum is compared when it is read. Tensors are read through a memory map and copied, so nothing of the file is
 * used after {@link #close}. Not thread-safe.
 */
public final class FlatFile implements Closeable {

    /** The tensor that holds the vocabulary, one token a line. */
    public static final String VOCABULARY = "vocabulary";

    /** What one array, and one memory map, can hold. */
    private static final int LARGEST_TENSOR = Integer.MAX_VALUE - 8;

    private final Path path;
    private final FileChannel channel;
    private final long size;
    private final FlatHeader header;
    private final Map<String, TensorInfo> tensors;
    private final Set<String> verified = new HashSet<>();

    private FlatFile(Path path, FileChannel channel) throws IOException {
        this.path = path;
        this.channel = channel;
        this.size = channel.size();
        if (size < FlatHeader.PREAMBLE) {
            throw ModelFormatException.of(path, "the file's size", "at least " + FlatHeader.PREAMBLE + " bytes", size);
        }
        byte[] preamble = new byte[FlatHeader.PREAMBLE];
        map(0, preamble.length).get(preamble);
        byte[] json = new byte[FlatHeader.length(path, preamble, size)];
        map(FlatHeader.PREAMBLE, json.length).get(json);
        header = FlatHeader.parse(path, json);
        tensors = header.tensors();
        for (TensorInfo tensor : tensors.values()) {
            checkExtent(tensor, FlatHeader.PREAMBLE + json.length);
            checkScales(tensor);
        }
        checkOverlaps();
        header.object("config");
        header.object("tokenizer");
        header.labels();
        header.metadata();
    }

    /**
     * Opens a file and checks its header.
     *
     * @throws ModelFormatException if it cannot be read or anything in it is off; the message says what
     */
    public static FlatFile open(Path path) {
        if (Files.isDirectory(path)) {
            throw new ModelFormatException(path, "a directory, not a flat weight file");
        }
        FileChannel channel = null;
        try {
            channel = FileChannel.open(path);
            return new FlatFile(path, channel);
        } catch (IOException | RuntimeException e) {
            closeQuietly(channel);
            if (e instanceof NoSuchFileException) {
                throw new ModelFormatException(path, "no such file", e);
            }
            if (e instanceof IOException) {
                throw new ModelFormatException(path, "cannot be read: " + reason((IOException) e), e);
            }
            throw (RuntimeException) e;
        }
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        // A FileSystemException's message names the file once more.
        String reason = e instanceof FileSystemException ? ((FileSystemException) e).getReason() : null;
        return reason == null ? e.getMessage() : reason;
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // The failure that led here is the one to report.
        }
    }

    private void checkExtent(TensorInfo tensor, long firstByte) {
        String what = "tensor " + tensor.name() + ": ";
        long expected;
        try {
            expected = Math.multiplyExact(tensor.elements(), tensor.dtype().bytes());
        } catch (ArithmeticException e) {
            throw new ModelFormatException(path, what + "its shape " + tensor.shape() + " is too large", e);
        }
        if (tensor.bytes() != expected) {
            throw ModelFormatException.of(path, what + "bytes",
                    expected + " for " + tensor.dtype() + " " + tensor.shape(), tensor.bytes());
        }
        if (tensor.bytes() > LARGEST_TENSOR) {
            throw ModelFormatException.of(path, what + "bytes", "at most " + LARGEST_TENSOR, tensor.bytes());
        }
        if (tensor.offset() % FlatHeader.ALIGNMENT != 0) {
            throw ModelFormatException.of(path, what + "offset", "a multiple of " + FlatHeader.ALIGNMENT,
                    tensor.offset());
        }
        if (tensor.offset() < firstByte) {
            throw ModelFormatException.of(path, what + "offset", "at least " + firstByte + ", behind the header",
                    tensor.offset());
        }
        if (tensor.offset() > size - tensor.bytes()) {
            throw ModelFormatException.of(path, what + "the file's size (is it cut off?)",
                    "at least " + tensor.offset() + " + " + tensor.bytes() + " bytes", size);
        }
    }

    private void checkScales(TensorInfo tensor) {
        if (tensor.dtype() != Dtype.I8) {
            return;
        }
        String what = "tensor " + tensor.name() + ": ";
        TensorInfo scales = tensor.scales() == null ? null : tensors.get(tensor.scales());
        if (scales == null) {
            throw ModelFormatException.of(path, what + "scales", "the name of a tensor in this file", tensor.scales());
        }
        List<Integer> expected = tensor.shape().isEmpty() ? List.of() : List.of(tensor.shape().get(0));
        if (scales.dtype() != Dtype.F32 || !scales.shape().equals(expected)) {
            throw ModelFormatException.of(path, what + "its scales " + scales.name(),
                    "F32 " + expected, scales.dtype() + " " + scales.shape());
        }
    }

    private void checkOverlaps() {
        List<TensorInfo> inOrder = new ArrayList<>(tensors.values());
        inOrder.removeIf(tensor -> tensor.bytes() == 0);
        inOrder.sort(Comparator.comparingLong(TensorInfo::offset));
        for (int i = 1; i < inOrder.size(); i++) {
            TensorInfo before = inOrder.get(i - 1);
            TensorInfo after = inOrder.get(i);
            if (before.offset() + before.bytes() > after.offset()) {
                throw ModelFormatException.of(path, "tensor " + after.name() + " overlaps " + before.name()
                        + ": offset", "at least " + (before.offset() + before.bytes()), after.offset());
            }
        }
    }

    public Path path() {
        return path;
    }

    /** The file's length in bytes. */
    public long size() {
        return size;
    }

    /** The model's config.json. */
    public JsonObject config() {
        return header.object("config");
    }

    /** The tokenizer's settings; empty for a model without a vocabulary. */
    public JsonObject tokenizer() {
        return header.object("tokenizer");
    }

    /** The classifier's labels, by number; empty for a model without a classification head. */
    public List<String> labels() {
        return header.labels();
    }

    /** Where the model comes from. */
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** All tensors, in the header's order. */
    public Collection<TensorInfo> tensors() {
        return tensors.values();
    }

    public boolean has(String name) {
        return tensors.containsKey(name);
    }

    /**
     * The table's row for a tensor.
     *
     * @throws ModelFormatException if there is none
     */
    public TensorInfo tensor(String name) {
        TensorInfo tensor = tensors.get(name);
        if (tensor == null) {
            throw new ModelFormatException(path, "tensor " + name + " is missing");
        }
        return tensor;
    }

    /** Compares every tensor's checksum. */
    public void verify() {
        for (TensorInfo tensor : tensors.values()) {
            checked(tensor);
        }
    }

    /** The bytes of a U8 or I8 tensor. */
    public byte[] bytes(String name) {
        TensorInfo tensor = tensor(name);
        if (tensor.dtype() != Dtype.U8 && tensor.dtype() != Dtype.I8) {
            throw ModelFormatException.of(path, "tensor " + name + ": dtype", "U8 or I8", tensor.dtype());
        }
        byte[] bytes = new byte[(int) tensor.elements()];
        checked(tensor).get(bytes);
        return bytes;
    }

    /** A tensor's numbers, row-major, widened to float whatever they are stored as. */
    public float[] floats(String name) {
        TensorInfo tensor = tensor(name);
        return switch (tensor.dtype()) {
            case F32 -> {
                float[] floats = new float[(int) tensor.elements()];
                checked(tensor).asFloatBuffer().get(floats);
                yield floats;
            }
            case F16, BF16 -> widen(checked(tensor).asShortBuffer(), tensor.dtype());
            case I8 -> Quantization.toFloats(bytes(name), floats(tensor.scales()));
            case U8 -> throw ModelFormatException.of(path, "tensor " + name + ": dtype", "numbers", tensor.dtype());
        };
    }

    private static float[] widen(ShortBuffer halves, Dtype dtype) {
        float[] floats = new float[halves.remaining()];
        short[] chunk = new short[Math.min(4096, floats.length)];
        for (int at = 0; at < floats.length; at += chunk.length) {
            int length = Math.min(chunk.length, floats.length - at);
            halves.get(chunk, 0, length);
            for (int i = 0; i < length; i++) {
                floats[at + i] = dtype == Dtype.F16 ? Halves.fromHalf(chunk[i]) : Halves.fromBrainFloat(chunk[i]);
            }
        }
        return floats;
    }

    private ByteBuffer checked(TensorInfo tensor) {
        ByteBuffer bytes;
        try {
            bytes = map(tensor.offset(), tensor.bytes());
        } catch (IOException e) {
            throw new ModelFormatException(path, "tensor " + tensor.name() + " cannot be read: " + e.getMessage(), e);
        }
        if (!verified.contains(tensor.name())) {
            CRC32 crc = new CRC32();
            crc.update(bytes);
            if (crc.getValue() != tensor.crc32()) {
                throw ModelFormatException.of(path, "tensor " + tensor.name() + ": crc32",
                        tensor.crc32(), crc.getValue());
            }
            verified.add(tensor.name());
        }
        return bytes.rewind();
    }

    private ByteBuffer map(long offset, long bytes) throws IOException {
        return channel.map(FileChannel.MapMode.READ_ONLY, offset, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() {
        closeQuietly(channel);
    }
}
