package io.demitasse.model;

import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.TensorInfo;
import java.util.List;

/**
 * Reads the tensors of a layer, named by the layer's own name, and checks their shapes. For training it also lists the
 * parameters in the order in which they are read.
 */
final class Weights {

    private final FlatFile file;
    private final String prefix;
    private final List<Parameter> trained;

    private Weights(FlatFile file, String prefix, List<Parameter> trained) {
        this.file = file;
        this.prefix = prefix;
        this.trained = trained;
    }

    /** Weights that stay as they are. */
    static Weights of(FlatFile file) {
        return new Weights(file, "", null);
    }

    /** Weights that training changes; their parameters are added to the list. */
    static Weights trainable(FlatFile file, List<Parameter> parameters) {
        return new Weights(file, "", parameters);
    }

    boolean trainable() {
        return trained != null;
    }

    /** The weights of a part of this layer. */
    Weights of(String part) {
        return new Weights(file, prefix.isEmpty() ? part : prefix + "." + part, trained);
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

    /** A tensor that takes its gradient as a whole. */
    Parameter parameter(String part, Integer... shape) {
        TensorInfo tensor = checked(part, List.of(shape));
        return listed(Parameter.dense(tensor.name(), tensor.shape(), file.floats(tensor.name())));
    }

    /** An embedding table, {@code [rows, columns]}, which takes its gradient by rows. */
    Parameter table(String part, int rows, int columns) {
        TensorInfo tensor = checked(part, List.of(rows, columns));
        return listed(Parameter.table(tensor.name(), tensor.shape(), file.floats(tensor.name())));
    }

    private Parameter listed(Parameter parameter) {
        if (trainable()) {
            trained.add(parameter);
        }
        return parameter;
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
