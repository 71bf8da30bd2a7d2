package io.demitasse.file;

import com.google.gson.JsonElement;
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
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
    public static final Path STREAM = Path.of("(stream)");

    /** Bytes read at once, still in the processor's cache when they are looked at. A multiple of every dtype. */
    private static final int CHUNK = 1 << 17;

    private final Path path;
    private final Source source;
    private final int version;
    private final ModelHeader header;
    private @Nullable Supplier<String> hash;     // until it is asked for: Java takes long to find its SHA-256
    private @Nullable String fingerprint;
    private final Map<String, TensorInfo> tensors;
    private final Set<String> verified = ConcurrentHashMap.newKeySet();

    private FlatFile(Path path, Source source, int version, ModelHeader header, Map<String, TensorInfo> tensors,
                     Supplier<String> hash) {
        this.path = path;
        this.source = source;
        this.version = version;
        this.header = header;
        this.tensors = tensors;
        this.hash = hash;
    }

    private static FlatFile read(Path path, Source source) throws IOException {
        long size = source.size();
        if (size < FlatHeader.PREAMBLE) {
            throw ModelFormatException.of(path, "the file's size", "at least " + FlatHeader.PREAMBLE + " bytes", size);
        }
        byte[] bytes = new byte[FlatHeader.PREAMBLE];
        source.read(0, ByteBuffer.wrap(bytes));
        FlatHeader.Preamble preamble = FlatHeader.preamble(path, bytes, size);
        byte[] json = new byte[preamble.length()];
        source.read(FlatHeader.PREAMBLE, ByteBuffer.wrap(json));
        FlatHeader header = FlatHeader.parse(path, preamble, json);
        Map<String, TensorInfo> tensors = header.tensors();
        TensorTable.check(path, tensors, FlatHeader.PREAMBLE + json.length, size);
        return new FlatFile(path, source, preamble.version(), header.model(), tensors,
                () -> FlatHeader.fingerprint(bytes, json));
    }

    /**
     * A flat file that is nowhere written: its parts lie in other files, or in memory. Reading it is reading them.
     *
     * @param path what error messages name
     * @param parts the tensors, in the order that the file would have
     * @param files what {@link #close} closes
     */
    public static FlatFile of(Path path, ModelHeader header, List<TensorPart> parts, Closeable files) {
        AssembledSource source = new AssembledSource(parts, files);
        TensorTable.check(path, source.tensors(), FlatHeader.ALIGNMENT, source.size());
        String fingerprint = FlatHeader.fingerprint(path);
        return new FlatFile(path, source, FlatHeader.VERSION, header, source.tensors(), () -> fingerprint);
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
            return read(path, source);
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
            return read(STREAM, Source.InMemory.copy(stream));
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

    static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        // A FileSystemException's message names the file once more.
        String reason = e instanceof FileSystemException ? ((FileSystemException) e).getReason() : null;
        return reason == null ? e.getMessage() : reason;
    }

    static void closeQuietly(@Nullable Closeable source) {
        try {
            if (source != null) {
                source.close();
            }
        } catch (IOException e) {
            // All that was wanted of it has been read, or another failure is the one to report.
        }
    }

    /** The file's name, or for a stream what stands for it in messages. */
    public Path path() {
        return path;
    }

    /**
     * What tells this file from every other, in hexadecimal digits: a SHA-256 of its header, in which every tensor's
     * checksum stands. A file of the same fingerprint whose tensors' checksums are right holds the same model. Of a folder
     * it is one of its files' names, sizes and times.
     */
    public synchronized String fingerprint() {
        if (fingerprint == null) {
            fingerprint = hash.get();
            hash = null;
        }
        return fingerprint;
    }

    /** The file's length in bytes. */
    public long size() {
        return source.size();
    }

    /** The format's version: 2, or 1, in which a BERT has lost its token types. */
    public int version() {
        return version;
    }

    /** All that the file says beside its tensors. */
    public ModelHeader header() {
        return header;
    }

    /** The model's config.json. */
    public JsonObject config() {
        return header.config();
    }

    /** How an embedding model pools, in the words of docs/flat-file.md; null for any other. */
    public @Nullable JsonObject sentenceTransformers() {
        return header.sentenceTransformers();
    }

    /**
     * What kind of model this is, as Hugging Face names its class: BertForSequenceClassification.
     *
     * @throws ModelFormatException if the file does not say
     */
    public String architecture() {
        JsonElement names = config().get("architectures");
        if (names == null || !names.isJsonArray() || names.getAsJsonArray().size() != 1
                || !names.getAsJsonArray().get(0).isJsonPrimitive()) {
            throw ModelFormatException.of(path, "config.architectures", "one name", names);
        }
        return names.getAsJsonArray().get(0).getAsString();
    }

    /** The tokenizer's settings; empty for a model without a vocabulary. */
    public JsonObject tokenizer() {
        return header.tokenizer();
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

    private void read(TensorInfo tensor, Consumer<ByteBuffer> reader) {
        try {
            copy(tensor, reader::accept);
        } catch (ClosedChannelException e) {
            throw interrupted(path, e);
        } catch (IOException e) {
            throw new ModelFormatException(path, "tensor " + tensor.name() + " cannot be read: " + reason(e), e);
        }
    }

    /**
     * Hands the tensor's bytes to the reader, chunk by chunk, and then compares their checksum.
     *
     * @throws IOException from the reader alone
     */
    void copy(TensorInfo tensor, FlatFileWriter.Sink reader) throws IOException {
        CRC32 crc = new CRC32();
        ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, tensor.bytes())).order(ByteOrder.LITTLE_ENDIAN);
        for (long at = 0; at < tensor.bytes(); at += chunk.limit()) {
            chunk.clear().limit((int) Math.min(chunk.capacity(), tensor.bytes() - at));
            try {
                source.read(tensor.offset() + at, chunk);
            } catch (ClosedChannelException e) {
                throw interrupted(path, e);
            } catch (IOException e) {
                throw new ModelFormatException(path, "tensor " + tensor.name() + " cannot be read: " + reason(e), e);
            }
            crc.update(chunk.flip());
            reader.take(chunk.rewind());
        }
        if (tensor.crc32() != TensorInfo.NO_CHECKSUM && crc.getValue() != tensor.crc32()) {
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
