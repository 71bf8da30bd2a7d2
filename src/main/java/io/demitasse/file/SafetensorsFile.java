package io.demitasse.file;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the table of a safetensors file: 8 bytes of header length, a JSON header, then the tensors' bytes end to end.
 * Every bound is checked here, so that reading a tensor cannot leave the file.
 */
final class SafetensorsFile {

    /** How a file of Git LFS begins that stands where the real one should. */
    static final String POINTER = "version https://git-lfs";

    private static final int LENGTH = 8;
    private static final long LARGEST_HEADER = 1 << 28;
    private static final String METADATA = "__metadata__";

    /** Bytes a number; those a model's weights do not use still stand in a file as buffers. */
    private static final Map<String, Integer> DTYPES = new LinkedHashMap<>();

    static {
        for (String dtype : List.of("F64", "I64", "U64", "F32", "I32", "U32", "F16", "BF16", "I16", "U16", "I8", "U8",
                "BOOL", "F8_E4M3", "F8_E5M2")) {
            DTYPES.put(dtype, dtype.endsWith("64") ? 8 : dtype.endsWith("32") ? 4 : dtype.endsWith("16") ? 2 : 1);
        }
    }

    private final Path path;
    private final FileChannel channel;
    private final long data;
    private final long available;

    private SafetensorsFile(Path path, FileChannel channel, long data, long available) {
        this.path = path;
        this.channel = channel;
        this.data = data;
        this.available = available;
    }

    /**
     * The tensors of an open file, in the header's order.
     *
     * @throws ModelFormatException if anything about them is off
     */
    static Map<String, StoredTensor> read(Path path, FileChannel channel) throws IOException {
        long size = channel.size();
        refusePointer(path, channel, size);
        if (size < LENGTH) {
            throw new ModelFormatException(path, size + " bytes, expected at least the 8 of the header's length");
        }
        long length = fill(channel, 0, LENGTH).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (length < 0 || length > size - LENGTH) {
            throw new ModelFormatException(path, "the header's length is " + Long.toUnsignedString(length)
                    + ", but only " + (size - LENGTH) + " bytes follow (truncated, or not a safetensors file)");
        }
        if (length > LARGEST_HEADER) {
            throw ModelFormatException.of(path, "the header's length", "at most " + LARGEST_HEADER, length);
        }
        JsonObject header = header(path, fill(channel, LENGTH, (int) length));
        return new SafetensorsFile(path, channel, LENGTH + length, size - LENGTH - length).tensors(header);
    }

    private static void refusePointer(Path path, FileChannel channel, long size) throws IOException {
        ByteBuffer start = fill(channel, 0, (int) Math.min(size, POINTER.length()));
        if (StandardCharsets.ISO_8859_1.decode(start).toString().equals(POINTER)) {
            throw new ModelFormatException(path,
                    "a Git LFS pointer and not the file itself: fetch it with git lfs pull");
        }
    }

    private static ByteBuffer fill(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        new Source.InFile(channel, channel.size()).read(position, bytes);
        return bytes.flip();
    }

    private static JsonObject header(Path path, ByteBuffer bytes) {
        try {
            JsonElement header = StrictJson.parse(StandardCharsets.UTF_8.newDecoder().decode(bytes).toString());
            if (header.isJsonObject()) {
                return header.getAsJsonObject();
            }
        } catch (CharacterCodingException e) {
            throw new ModelFormatException(path, "the header is not UTF-8 text", e);
        } catch (IllegalArgumentException e) {
            throw new ModelFormatException(path, "the header is " + e.getMessage(), e);
        }
        throw new ModelFormatException(path, "the header is not a JSON object");
    }

    private Map<String, StoredTensor> tensors(JsonObject header) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        List<long[]> spans = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (Map.Entry<String, JsonElement> entry : header.entrySet()) {
            String name = entry.getKey();
            if (!name.equals(METADATA)) {
                tensors.put(name, tensor(name, entry.getValue(), spans));
                names.add(name);
            }
        }
        checkContiguous(spans, names);
        return tensors;
    }

    private StoredTensor tensor(String name, JsonElement value, List<long[]> spans) {
        String what = "tensor " + name + ": ";
        if (!value.isJsonObject()) {
            throw ModelFormatException.of(path, "tensor " + name, "an object with dtype, shape and data_offsets",
                    value);
        }
        JsonObject entry = value.getAsJsonObject();
        JsonElement dtype = entry.get("dtype");
        Integer itemBytes = dtype != null && dtype.isJsonPrimitive() && dtype.getAsJsonPrimitive().isString()
                ? DTYPES.get(dtype.getAsString()) : null;
        if (itemBytes == null) {
            throw ModelFormatException.of(path, what + "dtype", String.join(", ", DTYPES.keySet()), dtype);
        }
        List<Long> shape = counts(what + "shape", entry.get("shape"));
        List<Long> offsets = counts(what + "data_offsets", entry.get("data_offsets"));
        if (offsets.size() != 2 || offsets.get(0) > offsets.get(1) || offsets.get(1) > available) {
            throw new ModelFormatException(path, what + "data_offsets are " + offsets + ", but the file has "
                    + available + " bytes of tensors (truncated?)");
        }
        long begin = offsets.get(0);
        long bytes = offsets.get(1) - begin;
        // A shape may be anything, so its product may be beyond any long.
        BigInteger needed = shape.stream().map(BigInteger::valueOf).reduce(BigInteger.valueOf(itemBytes),
                BigInteger::multiply);
        if (!needed.equals(BigInteger.valueOf(bytes))) {
            throw new ModelFormatException(path, what + dtype.getAsString() + " of shape " + shape + " takes " + needed
                    + " bytes, data_offsets hold " + bytes);
        }
        spans.add(new long[] {begin, begin + bytes, spans.size()});
        return new StoredTensor(path, name, dtype.getAsString(), shape, channel, data + begin, bytes);
    }

    private List<Long> counts(String what, @Nullable JsonElement value) {
        List<Long> counts = new ArrayList<>();
        JsonArray array = value != null && value.isJsonArray() ? value.getAsJsonArray() : null;
        try {
            for (JsonElement element : array == null ? new JsonArray() : array) {
                long count = element.isJsonPrimitive() && element.getAsJsonPrimitive().isNumber()
                        ? Long.parseLong(element.getAsString()) : -1;
                if (count < 0) {
                    throw new NumberFormatException();
                }
                counts.add(count);
            }
        } catch (NumberFormatException e) {
            array = null;
        }
        if (array == null) {
            throw ModelFormatException.of(path, what, "whole numbers from 0 up", value);
        }
        return counts;
    }

    /** The format allows neither overlaps nor holes, so what is in neither was not written as a safetensors file. */
    private void checkContiguous(List<long[]> spans, List<String> names) {
        List<long[]> inOrder = new ArrayList<>(spans);
        inOrder.sort(Comparator.<long[]>comparingLong(span -> span[0]).thenComparingLong(span -> span[1]));
        long position = 0;
        String previous = "";
        for (long[] span : inOrder) {
            String name = names.get((int) span[2]);
            if (span[0] < position) {
                throw new ModelFormatException(path, "tensor " + name + " begins at " + span[0] + " and overlaps "
                        + previous + ", which ends at " + position);
            }
            if (span[0] > position) {
                throw new ModelFormatException(path, "tensor " + name + " begins at " + span[0] + ", expected "
                        + position + ": the bytes between belong to no tensor");
            }
            position = span[1];
            previous = name;
        }
        if (position != available) {
            throw new ModelFormatException(path, "the tensors end at " + position + ", but the file has " + available
                    + " bytes of them");
        }
    }
}
