package io.demitasse.file;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Checks a flat file's table of tensors before anything relies on it. */
final class TensorTable {

    /** What one array can hold. */
    private static final int LARGEST_TENSOR = Integer.MAX_VALUE - 8;

    private final Path path;
    private final Map<String, TensorInfo> tensors;

    private TensorTable(Path path, Map<String, TensorInfo> tensors) {
        this.path = path;
        this.tensors = tensors;
    }

    /**
     * Checks sizes, places and scales.
     *
     * @param firstByte where the header ends
     * @param fileSize where the file does
     */
    static void check(Path path, Map<String, TensorInfo> tensors, long firstByte, long fileSize) {
        TensorTable table = new TensorTable(path, tensors);
        for (TensorInfo tensor : tensors.values()) {
            table.checkExtent(tensor, firstByte, fileSize);
            table.checkScales(tensor);
        }
        table.checkOverlaps();
    }

    private void checkExtent(TensorInfo tensor, long firstByte, long fileSize) {
        String what = "tensor " + tensor.name() + ": ";
        long expected;
        try {
            expected = Math.multiplyExact(tensor.elements(), tensor.dtype().bytes());
        } catch (ArithmeticException e) {
            throw new ModelFormatException(path, what + "its shape " + tensor.shape() + " is too large", e);
        }
        if (tensor.bytes() != expected) {
            throw ModelFormatException.of(path, what + "bytes",
                    expected + " for " + tensor.dtype() + " " + tensor.shape(), tensor.bytes());
        }
        if (tensor.bytes() > LARGEST_TENSOR) {
            throw ModelFormatException.of(path, what + "bytes", "at most " + LARGEST_TENSOR, tensor.bytes());
        }
        if (tensor.offset() % FlatHeader.ALIGNMENT != 0) {
            throw ModelFormatException.of(path, what + "offset", "a multiple of " + FlatHeader.ALIGNMENT,
                    tensor.offset());
        }
        if (tensor.offset() < firstByte) {
            throw ModelFormatException.of(path, what + "offset", "at least " + firstByte + ", behind the header",
                    tensor.offset());
        }
        if (tensor.offset() > fileSize - tensor.bytes()) {
            throw ModelFormatException.of(path, what + "the file's size (is it cut off?)",
                    "at least " + tensor.offset() + " + " + tensor.bytes() + " bytes", fileSize);
        }
    }

    private void checkScales(TensorInfo tensor) {
        if (tensor.dtype() != Dtype.I8) {
            return;
        }
        String what = "tensor " + tensor.name() + ": ";
        TensorInfo scales = tensor.scales() == null ? null : tensors.get(tensor.scales());
        if (scales == null) {
            throw ModelFormatException.of(path, what + "scales", "the name of a tensor in this file", tensor.scales());
        }
        List<Integer> expected = tensor.shape().isEmpty() ? List.of() : List.of(tensor.shape().get(0));
        if (scales.dtype() != Dtype.F32 || !scales.shape().equals(expected)) {
            throw ModelFormatException.of(path, what + "its scales " + scales.name(),
                    "F32 " + expected, scales.dtype() + " " + scales.shape());
        }
    }

    private void checkOverlaps() {
        List<TensorInfo> inOrder = new ArrayList<>(tensors.values());
        inOrder.removeIf(tensor -> tensor.bytes() == 0);
        inOrder.sort(Comparator.comparingLong(TensorInfo::offset));
        for (int i = 1; i < inOrder.size(); i++) {
            TensorInfo before = inOrder.get(i - 1);
            TensorInfo after = inOrder.get(i);
            if (before.offset() + before.bytes() > after.offset()) {
                throw ModelFormatException.of(path, "tensor " + after.name() + " overlaps " + before.name()
                        + ": offset", "at least " + (before.offset() + before.bytes()), after.offset());
            }
        }
    }
}
