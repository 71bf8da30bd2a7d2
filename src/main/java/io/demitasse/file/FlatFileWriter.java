package io.demitasse.file;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
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

    /** A tensor's bytes, which may be too many to hold them all at once. */
    @FunctionalInterface
    private interface Content {
        void forEachChunk(Sink sink) throws IOException;
    }

    @FunctionalInterface
    private interface Sink {
        void take(ByteBuffer bytes) throws IOException;
    }

    private record Pending(String name, Dtype dtype, List<Integer> shape, long size, Content content,
                           @Nullable String scales) {

        Pending(String name, Dtype dtype, List<Integer> shape, byte[] bytes, @Nullable String scales) {
            this(name, dtype, shape, bytes.length, sink -> sink.take(ByteBuffer.wrap(bytes)), scales);
        }

        long crc32() {
            CRC32 crc = new CRC32();
            try {
                content.forEachChunk(crc::update);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return crc.getValue();
        }
    }

    private final JsonObject config;
    private final JsonObject tokenizer;
    private final List<String> labels;
    private final Map<String, String> metadata;
    private final List<Pending> tensors = new ArrayList<>();
    private final Set<String> tensorNames = new HashSet<>();

    public FlatFileWriter(JsonObject config, JsonObject tokenizer, List<String> labels, Map<String, String> metadata) {
        this.config = config;
        this.tokenizer = tokenizer;
        this.labels = List.copyOf(labels);
        this.metadata = new LinkedHashMap<>(metadata);
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
            case F16 -> {
                ByteBuffer buffer = littleEndian(floats.length * 2);
                for (float value : floats) {
                    short half = Halves.toHalf(value);
                    if (Float.isInfinite(Halves.fromHalf(half)) && !Float.isInfinite(value)) {
                        throw new IllegalArgumentException("tensor " + name + ": " + value + " is too large for F16");
                    }
                    buffer.putShort(half);
                }
                add(new Pending(name, dtype, shape, buffer.array(), null));
            }
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
        for (int row = 0; row < scales.length; row++) {
            if (!Float.isFinite(scales[row])) {
                throw new IllegalArgumentException("tensor " + name + ": row " + row + " has numbers that are infinite"
                        + " or none, which I8 cannot hold");
            }
        }
        add(new Pending(name, Dtype.I8, shape, quantized.values(), name + ".scales"));
        return floats(name + ".scales", List.of(scales.length), scales, Dtype.F32);
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

    private static void chunks(float[] floats, Sink sink) throws IOException {
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
     * Writes the file, as {@link WholeFile} does.
     *
     * @throws IOException if it cannot be written; the target is then as it was
     */
    public void write(Path target) throws IOException {
        byte[] header = header();
        WholeFile.write(target, WholeFile.Kind.FLAT, channel -> {
            ByteBuffer preamble = littleEndian(FlatHeader.PREAMBLE);
            preamble.put(FlatHeader.MAGIC).putInt(FlatHeader.VERSION).putInt(0).putLong(header.length).flip();
            writeFully(channel, preamble, 0);
            writeFully(channel, ByteBuffer.wrap(header), FlatHeader.PREAMBLE);
            long offset = FlatHeader.PREAMBLE + header.length;
            for (Pending tensor : tensors) {
                // Zeros up to the offset, which a last tensor without numbers would not bring about.
                writeFully(channel, ByteBuffer.allocate((int) (offset - channel.size())), channel.size());
                long[] position = {offset};
                tensor.content.forEachChunk(chunk -> {
                    int length = chunk.remaining();
                    writeFully(channel, chunk, position[0]);
                    position[0] += length;
                });
                offset = aligned(offset + tensor.size);
            }
        });
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
    }

    /** Offsets stand in the header and depend on its length, so the length is tried until it holds. */
    private byte[] header() {
        long[] crcs = tensors.stream().mapToLong(Pending::crc32).toArray();
        long first = FlatHeader.ALIGNMENT;
        while (true) {
            byte[] json = GSON.toJson(headerJson(first, crcs)).getBytes(StandardCharsets.UTF_8);
            long needed = aligned(FlatHeader.PREAMBLE + json.length);
            if (needed <= first) {
                byte[] header = Arrays.copyOf(json, Math.toIntExact(first - FlatHeader.PREAMBLE));
                Arrays.fill(header, json.length, header.length, (byte) ' ');
                FlatHeader.sign(header);
                return header;
            }
            first = needed;
        }
    }

    private JsonObject headerJson(long firstOffset, long[] crcs) {
        JsonObject json = new JsonObject();
        json.add("config", config);
        json.add("tokenizer", tokenizer);
        JsonArray names = new JsonArray();
        labels.forEach(names::add);
        json.add("labels", names);
        JsonObject facts = new JsonObject();
        metadata.forEach(facts::addProperty);
        facts.remove(FlatHeader.CHECKSUM);
        facts.addProperty(FlatHeader.CHECKSUM, "00000000");
        json.add("metadata", facts);
        JsonObject table = new JsonObject();
        long offset = firstOffset;
        for (int i = 0; i < crcs.length; i++) {
            Pending tensor = tensors.get(i);
            table.add(tensor.name, entry(tensor, offset, crcs[i]));
            offset = aligned(offset + tensor.size);
        }
        json.add("tensors", table);
        return json;
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
