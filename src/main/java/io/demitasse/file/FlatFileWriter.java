package io.demitasse.file;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** Writes a flat weight file: whole or not at all, as {@link WholeFile} says. */
public final class FlatFileWriter {

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    /** Floats that are turned into bytes at a time, so that writing a model takes little memory beside it. */
    private static final int CHUNK = 1 << 16;

    /** The largest checksum, whose digits are kept free in the header until the tensor is written. */
    private static final long LARGEST_CRC = 0xFFFFFFFFL;

    /** A tensor's bytes, which may be too many to hold them all at once; asked for once, when the file is written. */
    @FunctionalInterface
    interface Content {
        void forEachChunk(Sink sink) throws IOException;
    }

    /** Takes bytes in their order. */
    @FunctionalInterface
    interface Sink {
        void take(ByteBuffer bytes) throws IOException;
    }

    private record Pending(String name, Dtype dtype, List<Integer> shape, long size, Content content,
                           @Nullable String scales) {

        Pending(String name, Dtype dtype, List<Integer> shape, byte[] bytes, @Nullable String scales) {
            this(name, dtype, shape, bytes.length, sink -> sink.take(ByteBuffer.wrap(bytes)), scales);
        }
    }

    private final ModelHeader header;
    private final List<Pending> tensors = new ArrayList<>();
    private final Set<String> tensorNames = new HashSet<>();

    public FlatFileWriter(JsonObject config, JsonObject tokenizer, List<String> labels, Map<String, String> metadata) {
        this(new ModelHeader(config, tokenizer, labels, null, metadata));
    }

    public FlatFileWriter(ModelHeader header) {
        this.header = header;
    }

    /**
     * Adds a U8 tensor.
     *
     * @throws IllegalArgumentException if there is a tensor of this name already
     */
    public FlatFileWriter bytes(String name, byte[] bytes) {
        return add(new Pending(name, Dtype.U8, List.of(bytes.length), bytes, null));
    }

    /**
     * Adds a tensor of numbers. I8 is quantised by rows and gets its scales beside it.
     *
     * @param floats for F32 read when the file is written, not before; the caller must not change them until then
     *
     * @throws IllegalArgumentException if a number does not fit into {@code dtype}, the shape does not fit the
     *     numbers, or there is a tensor of this name already
     */
    public FlatFileWriter floats(String name, List<Integer> shape, float[] floats, Dtype dtype) {
        checkShape(name, shape, floats.length);
        switch (dtype) {
            case F32 -> add(new Pending(name, dtype, shape, 4L * floats.length, sink -> chunks(floats, sink), null));
            case F16 -> add(new Pending(name, dtype, shape, Halves.toHalves(name, floats), null));
            case I8 -> {
                int rows = rows(name, shape);
                int8(name, shape, Quantization.toInt8(floats, rows, rows == 0 ? 0 : floats.length / rows));
            }
            default -> throw new IllegalArgumentException("tensors of numbers are written as F32, F16 or I8, not "
                    + dtype);
        }
        return this;
    }

    /**
     * Adds an I8 tensor that is quantised already, and its scales beside it.
     *
     * @throws IllegalArgumentException if a scale is not a finite number, the shape does not fit, or there is a tensor
     *     of this name already
     */
    public FlatFileWriter int8(String name, List<Integer> shape, Quantization.Int8 quantized) {
        checkShape(name, shape, quantized.values().length);
        float[] scales = quantized.scales();
        if (rows(name, shape) != scales.length) {
            throw new IllegalArgumentException("tensor " + name + ": its shape " + shape + " does not fit "
                    + scales.length + " scales");
        }
        add(new Pending(name, Dtype.I8, shape, quantized.values(), name + ".scales"));
        return floats(name + ".scales", List.of(scales.length), finite(name, scales), Dtype.F32);
    }

    /** The scales of a tensor, checked. */
    static float[] finite(String name, float[] scales) {
        for (int row = 0; row < scales.length; row++) {
            if (!Float.isFinite(scales[row])) {
                throw new IllegalArgumentException("tensor " + name + ": row " + row + " has numbers that are infinite"
                        + " or none, which I8 cannot hold");
            }
        }
        return scales;
    }

    private FlatFileWriter add(Pending tensor) {
        if (!tensorNames.add(tensor.name)) {
            throw new IllegalArgumentException("tensor " + tensor.name + " is there already");
        }
        tensors.add(tensor);
        return this;
    }

    private static void checkShape(String name, List<Integer> shape, int numbers) {
        boolean negative = shape.stream().anyMatch(dimension -> dimension < 0);
        if (negative || shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b) != numbers) {
            throw new IllegalArgumentException("tensor " + name + ": its shape " + shape + " does not fit " + numbers
                    + " numbers");
        }
    }

    private static int rows(String name, List<Integer> shape) {
        if (shape.isEmpty()) {
            throw new IllegalArgumentException("tensor " + name + ": its shape [] has no rows, which I8 scales");
        }
        return shape.get(0);
    }

    /** Floats as little-endian bytes. */
    static void chunks(float[] floats, Sink sink) throws IOException {
        ByteBuffer chunk = littleEndian(4 * Math.min(CHUNK, floats.length));
        for (int from = 0; from < floats.length; from += CHUNK) {
            int count = Math.min(CHUNK, floats.length - from);
            chunk.clear().asFloatBuffer().put(floats, from, count);
            sink.take(chunk.limit(4 * count));
        }
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Adds a tensor whose bytes are made when the file is written, so that no more than one need be in memory.
     *
     * @param scales for I8, the name of the tensor of its scales, which is added next
     */
    void add(String name, Dtype dtype, List<Integer> shape, Content content, @Nullable String scales) {
        long elements = shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
        add(new Pending(name, dtype, shape, elements * dtype.bytes(), content, scales));
    }

    /**
     * Writes the file, as {@link WholeFile} does.
     *
     * @throws IOException if it cannot be written; the target is then as it was
     */
    public void write(Path target) throws IOException {
        long[] crcs = new long[tensors.size()];
        Arrays.fill(crcs, LARGEST_CRC);
        long first = firstOffset(crcs);
        WholeFile.write(target, WholeFile.Kind.FLAT, channel -> {
            writeTensors(channel, first, crcs);
            byte[] json = json(first, crcs);
            writeFully(channel, preamble(json), 0);
            writeFully(channel, ByteBuffer.wrap(json), FlatHeader.PREAMBLE);
        });
    }

    private void writeTensors(FileChannel channel, long first, long[] crcs) throws IOException {
        long offset = first;
        for (int i = 0; i < crcs.length; i++) {
            Pending tensor = tensors.get(i);
            if (channel.size() < offset) {
                // Writing behind the end leaves zeros, which is the padding; a last tensor may have no bytes to do it.
                writeFully(channel, ByteBuffer.allocate(1), offset - 1);
            }
            CRC32 crc = new CRC32();
            long[] position = {offset};
            tensor.content.forEachChunk(chunk -> {
                int length = chunk.remaining();
                crc.update(chunk.duplicate());
                writeFully(channel, chunk, position[0]);
                position[0] += length;
            });
            if (position[0] != offset + tensor.size) {
                throw new IllegalStateException("tensor " + tensor.name + ": " + (position[0] - offset)
                        + " bytes in place of " + tensor.size);
            }
            crcs[i] = crc.getValue();
            offset = aligned(offset + tensor.size);
        }
    }

    private static ByteBuffer preamble(byte[] json) {
        CRC32 crc = new CRC32();
        crc.update(json);
        return littleEndian(FlatHeader.PREAMBLE).put(FlatHeader.MAGIC).putInt(FlatHeader.VERSION)
                .putInt((int) crc.getValue()).putLong(json.length).flip();
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
    }

    /** Where the tensors begin. Offsets stand in the header and depend on its length, so it is tried until it holds. */
    private long firstOffset(long[] crcs) {
        long first = FlatHeader.ALIGNMENT;
        while (true) {
            long needed = aligned(FlatHeader.PREAMBLE + text(first, crcs).length);
            if (needed <= first) {
                return first;
            }
            first = needed;
        }
    }

    private byte[] json(long first, long[] crcs) {
        byte[] text = text(first, crcs);
        byte[] padded = Arrays.copyOf(text, Math.toIntExact(first - FlatHeader.PREAMBLE));
        Arrays.fill(padded, text.length, padded.length, (byte) ' ');
        return padded;
    }

    private byte[] text(long first, long[] crcs) {
        JsonObject json = new JsonObject();
        json.add("config", header.config());
        json.add("tokenizer", header.tokenizer());
        JsonArray names = new JsonArray();
        header.labels().forEach(names::add);
        json.add("labels", names);
        if (header.sentenceTransformers() != null) {
            json.add("sentence_transformers", header.sentenceTransformers());
        }
        JsonObject facts = new JsonObject();
        header.metadata().forEach(facts::addProperty);
        // Version 1 had its header's checksum there.
        facts.remove(FlatHeader.CHECKSUM);
        json.add("metadata", facts);
        JsonObject table = new JsonObject();
        long offset = first;
        for (int i = 0; i < crcs.length; i++) {
            Pending tensor = tensors.get(i);
            table.add(tensor.name, entry(tensor, offset, crcs[i]));
            offset = aligned(offset + tensor.size);
        }
        json.add("tensors", table);
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(GSON.toJson(json)));
            return Arrays.copyOf(bytes.array(), bytes.limit());
        } catch (CharacterCodingException e) {
            // getBytes would put question marks in their place.
            throw new IllegalArgumentException("the header cannot be written as UTF-8: it holds half a character", e);
        }
    }

    private static JsonObject entry(Pending tensor, long offset, long crc) {
        JsonObject entry = new JsonObject();
        entry.addProperty("dtype", tensor.dtype.name());
        JsonArray shape = new JsonArray();
        tensor.shape.forEach(shape::add);
        entry.add("shape", shape);
        entry.addProperty("offset", offset);
        entry.addProperty("bytes", tensor.size);
        entry.addProperty("crc32", crc);
        if (tensor.scales != null) {
            entry.addProperty("scales", tensor.scales);
        }
        return entry;
    }

    private static long aligned(long offset) {
        return (offset + FlatHeader.ALIGNMENT - 1) / FlatHeader.ALIGNMENT * FlatHeader.ALIGNMENT;
    }
}
