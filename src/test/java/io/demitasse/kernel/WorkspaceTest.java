package io.demitasse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class WorkspaceTest {

    private final Workspace workspace = new Workspace(new Parallel(1));

    @Test
    void matricesLentTogetherDoNotShareMemory() {
        Matrix[] matrices = new Matrix[20];
        for (int i = 0; i < matrices.length; i++) {
            matrices[i] = workspace.matrix(i + 1, 7);
            fill(matrices[i], i);
        }
        for (int i = 0; i < matrices.length; i++) {
            assertThat(matrices[i].toArray()).containsOnly(i).hasSize((i + 1) * 7);
        }
    }

    @Test
    void whatWasLentBeforeAMarkOutlivesItsReleaseEvenIfTheMemoryGrew() {
        Matrix before = workspace.matrix(2, 3);
        fill(before, 1);
        long mark = workspace.mark();
        fill(workspace.matrix(1000, 10), 2);
        workspace.release(mark);
        fill(workspace.matrix(500, 10), 3);
        fill(workspace.matrix(10, 10), 4);
        assertThat(before.toArray()).containsOnly(1);
    }

    @Test
    void theSamePassAgainTakesNoMoreMemoryThanItHasLentAtOnce() {
        pass();
        pass();
        long settled = workspace.size();
        long lent = 10 * 10 + 30 * 10 + 10 * 10 + 50;
        assertThat(settled).isBetween(lent, lent + 4 * CacheLine.FLOATS);
        for (int i = 0; i < 5; i++) {
            pass();
        }
        assertThat(workspace.size()).isEqualTo(settled);
    }

    @Test
    void memoryThatGrewInPiecesIsLetGoWithTheLastOfThem() {
        long mark = workspace.mark();
        for (int i = 0; i < 10; i++) {
            workspace.matrix(100, 10);
        }
        workspace.release(mark);
        assertThat(workspace.size()).isZero();
        workspace.matrix(1, 10);
        assertThat(workspace.size()).as("in one piece").isBetween(10_000L, 10_000L + 11 * CacheLine.FLOATS);
    }

    @Test
    void memoryThatIsReservedIsTakenAtOnce() {
        workspace.reserve(10_000);
        long reserved = workspace.size();
        assertThat(reserved).isBetween(10_000L, 10_000L + CacheLine.FLOATS);
        workspace.reserve(9_000);
        for (int i = 0; i < 5; i++) {
            pass();
        }
        assertThat(workspace.size()).isEqualTo(reserved + 50);
    }

    @Test
    void aPassThatLendsMoreThanIsReservedSettlesTogetherWithIt() {
        for (int i = 0; i < 5; i++) {
            workspace.reserve(100);
            Matrix first = workspace.matrix(1, 1);
            fill(first, i);
            pass();
            assertThat(first.get(0, 0)).isEqualTo(i);
            workspace.release(0);
        }
        long settled = workspace.size();
        workspace.reserve(100);
        pass();
        assertThat(workspace.size()).isEqualTo(settled);
    }

    private void pass() {
        long outer = workspace.mark();
        workspace.matrix(10, 10);
        for (int block = 0; block < 3; block++) {
            long mark = workspace.mark();
            workspace.matrix(30, 10);
            workspace.matrix(10, 10);
            workspace.scratch(0, 1, 50);
            workspace.release(mark);
        }
        workspace.release(outer);
    }

    @Test
    void viewsShareTheirMatrix() {
        Matrix matrix = workspace.matrix(3, 4);
        for (int i = 0; i < 12; i++) {
            matrix.data()[matrix.offset() + i] = i;
        }
        assertThat(workspace.columns(matrix, 1, 2).toArray()).containsExactly(1, 2, 5, 6, 9, 10);
        assertThat(workspace.rows(matrix, 1, 2).toArray()).containsExactly(4, 5, 6, 7, 8, 9, 10, 11);
        assertThatIllegalArgumentException().isThrownBy(() -> new Matrix(new float[5], 2, 3));
    }

    private static void fill(Matrix matrix, float value) {
        for (int row = 0; row < matrix.rows(); row++) {
            for (int column = 0; column < matrix.columns(); column++) {
                matrix.data()[matrix.row(row) + column] = value;
            }
        }
    }
}
