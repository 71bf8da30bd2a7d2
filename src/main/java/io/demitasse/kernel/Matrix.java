package io.demitasse.kernel;

/**
 * A view of {@code [rows, columns]} floats in an array, row-major. Row {@code i} starts at
 * {@code offset + i * stride}, so a view can be some columns of a wider matrix.
 */
public final class Matrix {

    private float[] data;
    private int offset;
    private int rows;
    private int columns;
    private int stride;

    /** A view of the whole of {@code data} as {@code [rows, columns]}. */
    public Matrix(float[] data, int rows, int columns) {
        reshape(data, 0, rows, columns, columns);
    }

    private Matrix() {
    }

    /** A new matrix of zeros. */
    public static Matrix zeros(int rows, int columns) {
        return new Matrix(new float[Math.multiplyExact(rows, columns)], rows, columns);
    }

    /** A view that {@link Workspace} lends again and again, over other memory each time. */
    static Matrix reusable() {
        return new Matrix();
    }

    Matrix reshape(float[] data, int offset, int rows, int columns, int stride) {
        if (offset < 0 || columns > stride || (rows > 0 && offset + (rows - 1L) * stride + columns > data.length)) {
            throw new IllegalArgumentException("a [" + rows + ", " + columns + "] view at " + offset + " with stride "
                    + stride + " does not fit into " + data.length + " floats");
        }
        this.data = data;
        this.offset = offset;
        this.rows = rows;
        this.columns = columns;
        this.stride = stride;
        return this;
    }

    /** The array this is a view of. */
    public float[] data() {
        return data;
    }

    /** Where row 0 starts in {@link #data()}. */
    public int offset() {
        return offset;
    }

    public int rows() {
        return rows;
    }

    public int columns() {
        return columns;
    }

    /** The distance from one row's start to the next one's. */
    public int stride() {
        return stride;
    }

    /** Where {@code row} starts in {@link #data()}. */
    public int row(int row) {
        return offset + row * stride;
    }

    public float get(int row, int column) {
        return data[row(row) + column];
    }

    /** A copy of the values, {@code [rows * columns]}, row after row. */
    public float[] toArray() {
        float[] copy = new float[rows * columns];
        for (int i = 0; i < rows; i++) {
            System.arraycopy(data, row(i), copy, i * columns, columns);
        }
        return copy;
    }

    /** A matrix of its own with the values of {@code count} rows. */
    public Matrix copyOfRows(int first, int count) {
        float[] copy = new float[count * columns];
        for (int i = 0; i < count; i++) {
            System.arraycopy(data, row(first + i), copy, i * columns, columns);
        }
        return new Matrix(copy, count, columns);
    }

    @Override
    public String toString() {
        return "Matrix[" + rows + ", " + columns + "]";
    }
}
