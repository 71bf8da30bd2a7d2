package io.demitasse.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes a flat file again with its numbers in another form. */
public final class Requantizer {

    /**
     * What was done.
     *
     * @param largestChange the largest difference between a number before and after
     * @param changedTensor where that was; null if nothing changed
     */
    public record Result(long bytesBefore, long bytesAfter, float largestChange, @Nullable String changedTensor) {
    }

    private Requantizer() {
    }

    /**
     * Copies {@code source} to {@code target}. As I8, matrices of at least 65,536 numbers become bytes and everything
     * else F32, as in tools/convert.py; a matrix that is I8 already is kept as it is.
     *
     * @param dtype F32, F16 or I8
     * @throws IllegalArgumentException if a number does not fit into {@code dtype}, there is no such form, or source and
     *     target are the same file
     * @throws ModelFormatException if the source is damaged
     * @throws IOException if the target cannot be written
     */
    public static Result convert(Path source, Path target, Dtype dtype) throws IOException {
        WholeFile.check(target, WholeFile.Kind.FLAT, source);
        try (FlatFile file = FlatFile.open(source)) {
            Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
            metadata.put("dtype", dtype == Dtype.I8 ? "int8" : dtype.name().toLowerCase(java.util.Locale.ROOT));
            FlatFileWriter writer = new FlatFileWriter(file.config(), file.tokenizer(), file.labels(), metadata);
            Set<String> scales = new HashSet<>();
            file.tensors().forEach(tensor -> scales.add(tensor.scales()));
            float largest = 0;
            String where = null;
            for (TensorInfo tensor : file.tensors()) {
                if (scales.contains(tensor.name())) {
                    continue;
                }
                float change = add(writer, file, tensor, dtype);
                if (change > largest) {
                    largest = change;
                    where = tensor.name();
                }
            }
            writer.write(target);
            return new Result(file.size(), target.toFile().length(), largest, where);
        }
    }

    private static float add(FlatFileWriter writer, FlatFile file, TensorInfo tensor, Dtype dtype) {
        String name = tensor.name();
        if (tensor.dtype() == Dtype.U8) {
            writer.bytes(name, file.bytes(name));
            return 0;
        }
        boolean toBytes = dtype == Dtype.I8 && tensor.shape().size() == 2
                && tensor.elements() >= Quantization.SMALLEST;
        if (toBytes && tensor.dtype() == Dtype.I8) {
            writer.int8(name, tensor.shape(), new Quantization.Int8(file.bytes(name), file.floats(tensor.scales())));
            return 0;
        }
        float[] before = file.floats(name);
        if (toBytes) {
            int rows = tensor.shape().get(0);
            Quantization.Int8 quantized = Quantization.toInt8(before, rows, tensor.shape().get(1));
            writer.int8(name, tensor.shape(), quantized);
            return largestDifference(before, Quantization.toFloats(quantized.values(), quantized.scales()));
        }
        writer.floats(name, tensor.shape(), before, dtype == Dtype.I8 ? Dtype.F32 : dtype);
        float[] after = before.clone();
        if (dtype == Dtype.F16) {
            for (int i = 0; i < after.length; i++) {
                after[i] = Halves.fromHalf(Halves.toHalf(after[i]));
            }
        }
        return largestDifference(before, after);
    }

    private static float largestDifference(float[] before, float[] after) {
        float largest = 0;
        for (int i = 0; i < before.length; i++) {
            largest = Math.max(largest, Math.abs(before[i] - after[i]));
        }
        return largest;
    }
}
