package io.demitasse.model;

import java.util.List;

/** Parameters without a model, for tests of what changes them. */
public final class TestParameters {

    private TestParameters() {
    }

    public static Parameter dense(String name, List<Integer> shape, float[] values) {
        return Parameter.dense(name, shape, values);
    }

    public static Parameter table(String name, List<Integer> shape, float[] values) {
        return Parameter.table(name, shape, values);
    }

    /** Adds to a row's gradient, as an embedding layer does. */
    public static void add(Parameter table, int row, float[] gradient) {
        table.reach(row);
        for (int i = 0; i < gradient.length; i++) {
            table.gradient()[row * gradient.length + i] += gradient[i];
        }
    }
}
