package io.demitasse.model;

import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Workspace;
import java.util.Arrays;

/**
 * Which tokens of a sequence look at the others in a block. A classifier reads the first token's last hidden state, so
 * in the last block only the first ones need to look: the others would be computed for nobody.
 */
enum Queries {
    ALL {
        @Override
        int rows(Batch batch) {
            return batch.tokens();
        }

        @Override
        int start(Batch batch, int sequence) {
            return batch.start(sequence);
        }

        @Override
        int count(Batch batch, int sequence) {
            return batch.length(sequence);
        }

        @Override
        Matrix of(Matrix hiddenStates, Batch batch, Workspace workspace) {
            return hiddenStates;
        }
    },
    FIRST {
        @Override
        int rows(Batch batch) {
            return batch.sequences();
        }

        @Override
        int start(Batch batch, int sequence) {
            return sequence;
        }

        @Override
        int count(Batch batch, int sequence) {
            return 1;
        }

        @Override
        Matrix of(Matrix hiddenStates, Batch batch, Workspace workspace) {
            Matrix first = workspace.matrix(batch.sequences(), hiddenStates.columns());
            for (int s = 0; s < batch.sequences(); s++) {
                System.arraycopy(hiddenStates.data(), hiddenStates.row(batch.start(s)), first.data(), first.row(s),
                        first.columns());
            }
            return first;
        }
    };

    /** How many tokens of the batch look. */
    abstract int rows(Batch batch);

    /** The first of a sequence's rows among those that look. */
    abstract int start(Batch batch, int sequence);

    /** How many tokens of a sequence look. */
    abstract int count(Batch batch, int sequence);

    /** The rows of those that look: {@code hiddenStates} itself, or a copy lent by the workspace. */
    abstract Matrix of(Matrix hiddenStates, Batch batch, Workspace workspace);

    /** Where the gradient of {@link #of}'s rows goes: {@code dHiddenStates} itself, or memory lent by the workspace. */
    Matrix gradientOf(Matrix dHiddenStates, Batch batch, Workspace workspace) {
        return this == ALL ? dHiddenStates : workspace.matrix(rows(batch), dHiddenStates.columns());
    }

    /** {@code dHiddenStates = gradient} where a token looks and 0 elsewhere: the way back of {@link #of}. */
    void spread(Matrix gradient, Matrix dHiddenStates, Batch batch) {
        if (this == ALL) {
            return;
        }
        for (int s = 0; s < batch.sequences(); s++) {
            for (int token = batch.start(s); token < batch.start(s + 1); token++) {
                int row = dHiddenStates.row(token);
                Arrays.fill(dHiddenStates.data(), row, row + dHiddenStates.columns(), 0f);
            }
            System.arraycopy(gradient.data(), gradient.row(s), dHiddenStates.data(),
                    dHiddenStates.row(batch.start(s)), gradient.columns());
        }
    }
}
