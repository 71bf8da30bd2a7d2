package io.demitasse.file;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/** A flat file put together by hand, without a checksum of its header, so that a test can get any part of it wrong. */
final class RawFlatFile {

    /** Where the first tensor starts: behind a header of any length that tests need. */
    static final int FIRST = 2048;

    final JsonObject header = new JsonObject();
    private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
    private byte[] headerBytes;

    RawFlatFile() {
        header.add("config", new JsonObject());
        header.add("tokenizer", new JsonObject());
        header.add("labels", new JsonArray());
        header.add("metadata", new JsonObject());
        header.add("tensors", new JsonObject());
    }

    /** Adds a tensor and its row in the table. */
    RawFlatFile tensor(String name, String dtype, List<Integer> shape, byte[] bytes) {
        while (tensors.size() % 64 != 0) {
            tensors.write(0);
        }
        JsonObject row = new JsonObject();
        row.addProperty("dtype", dtype);
        JsonArray dimensions = new JsonArray();
        shape.forEach(dimensions::add);
        row.add("shape", dimensions);
        row.addProperty("offset", FIRST + tensors.size());
        row.addProperty("bytes", bytes.length);
        CRC32 crc = new CRC32();
        crc.update(bytes);
        row.addProperty("crc32", crc.getValue());
        header.getAsJsonObject("tensors").add(name, row);
        tensors.writeBytes(bytes);
        return this;
    }

    /** A tensor's row in the table. */
    JsonObject row(String tensor) {
        return header.getAsJsonObject("tensors").getAsJsonObject(tensor);
    }

    /** Puts these bytes in the header's place. */
    void headerBytes(byte[] bytes) {
        headerBytes = bytes;
    }

    byte[] toBytes() {
        byte[] json = headerBytes != null ? headerBytes : header.toString().getBytes(StandardCharsets.UTF_8);
        int end = Math.max(FIRST, (24 + json.length + 63) / 64 * 64);
        byte[] file = new byte[end + tensors.size()];
        Arrays.fill(file, 24, end, (byte) ' ');
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN)
                .put("DEMIFLAT".getBytes(StandardCharsets.US_ASCII)).putInt(1).putInt(0).putLong(end - 24).put(json);
        System.arraycopy(tensors.toByteArray(), 0, file, end, tensors.size());
        return file;
    }

    Path write(Path file) {
        try {
            return Files.write(file, toBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] littleEndian(float... floats) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * floats.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(floats);
        return buffer.array();
    }

    static byte[] littleEndian(short... shorts) {
        ByteBuffer buffer = ByteBuffer.allocate(2 * shorts.length).order(ByteOrder.LITTLE_ENDIAN);
        buffer.asShortBuffer().put(shorts);
        return buffer.array();
    }
}
