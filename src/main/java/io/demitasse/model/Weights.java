package io.demitasse.model;

import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.TensorInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the tensors of a layer, named by the layer's own name, and checks their shapes. For training it also lists the
 * parameters in the order in which they are read.
 */
final class Weights {

    private final FlatFile file;
    private final String prefix;
    private final @Nullable List<Parameter> trained;
    private final @Nullable Random drawn;       // what draws a parameter that the file has not, or not in its shape
    private final float range;

    private Weights(FlatFile file, String prefix, @Nullable List<Parameter> trained, @Nullable Random drawn,
                    float range) {
        this.file = file;
        this.prefix = prefix;
        this.trained = trained;
        this.drawn = drawn;
        this.range = range;
    }

    /** Weights that stay as they are. */
    static Weights of(FlatFile file) {
        return new Weights(file, "", null, null, 0);
    }

    /** Weights that training changes; their parameters are added to the list. */
    static Weights trainable(FlatFile file, List<Parameter> parameters) {
        return new Weights(file, "", parameters, null, 0);
    }

    /**
     * These weights, of which a parameter that is missing or has another shape is drawn: a matrix from a normal
     * distribution with the standard deviation {@code range}, anything else as a new layer has it.
     */
    Weights drawing(Random random, float range) {
        return new Weights(file, prefix, trained, random, range);
    }

    boolean trainable() {
        return trained != null;
    }

    /** The weights of a part of this layer. */
    Weights of(String part) {
        return new Weights(file, prefix.isEmpty() ? part : prefix + "." + part, trained, drawn, range);
    }

    /** The layer's name in the file. */
    String name() {
        return prefix;
    }

    boolean has(String part) {
        return file.has(prefix + "." + part);
    }

    float[] vector(String part, int length) {
        return file.floats(checked(part, List.of(length)).name());
    }

    float[] matrix(String part, int rows, int columns) {
        return file.floats(checked(part, List.of(rows, columns)).name());
    }

    /** A tensor that takes its gradient as a whole. */
    Parameter parameter(String part, Integer... shape) {
        String name = prefix + "." + part;
        if (drawn != null && !(file.has(name) && file.tensor(name).shape().equals(List.of(shape)))) {
            return listed(Parameter.dense(name, List.of(shape), draw(part, shape)));
        }
        TensorInfo tensor = checked(part, List.of(shape));
        return listed(Parameter.dense(tensor.name(), tensor.shape(), file.floats(tensor.name())));
    }

    private float[] draw(String part, Integer... shape) {
        float[] values = new float[Stream.of(shape).reduce(1, Math::multiplyExact)];
        for (int i = 0; shape.length == 2 && i < values.length; i++) {
            values[i] = (float) (range * drawn.nextGaussian());
        }
        if (shape.length == 1 && part.equals("weight")) {
            Arrays.fill(values, 1f);   // LayerNorm's
        }
        return values;
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
