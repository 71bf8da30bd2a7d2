package io.demitasse.file;

import com.google.gson.JsonObject;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A flat weight file, open for reading: config, labels, vocabulary, tokenizer settings and tensors of one model.
 * The format is described in docs/flat-file.md. Opening checks the header and the table of tensors; a tensor's
 * checksum is compared whenever it is read. Tensors are copied, so nothing of the file is used after {@link #close}.
 * Several threads may read at once.
 */
public final class FlatFile implements Closeable {

    /** The tensor that holds the vocabulary, one token a line. */
    public static final String VOCABULARY = "vocabulary";

    /** Where messages say that a model came from, if it came out of a stream. */
    private static final Path STREAM = Path.of("(stream)");

    /** What one array can hold. */
    private static final int LARGEST_TENSOR = Integer.MAX_VALUE - 8;

    /** Bytes read at once, still in the processor's cache when they are looked at. A multiple of every dtype. */
    private static final int CHUNK = 1 << 17;

    private final Path path;
    private final Source source;
    private final FlatHeader header;
    private final Map<String, TensorInfo> tensors;
    private final Set<String> verified = ConcurrentHashMap.newKeySet();

    private FlatFile(Path path, Source source) throws IOException {
        this.path = path;
        this.source = source;
        long size = source.size();
        if (size < FlatHeader.PREAMBLE) {
            throw ModelFormatException.of(path, "the file's size", "at least " + FlatHeader.PREAMBLE + " bytes", size);
        }
        byte[] preamble = new byte[FlatHeader.PREAMBLE];
        source.read(0, ByteBuffer.wrap(preamble));
        byte[] json = new byte[FlatHeader.length(path, preamble, size)];
        source.read(FlatHeader.PREAMBLE, ByteBuffer.wrap(json));
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
     * @throws UncheckedIOException if the thread is interrupted, of which a {@link ClosedChannelException} is the cause
     */
    public static FlatFile open(Path path) {
        if (Files.isDirectory(path)) {
            throw new ModelFormatException(path, "a directory, not a flat weight file");
        }
        Source source = null;
        try {
            source = Source.InFile.open(path);
            return new FlatFile(path, source);
        } catch (IOException | RuntimeException e) {
            closeQuietly(source);
            if (e instanceof NoSuchFileException) {
                throw new ModelFormatException(path, "no such file", e);
            }
            if (e instanceof ClosedChannelException) {
                throw interrupted(path, (ClosedChannelException) e);
            }
            if (e instanceof IOException) {
                throw new ModelFormatException(path, "cannot be read: " + reason((IOException) e), e);
            }
            throw (RuntimeException) e;
        }
    }

    /**
     * Reads a whole file out of a stream into memory, where it stays until it is closed, and checks its header. Nothing
     * is written to disk. The stream is the caller's to close.
     *
     * @throws ModelFormatException as {@link #open}
     */
    public static FlatFile read(InputStream stream) {
        Objects.requireNonNull(stream, "the stream is null: is there such a resource?");
        try {
            return new FlatFile(STREAM, Source.InMemory.copy(stream));
        } catch (IOException e) {
            throw new ModelFormatException(STREAM, "cannot be read: " + reason(e), e);
        }
    }

    /**
     * The thread that reads was interrupted, or another one that reads the same file. Which says nothing of the file:
     * whoever tries again may well succeed.
     */
    private static UncheckedIOException interrupted(Path path, ClosedChannelException e) {
        return new UncheckedIOException(path + ": was closed while it was read, since a thread was interrupted", e);
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        // A FileSystemException's message names the file once more.
        String reason = e instanceof FileSystemException ? ((FileSystemException) e).getReason() : null;
        return reason == null ? e.getMessage() : reason;
    }

    private static void closeQuietly(@Nullable Source source) {
        try {
            if (source != null) {
                source.close();
            }
        } catch (IOException e) {
            // All that was wanted of it has been read, or another failure is the one to report.
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
        if (tensor.offset() > source.size() - tensor.bytes()) {
            throw ModelFormatException.of(path, what + "the file's size (is it cut off?)",
                    "at least " + tensor.offset() + " + " + tensor.bytes() + " bytes", source.size());
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

    /** The file's name, or for a stream what stands for it in messages. */
    public Path path() {
        return path;
    }

    /** The file's length in bytes. */
    public long size() {
        return source.size();
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

    /** Compares the checksum of every tensor that has not been read yet, on the calling thread. */
    public void verify() {
        verify(1);
    }

    /**
     * Compares the checksum of every tensor that has not been read yet. As it is read, each is compared anyway.
     *
     * @param threads how many threads compute, the calling one included; the others end before this returns
     * @throws ModelFormatException for the first tensor, in the table's order, that is damaged
     */
    public void verify(int threads) {
        List<TensorInfo> unread = tensors.values().stream().filter(t -> !verified.contains(t.name())).toList();
        RuntimeException[] failures = new RuntimeException[unread.size()];
        AtomicInteger next = new AtomicInteger();
        Runnable work = () -> {
            for (int i = next.getAndIncrement(); i < failures.length; i = next.getAndIncrement()) {
                try {
                    read(unread.get(i), bytes -> { });
                } catch (RuntimeException e) {
                    failures[i] = e;
                }
            }
        };
        List<Thread> helpers = IntStream.range(1, Math.min(threads, failures.length))
                .mapToObj(i -> new Thread(null, work, "demitasse-verify-" + i, 0, false)).toList();
        helpers.forEach(Thread::start);
        work.run();
        helpers.forEach(FlatFile::join);
        for (RuntimeException failure : failures) {
            if (failure != null) {
                throw failure;
            }
        }
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The bytes of a U8 or I8 tensor. */
    public byte[] bytes(String name) {
        TensorInfo tensor = tensor(name);
        if (tensor.dtype() != Dtype.U8 && tensor.dtype() != Dtype.I8) {
            throw ModelFormatException.of(path, "tensor " + name + ": dtype", "U8 or I8", tensor.dtype());
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) tensor.elements());
        read(tensor, bytes::put);
        return bytes.array();
    }

    /** A tensor's numbers, row-major, widened to float whatever they are stored as. */
    public float[] floats(String name) {
        TensorInfo tensor = tensor(name);
        if (tensor.dtype() == Dtype.I8) {
            return Quantization.toFloats(bytes(name), floats(tensor.scales()));
        }
        FloatBuffer floats = FloatBuffer.allocate((int) tensor.elements());
        switch (tensor.dtype()) {
            case F32 -> read(tensor, bytes -> floats.put(bytes.asFloatBuffer()));
            case F16, BF16 -> read(tensor, bytes -> widen(bytes.asShortBuffer(), tensor.dtype(), floats));
            default -> throw ModelFormatException.of(path, "tensor " + name + ": dtype", "numbers", tensor.dtype());
        }
        return floats.array();
    }

    private static void widen(ShortBuffer bits, Dtype dtype, FloatBuffer floats) {
        short[] halves = new short[bits.remaining()];
        bits.get(halves);
        for (short half : halves) {
            floats.put(dtype == Dtype.F16 ? Halves.fromHalf(half) : Halves.fromBrainFloat(half));
        }
    }

    /** Hands the tensor's bytes to the reader, chunk by chunk, and then compares their checksum. */
    private void read(TensorInfo tensor, Consumer<ByteBuffer> reader) {
        CRC32 crc = new CRC32();
        ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, tensor.bytes())).order(ByteOrder.LITTLE_ENDIAN);
        try {
            for (long at = 0; at < tensor.bytes(); at += chunk.limit()) {
                chunk.clear().limit((int) Math.min(chunk.capacity(), tensor.bytes() - at));
                source.read(tensor.offset() + at, chunk);
                crc.update(chunk.flip());
                reader.accept(chunk.rewind());
            }
        } catch (ClosedChannelException e) {
            throw interrupted(path, e);
        } catch (IOException e) {
            throw new ModelFormatException(path, "tensor " + tensor.name() + " cannot be read: " + reason(e), e);
        }
        if (crc.getValue() != tensor.crc32()) {
            throw ModelFormatException.of(path, "tensor " + tensor.name() + ": crc32",
                    tensor.crc32(), crc.getValue());
        }
        verified.add(tensor.name());
    }

    @Override
    public void close() {
        closeQuietly(source);
    }
}
