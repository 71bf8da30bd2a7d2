package io.demitasse.file;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32;

/**
 * Writes a flat weight file. Everything goes to a temporary file in the same folder, is forced to disk, and only then
 * takes the target's name, so that no reader ever sees half a file and a failure leaves what was there before.
 */
public final class FlatFileWriter {

    private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().serializeNulls().create();

    private record Pending(String name, Dtype dtype, List<Integer> shape, byte[] bytes, String scales) {
    }

    private final JsonObject config;
    private final JsonObject tokenizer;
    private final List<String> labels;
    private final Map<String, String> metadata;
    private final List<Pending> tensors = new ArrayList<>();

    public FlatFileWriter(JsonObject config, JsonObject tokenizer, List<String> labels, Map<String, String> metadata) {
        this.config = config;
        this.tokenizer = tokenizer;
        this.labels = List.copyOf(labels);
        this.metadata = new LinkedHashMap<>(metadata);
    }

    /** Adds a U8 tensor. */
    public FlatFileWriter bytes(String name, byte[] bytes) {
        tensors.add(new Pending(name, Dtype.U8, List.of(bytes.length), bytes, null));
        return this;
    }

    /**
     * Adds a tensor of numbers. I8 is quantised by rows and gets its scales beside it.
     *
     * @throws IllegalArgumentException if a number does not fit into {@code dtype}
     */
    public FlatFileWriter floats(String name, List<Integer> shape, float[] floats, Dtype dtype) {
        switch (dtype) {
            case F32 -> {
                ByteBuffer buffer = littleEndian(floats.length * 4);
                buffer.asFloatBuffer().put(floats);
                tensors.add(new Pending(name, dtype, shape, buffer.array(), null));
            }
            case F16 -> {
                ByteBuffer buffer = littleEndian(floats.length * 2);
                for (float value : floats) {
                    short half = Halves.toHalf(value);
                    if (Float.isInfinite(Halves.fromHalf(half)) && !Float.isInfinite(value)) {
                        throw new IllegalArgumentException("tensor " + name + ": " + value + " is too large for F16");
                    }
                    buffer.putShort(half);
                }
                tensors.add(new Pending(name, dtype, shape, buffer.array(), null));
            }
            case I8 -> {
                int rows = shape.get(0);
                int8(name, shape, Quantization.toInt8(floats, rows, rows == 0 ? 0 : floats.length / rows));
            }
            default -> throw new IllegalArgumentException("tensors of numbers are written as F32, F16 or I8, not " + dtype);
        }
        return this;
    }

    /** Adds an I8 tensor that is quantised already, and its scales beside it. */
    public FlatFileWriter int8(String name, List<Integer> shape, Quantization.Int8 quantized) {
        tensors.add(new Pending(name, Dtype.I8, shape, quantized.values(), name + ".scales"));
        return floats(name + ".scales", List.of(quantized.scales().length), quantized.scales(), Dtype.F32);
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Writes the file.
     *
     * @throws IOException if the folder cannot be written; the target is then as it was
     */
    public void write(Path target) throws IOException {
        byte[] header = header();
        Path folder = target.toAbsolutePath().getParent();
        Path temporary = folder.resolve(target.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(temporary,
                    StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                ByteBuffer preamble = littleEndian(FlatHeader.PREAMBLE);
                preamble.put(FlatHeader.MAGIC).putInt(FlatHeader.VERSION).putInt(0).putLong(header.length).flip();
                writeFully(channel, preamble, 0);
                writeFully(channel, ByteBuffer.wrap(header), FlatHeader.PREAMBLE);
                long offset = FlatHeader.PREAMBLE + header.length;
                for (Pending tensor : tensors) {
                    // Zeros up to the offset, which a last tensor without numbers would not bring about.
                    writeFully(channel, ByteBuffer.allocate((int) (offset - channel.size())), channel.size());
                    writeFully(channel, ByteBuffer.wrap(tensor.bytes), offset);
                    offset = aligned(offset + tensor.bytes.length);
                }
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
    }

    /** Offsets stand in the header and depend on its length, so the length is tried until it holds. */
    private byte[] header() {
        long first = FlatHeader.ALIGNMENT;
        while (true) {
            byte[] json = GSON.toJson(headerJson(first)).getBytes(StandardCharsets.UTF_8);
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

    private JsonObject headerJson(long firstOffset) {
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
        for (Pending tensor : tensors) {
            table.add(tensor.name, entry(tensor, offset));
            offset = aligned(offset + tensor.bytes.length);
        }
        json.add("tensors", table);
        return json;
    }

    private static JsonObject entry(Pending tensor, long offset) {
        JsonObject entry = new JsonObject();
        entry.addProperty("dtype", tensor.dtype.name());
        JsonArray shape = new JsonArray();
        tensor.shape.forEach(shape::add);
        entry.add("shape", shape);
        entry.addProperty("offset", offset);
        entry.addProperty("bytes", tensor.bytes.length);
        CRC32 crc = new CRC32();
        crc.update(tensor.bytes);
        entry.addProperty("crc32", crc.getValue());
        if (tensor.scales != null) {
            entry.addProperty("scales", tensor.scales);
        }
        return entry;
    }

    private static long aligned(long offset) {
        return (offset + FlatHeader.ALIGNMENT - 1) / FlatHeader.ALIGNMENT * FlatHeader.ALIGNMENT;
    }
}
