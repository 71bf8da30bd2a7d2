package io.demitasse.file;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Just enough of the safetensors format to read F32 tensors from a file that is known to be sound. */
final class Safetensors {

    record Tensor(List<Integer> shape, float[] floats) {
    }

    private Safetensors() {
    }

    static Map<String, Tensor> read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int length = (int) bytes.getLong();
        JsonObject header = JsonParser.parseString(new String(bytes.array(), 8, length, StandardCharsets.UTF_8))
                .getAsJsonObject();
        header.remove("__metadata__");
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        header.entrySet().forEach(entry -> {
            JsonObject row = entry.getValue().getAsJsonObject();
            List<Integer> shape = new ArrayList<>();
            row.getAsJsonArray("shape").forEach(dimension -> shape.add(dimension.getAsInt()));
            int start = row.getAsJsonArray("data_offsets").get(0).getAsInt();
            int end = row.getAsJsonArray("data_offsets").get(1).getAsInt();
            float[] floats = new float[(end - start) / 4];
            bytes.slice(8 + length + start, end - start).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
            tensors.put(entry.getKey(), new Tensor(shape, floats));
        });
        return tensors;
    }
}
