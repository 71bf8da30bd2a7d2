package io.demitasse.model;

import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that training changes, with its gradient. Layers read the values at every pass, so an optimiser may
 * change them in place without notifying the layers, and add to the gradient at every backward pass. Not thread-safe: it
 * belongs to one training.
 *
 * <p>An embedding table remembers which rows a backward pass has reached, since of 30,522 words a batch has a few
 * hundred: the others' gradients are zero and stay so.
 */
public final class Parameter {

    /** Columns that one task sums, at least and at most: as many as give each thread some. */
    private static final int COLUMNS = 128;
    private static final int MOST_COLUMNS = 512;

    private final String name;
    private final List<Integer> shape;
    private final float[] values;
    private final @Nullable BitSet rows;
    private final @Nullable BitSet everRows;
    private float @Nullable [] gradient;
    private boolean zero = true;

    private Parameter(String name, List<Integer> shape, float[] values, boolean table) {
        this.name = name;
        this.shape = List.copyOf(shape);
        this.values = values;
        this.rows = table ? new BitSet() : null;
        this.everRows = table ? new BitSet() : null;
    }

    static Parameter dense(String name, List<Integer> shape, float[] values) {
        return new Parameter(name, shape, values, false);
    }

    static Parameter table(String name, List<Integer> shape, float[] values) {
        return new Parameter(name, shape, values, true);
    }

    /** Hugging Face's name, as in the flat file. */
    public String name() {
        return name;
    }

    public List<Integer> shape() {
        return shape;
    }

    /** The values themselves, row-major; changing them changes the model. */
    public float[] values() {
        return values;
    }

    /** What backward passes have added up since {@link #zeroGradient}, as long as {@link #values()} and as ordered. */
    public float[] gradient() {
        if (zero && !isTable() && gradient != null) {
            Arrays.fill(gradient, 0f);
        }
        zero = false;
        return gradientArray();
    }

    /** Whether this is an embedding table, whose gradient has few rows that are not zero. */
    public boolean isTable() {
        return rows != null;
    }

    /** Of an embedding table: the rows whose gradient may not be zero now. Not to be changed; null for other tensors. */
    public @Nullable BitSet rows() {
        return rows;
    }

    /**
     * Of an embedding table: the rows whose gradient has not been zero in some step so far. A resumed training puts
     * its own rows here; null for other tensors.
     */
    public @Nullable BitSet everRows() {
        return everRows;
    }

    /** Sets the gradient to zero. It costs next to nothing: the next backward pass writes instead of adding. */
    public void zeroGradient() {
        if (isTable()) {
            int width = values.length / shape.get(0);
            for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
                Arrays.fill(gradient, row * width, (row + 1) * width, 0f);
            }
            rows.clear();
        }
        zero = true;
    }

    /** Notes that a backward pass adds to a row of this table. */
    void reach(int row) {
        rows.set(row);
        everRows.set(row);
    }

    /**
     * For a backward pass that computes all of a gradient: 0 if it must overwrite the array, whatever that holds, 1 if
     * it must add to it. A table has to be added to, and every row of it is reached.
     */
    float beta() {
        if (isTable()) {
            rows.set(0, shape.get(0));
            everRows.set(0, shape.get(0));
            return 1f;
        }
        float beta = zero ? 0f : 1f;
        zero = false;
        return beta;
    }

    /** The gradient's array as it is; see {@link #beta}. */
    float[] gradientArray() {
        if (gradient == null) {
            gradient = new float[values.length];
        }
        return gradient;
    }

    /** Adds the sum of the rows of {@code terms}, {@code [rows, values]}, from the first to the last. */
    void addColumnSums(Matrix terms, Kernels kernels, Workspace workspace) {
        float beta = beta();
        float[] sums = gradientArray();
        int share = (sums.length + workspace.parallel().threads() - 1) / workspace.parallel().threads();
        int most = Math.max(COLUMNS, Math.min(MOST_COLUMNS, (share + COLUMNS - 1) / COLUMNS * COLUMNS));
        workspace.runRanges(sums.length, most, (column, end, worker) -> {
            if (beta == 0) {
                Arrays.fill(sums, column, end, 0f);
            }
            for (int row = 0; row < terms.rows(); row++) {
                kernels.add(terms.data(), terms.row(row) + column, end - column, sums, column);
            }
        });
    }
}
