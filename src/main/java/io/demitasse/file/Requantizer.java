package io.demitasse.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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
            metadata.put("dtype", name(dtype));
            return write(file, target, dtype, metadata);
        }
    }

    /** What metadata calls a form; {@code keep} where numbers stay as they are stored. */
    public static String name(@Nullable Dtype dtype) {
        return dtype == null ? "keep" : dtype == Dtype.I8 ? "int8" : dtype.name().toLowerCase(Locale.ROOT);
    }

    /**
     * Writes what {@code file} holds, one tensor at a time, so that the numbers are never all in memory.
     *
     * @param dtype F32, F16 or I8; null to keep what each tensor is
     * @param metadata what to write in place of the file's own
     * @throws IllegalArgumentException as {@link #convert}
     * @throws IOException if the target cannot be written
     */
    public static Result write(FlatFile file, Path target, @Nullable Dtype dtype, Map<String, String> metadata)
            throws IOException {
        if (dtype == Dtype.BF16 || dtype == Dtype.U8) {
            throw new IllegalArgumentException("numbers are written as F32, F16 or I8, not " + dtype);
        }
        FlatFileWriter writer = new FlatFileWriter(file.header().withMetadata(metadata));
        Set<String> scales = new HashSet<>();
        if (dtype != null) {
            file.tensors().forEach(tensor -> scales.add(tensor.scales()));
        }
        Changes changes = new Changes();
        for (TensorInfo tensor : file.tensors()) {
            if (!scales.contains(tensor.name())) {
                add(writer, file, tensor, dtype, changes);
            }
        }
        writer.write(target);
        return new Result(file.size(), Files.size(target), changes.largest, changes.tensor);
    }

    /** The largest so far. */
    private static final class Changes {

        private float largest;
        private @Nullable String tensor;

        void compare(String name, float[] before, float[] after) {
            for (int i = 0; i < before.length; i++) {
                float change = Math.abs(before[i] - after[i]);
                if (change > largest) {
                    largest = change;
                    tensor = name;
                }
            }
        }
    }

    private static void add(FlatFileWriter writer, FlatFile file, TensorInfo tensor, @Nullable Dtype dtype,
                            Changes changes) {
        String name = tensor.name();
        boolean matrix = tensor.shape().size() == 2 && tensor.elements() >= Quantization.SMALLEST;
        Dtype target = tensor.dtype() == Dtype.U8 || dtype == null ? tensor.dtype()
                : dtype == Dtype.I8 && !matrix ? Dtype.F32 : dtype;
        if (target == tensor.dtype()) {
            String scales = tensor.scales();
            writer.add(name, target, tensor.shape(), sink -> file.copy(tensor, sink), scales);
            if (scales != null && dtype != null) {
                TensorInfo info = file.tensor(scales);
                writer.add(scales, Dtype.F32, info.shape(), sink -> file.copy(info, sink), null);
            }
        } else if (target == Dtype.I8) {
            addQuantized(writer, file, tensor, changes);
        } else {
            writer.add(name, target, tensor.shape(), sink -> {
                float[] before = file.floats(name);
                if (target == Dtype.F16) {
                    byte[] halves = Halves.toHalves(name, before);
                    float[] after = new float[before.length];
                    Halves.toFloats(halves, after);
                    changes.compare(name, before, after);
                    sink.take(ByteBuffer.wrap(halves));
                } else {
                    FlatFileWriter.chunks(before, sink);
                }
            }, null);
        }
    }

    private static void addQuantized(FlatFileWriter writer, FlatFile file, TensorInfo tensor, Changes changes) {
        String name = tensor.name();
        String scalesName = name + ".scales";
        int rows = tensor.shape().get(0);
        float[] scales = new float[rows];
        writer.add(name, Dtype.I8, tensor.shape(), sink -> {
            float[] before = file.floats(name);
            Quantization.Int8 quantized = Quantization.toInt8(before, rows, tensor.shape().get(1));
            changes.compare(name, before, Quantization.toFloats(quantized.values(), quantized.scales()));
            System.arraycopy(FlatFileWriter.finite(name, quantized.scales()), 0, scales, 0, rows);
            sink.take(ByteBuffer.wrap(quantized.values()));
        }, scalesName);
        writer.add(scalesName, Dtype.F32, List.of(rows), sink -> FlatFileWriter.chunks(scales, sink), null);
    }
}
