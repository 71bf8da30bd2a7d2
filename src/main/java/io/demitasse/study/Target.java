package io.demitasse.study;

import io.demitasse.kernel.Matrix;
import java.util.List;

/**
 * A number of a model's outputs that can be explained: the sum of one or more of them. A label is one logit of a text's
 * only row, a token's label one logit of the token's row, and a span of an answer two: that it starts at one token, and
 * that it ends at another.
 *
 * @param name what it is called, such as the label
 * @param cells which outputs are summed
 * @param readsPlaces whether rows stand for tokens by their places, and not for the whole text
 */
public record Target(String name, List<Cell> cells, boolean readsPlaces) {

    /**
     * One output.
     *
     * @param row of a sequence's rows
     * @param column a label's number, say
     */
    public record Cell(int row, int column) {
    }

    /** Keeps a copy of the list. */
    public Target {
        cells = List.copyOf(cells);
    }

    /** A text's label. */
    public static Target label(String name, int label) {
        return new Target(name, List.of(new Cell(0, label)), false);
    }

    /** The label of one token, counted with the special ones. */
    public static Target tokenLabel(int token, String name, int label) {
        return new Target(name, List.of(new Cell(token, label)), true);
    }

    /** That an answer starts at one token and ends at another, counted with the special ones. */
    public static Target span(int start, int end, String answer) {
        return new Target(answer, List.of(new Cell(start, 0), new Cell(end, 1)), true);
    }

    /** A word in place of a mask, where masks alone are read. */
    public static Target word(int mask, String word, int id) {
        return new Target(word, List.of(new Cell(mask, id)), true);
    }

    /** Its value, for a sequence whose rows start at {@code first}. */
    double of(Matrix outputs, int first) {
        double sum = 0;
        for (Cell cell : cells) {
            sum += outputs.get(first + cell.row, cell.column);
        }
        return sum;
    }

    /** Adds its gradient by the outputs: 1 for each of its cells. */
    void addGradient(Matrix gradient, int first) {
        for (Cell cell : cells) {
            gradient.data()[gradient.row(first + cell.row) + cell.column] += 1;
        }
    }
}
