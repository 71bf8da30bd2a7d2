package io.demitasse.file;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The weights of a model as Hugging Face saves them: one safetensors file, or several and an index. The files are open
 * until it is closed.
 */
public final class SafetensorsFolder implements Closeable {

    private static final String WEIGHTS = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final List<String> OTHERS = List.of("pytorch_model.bin", "pytorch_model.bin.index.json",
            "tf_model.h5", "flax_model.msgpack");

    private final Path path;
    private final List<FileChannel> channels = new ArrayList<>();
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

    private SafetensorsFolder(Path path) {
        this.path = path;
    }

    /**
     * Opens the weights of a folder and checks all that stands about them, reading no tensor.
     *
     * @throws ModelFormatException if there are none, one cannot be read, or anything about them is off
     */
    public static SafetensorsFolder open(Path folder) {
        Path single = folder.resolve(WEIGHTS);
        Path index = folder.resolve(INDEX);
        boolean sharded = !Files.exists(single);
        if (sharded && !Files.exists(index)) {
            String other = OTHERS.stream().filter(name -> Files.exists(folder.resolve(name))).findFirst()
                    .map(name -> ", only " + name + ": save the model again with safe_serialization=True").orElse("");
            throw new ModelFormatException(folder, "holds neither " + WEIGHTS + " nor " + INDEX + other);
        }
        SafetensorsFolder weights = new SafetensorsFolder(sharded ? index : single);
        try {
            if (sharded) {
                weights.readShards(JsonFiles.readObject(index));
            } else {
                weights.read(single);
            }
            return weights;
        } catch (RuntimeException e) {
            weights.close();
            throw e;
        }
    }

    /** The file that lists the tensors: the index, or the only file. */
    public Path path() {
        return path;
    }

    /** All tensors by name, in the order of the files. */
    public Map<String, StoredTensor> tensors() {
        return tensors;
    }

    private void read(Path file) {
        try {
            FileChannel channel = FileChannel.open(file);
            channels.add(channel);
            SafetensorsFile.read(file, channel).forEach((name, tensor) -> {
                StoredTensor other = tensors.put(name, tensor);
                if (other != null) {
                    throw new ModelFormatException(file, "tensor " + name + " stands in " + other.file().getFileName()
                            + " too, expected it once");
                }
            });
        } catch (IOException e) {
            throw new ModelFormatException(file, "cannot be read: " + FlatFile.reason(e), e);
        }
    }

    private void readShards(JsonObject index) {
        JsonElement map = index.get("weight_map");
        if (map == null || !map.isJsonObject()) {
            throw ModelFormatException.of(path, "weight_map", "an object", map);
        }
        Map<String, String> places = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> entry : map.getAsJsonObject().entrySet()) {
            places.put(entry.getKey(), shard(entry.getKey(), entry.getValue()));
        }
        for (String shard : new TreeSet<>(places.values())) {
            Path file = path.resolveSibling(shard);
            if (!Files.exists(file)) {
                throw new ModelFormatException(file, "the shard is missing; " + INDEX + " lists it");
            }
            read(file);
        }
        places.forEach((name, shard) -> {
            StoredTensor tensor = tensors.get(name);
            if (tensor == null || !tensor.file().equals(path.resolveSibling(shard))) {
                throw new ModelFormatException(path.resolveSibling(shard), "tensor " + name + " is missing; " + INDEX
                        + " lists it there");
            }
        });
    }

    private String shard(String tensor, JsonElement value) {
        String name = value.isJsonPrimitive() && value.getAsJsonPrimitive().isString() ? value.getAsString() : "";
        // No way out of the folder, and nothing that a file system cannot hold.
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('/') >= 0 || name.indexOf('\\') >= 0
                || name.indexOf('\0') >= 0) {
            throw ModelFormatException.of(path, "tensor " + tensor, "the name of a file beside the index", value);
        }
        return name;
    }

    @Override
    public void close() {
        channels.forEach(FlatFile::closeQuietly);
        channels.clear();
    }
}
