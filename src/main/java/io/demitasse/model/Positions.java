package io.demitasse.model;

import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.Arrays;
import java.util.List;

/**
 * Which tokens of a batch a head reads, in the order of their sequences. In the last block only these need to look at
 * the others (to be queries of the attention): the rest would be computed for nobody.
 */
public final class Positions {

    /** What a head reads of a sequence. */
    public enum Kind {
        /** Every token. */
        ALL,
        /** The first token, {@code [CLS]}. */
        FIRST,
        /** Chosen tokens, such as the masked ones. */
        CHOSEN
    }

    private static final int[] NONE = {};

    private final Kind kind;
    private final Batch batch;
    private final int[] tokens;     // of CHOSEN
    private final int[] starts;     // of CHOSEN: a sequence's tokens are tokens[starts[s]] to tokens[starts[s + 1] - 1]

    private Positions(Kind kind, Batch batch, int[] tokens, int[] starts) {
        this.kind = kind;
        this.batch = batch;
        this.tokens = tokens;
        this.starts = starts;
    }

    /** All tokens of a batch. */
    public static Positions all(Batch batch) {
        return new Positions(Kind.ALL, batch, NONE, NONE);
    }

    /** The first token of each of a batch's sequences. */
    public static Positions first(Batch batch) {
        return new Positions(Kind.FIRST, batch, NONE, NONE);
    }

    /**
     * Chosen tokens.
     *
     * @param places which tokens of each of the batch's sequences, counted within it, in rising order; may be none
     * @throws IllegalArgumentException if there is no such token, or they do not rise
     */
    public static Positions at(Batch batch, List<int[]> places) {
        int[] starts = new int[batch.sequences() + 1];
        int[] tokens = new int[places.stream().mapToInt(some -> some.length).sum()];
        int count = 0;
        for (int s = 0; s < batch.sequences(); s++) {
            int last = -1;
            for (int place : places.get(s)) {
                if (place <= last || place >= batch.length(s)) {
                    throw new IllegalArgumentException("sequence " + s + " of " + batch.length(s)
                            + " tokens cannot be read at " + Arrays.toString(places.get(s)));
                }
                last = place;
                tokens[count++] = batch.start(s) + place;
            }
            starts[s + 1] = count;
        }
        return new Positions(Kind.CHOSEN, batch, tokens, starts);
    }

    /** How many tokens are read. */
    public int rows() {
        return start(batch.sequences());
    }

    /** A sequence's first row among those that are read; for the number of sequences, the number of rows. */
    public int start(int sequence) {
        return switch (kind) {
            case ALL -> batch.start(sequence);
            case FIRST -> sequence;
            case CHOSEN -> starts[sequence];
        };
    }

    /** How many tokens of a sequence are read. */
    public int count(int sequence) {
        return start(sequence + 1) - start(sequence);
    }

    /** The token, counted through the batch, that a row is of. */
    private int token(int row) {
        return switch (kind) {
            case ALL -> row;
            case FIRST -> batch.start(row);
            case CHOSEN -> tokens[row];
        };
    }

    /** The rows that are read, {@code [rows, dim]}: {@code hiddenStates} itself, or a copy lent by the workspace. */
    Matrix of(Matrix hiddenStates, Workspace workspace) {
        if (kind == Kind.ALL) {
            return hiddenStates;
        }
        Matrix some = workspace.matrix(rows(), hiddenStates.columns());
        for (int row = 0; row < some.rows(); row++) {
            System.arraycopy(hiddenStates.data(), hiddenStates.row(token(row)), some.data(), some.row(row),
                    some.columns());
        }
        return some;
    }

    /** Where the gradient of {@link #of}'s rows goes: {@code dHiddenStates} itself, or memory lent by the workspace. */
    Matrix gradientOf(Matrix dHiddenStates, Workspace workspace) {
        return kind == Kind.ALL ? dHiddenStates : workspace.matrix(rows(), dHiddenStates.columns());
    }

    /** {@code dHiddenStates = gradient} where a token is read and 0 elsewhere: the way back of {@link #of}. */
    void spread(Matrix gradient, Matrix dHiddenStates) {
        if (kind == Kind.ALL) {
            return;
        }
        for (int token = 0; token < batch.tokens(); token++) {
            int row = dHiddenStates.row(token);
            Arrays.fill(dHiddenStates.data(), row, row + dHiddenStates.columns(), 0f);
        }
        for (int row = 0; row < gradient.rows(); row++) {
            System.arraycopy(gradient.data(), gradient.row(row), dHiddenStates.data(), dHiddenStates.row(token(row)),
                    gradient.columns());
        }
    }
}
