package io.demitasse.convert;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.file.JsonFiles;
import io.demitasse.file.SafetensorsFolder;
import io.demitasse.file.StoredTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Hugging Face folders for tests: those in the resources, and copies of them with something changed. */
final class TestFolders {

    static final Path HEADS = Path.of("src/test/resources/heads");
    static final Path CASES = Path.of("src/test/resources/cases");

    private TestFolders() {
    }

    /** Every folder in the resources that has a config.json of its own, or in a folder of its own. */
    static List<Path> all() {
        try (Stream<Path> heads = Files.list(HEADS); Stream<Path> cases = Files.walk(CASES, 2)) {
            return Stream.concat(heads, cases).filter(path -> Files.exists(path.resolve("config.json"))).sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path copy(Path source, Path target) {
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.toList()) {
                Path copy = target.resolve(source.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.copy(file, copy);
                }
            }
            return target;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void write(Path file, String text) {
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sets a key of a JSON file, which may be missing so far. */
    static void set(Path file, String key, JsonElement value) {
        JsonObject json = Files.exists(file) ? JsonFiles.readObjectOfAllNumbers(file) : new JsonObject();
        json.add(key, value);
        write(file, json.toString());
    }

    /** A tensor to write. */
    record Tensor(String dtype, List<Long> shape, byte[] bytes) {
    }

    /** A folder's F32 weights in another dtype: F32, F16, BF16 or F64. */
    static Map<String, Tensor> weights(Path folder, String dtype) {
        try (SafetensorsFolder stored = SafetensorsFolder.open(folder)) {
            Map<String, Tensor> weights = new LinkedHashMap<>();
            for (StoredTensor tensor : stored.tensors().values()) {
                byte[] file = Files.readAllBytes(tensor.file());
                byte[] bytes = convert(bytes(file, tensor.name()), dtype);
                weights.put(tensor.name(), new Tensor(dtype, tensor.shape(), bytes));
            }
            return weights;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ByteBuffer bytes(byte[] file, String name) {
        ByteBuffer all = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) all.getLong(0);
        JsonObject header = JsonParser.parseString(
                new String(file, 8, length, StandardCharsets.UTF_8)).getAsJsonObject();
        JsonArray offsets = header.getAsJsonObject(name).getAsJsonArray("data_offsets");
        int begin = offsets.get(0).getAsInt();
        return all.slice(8 + length + begin, offsets.get(1).getAsInt() - begin).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] convert(ByteBuffer floats, String dtype) {
        ByteBuffer out = ByteBuffer.allocate(2 * floats.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        while (floats.hasRemaining()) {
            int bits = floats.getInt();
            switch (dtype) {
                case "F32" -> out.putInt(bits);
                // A little more than the float, so that it is rounded back to it.
                case "F64" -> out.putDouble(Float.intBitsToFloat(bits) * (1 + 1e-12));
                case "BF16" -> out.putShort((short) (bits >>> 16));
                // The half of 10 bits, which is 0 where the number is small.
                case "F16" -> out.putShort(half(bits));
                default -> throw new IllegalArgumentException(dtype);
            }
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    private static short half(int bits) {
        int exponent = (bits >>> 23 & 0xFF) - 127 + 15;
        int magnitude = exponent <= 0 ? 0 : Math.min(exponent, 30) << 10 | bits >>> 13 & 0x3FF;
        return (short) (bits >>> 16 & 0x8000 | magnitude);
    }

    static void writeSafetensors(Path file, Map<String, Tensor> tensors) {
        JsonObject header = new JsonObject();
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        tensors.forEach((name, tensor) -> {
            JsonObject entry = new JsonObject();
            entry.addProperty("dtype", tensor.dtype);
            JsonArray shape = new JsonArray();
            tensor.shape.forEach(shape::add);
            entry.add("shape", shape);
            JsonArray offsets = new JsonArray();
            offsets.add(content.size());
            content.writeBytes(tensor.bytes);
            offsets.add(content.size());
            entry.add("data_offsets", offsets);
            header.add(name, entry);
        });
        writeRaw(file, header.toString().getBytes(StandardCharsets.UTF_8), content.toByteArray());
    }

    static void writeRaw(Path file, byte[] header, byte[] content) {
        ByteBuffer all = ByteBuffer.allocate(8 + header.length + content.length).order(ByteOrder.LITTLE_ENDIAN);
        all.putLong(header.length).put(header).put(content);
        try {
            Files.write(file, all.array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Three files and an index in place of the one file. */
    static void shard(Path folder) throws IOException {
        Map<String, Tensor> weights = weights(folder, "F32");
        Files.delete(folder.resolve("model.safetensors"));
        List<Map<String, Tensor>> shards = new ArrayList<>();
        JsonObject map = new JsonObject();
        for (int i = 0; i < 3; i++) {
            shards.add(new LinkedHashMap<>());
        }
        int next = 0;
        for (Map.Entry<String, Tensor> tensor : weights.entrySet()) {
            int shard = next++ * 7 % 3;
            shards.get(shard).put(tensor.getKey(), tensor.getValue());
            map.addProperty(tensor.getKey(), "part-" + shard + ".safetensors");
        }
        for (int i = 0; i < 3; i++) {
            writeSafetensors(folder.resolve("part-" + i + ".safetensors"), shards.get(i));
        }
        JsonObject index = new JsonObject();
        index.add("weight_map", map);
        write(folder.resolve("model.safetensors.index.json"), index.toString());
    }
}
