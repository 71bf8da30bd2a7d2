package io.demitasse.model;

import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.TensorInfo;
import java.util.List;

/** Reads the tensors of a layer, named by the layer's own name, and checks their shapes. */
final class Weights {

    private final FlatFile file;
    private final String prefix;

    Weights(FlatFile file, String prefix) {
        this.file = file;
        this.prefix = prefix;
    }

    /** The weights of a part of this layer. */
    Weights of(String part) {
        return new Weights(file, prefix.isEmpty() ? part : prefix + "." + part);
    }

    /** The layer's name in the file. */
    String name() {
        return prefix;
    }

    float[] vector(String part, int length) {
        return file.floats(checked(part, List.of(length)).name());
    }

    float[] matrix(String part, int rows, int columns) {
        return file.floats(checked(part, List.of(rows, columns)).name());
    }

    boolean isInt8(String part) {
        return file.tensor(prefix + "." + part).dtype() == Dtype.I8;
    }

    byte[] int8(String part, int rows, int columns) {
        return file.bytes(checked(part, List.of(rows, columns)).name());
    }

    float[] scales(String part) {
        return file.floats(file.tensor(prefix + "." + part).scales());
    }

    private TensorInfo checked(String part, List<Integer> shape) {
        TensorInfo tensor = file.tensor(prefix + "." + part);
        if (!tensor.shape().equals(shape)) {
            throw ModelFormatException.of(file.path(), "tensor " + tensor.name() + ": shape", shape, tensor.shape());
        }
        return tensor;
    }
}
