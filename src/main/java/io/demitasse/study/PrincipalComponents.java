package io.demitasse.study;

import org.jspecify.annotations.Nullable;

/**
 * The first two principal components of some points (Pearson 1901), found by power iteration on the Gram matrix of the
 * centred points, {@code G = X X^T}: if {@code G u = lambda u}, then {@code sqrt(lambda) u} are the points' coordinates
 * along that component.
 */
public final class PrincipalComponents {

    /** How many components there are: a page has two dimensions. */
    public static final int COUNT = 2;

    private static final int ITERATIONS = 300;
    private static final double CONVERGED = 1e-12;

    private final double[][] coordinates = new double[COUNT][];   // [component, points]
    private final double[] explained = new double[COUNT];

    private PrincipalComponents() {
    }

    /**
     * Finds the components. A component's sign means nothing; it is chosen so that pictures of the same points can be
     * laid side by side.
     *
     * @param gram {@code [points, points]}; overwritten
     * @param before components of the same points that these should point the same way as, or null
     */
    static PrincipalComponents ofCentred(double[][] gram, @Nullable PrincipalComponents before) {
        PrincipalComponents result = new PrincipalComponents();
        double total = 0;
        for (int i = 0; i < gram.length; i++) {
            total += gram[i][i];
        }
        for (int component = 0; component < COUNT; component++) {
            double[] u = longestRow(gram);
            double lambda = iterate(gram, u);
            result.explained[component] = total > 0 ? lambda / total : 0;
            boolean turn = before != null && dot(u, before.coordinates[component]) < 0;
            result.coordinates[component] = scaled(u, (turn ? -1 : 1) * Math.sqrt(lambda));
            deflate(gram, lambda, u);
        }
        return result;
    }

    /** {@code u = G u / |G u|} until it stands still; gives the eigenvalue. */
    private static double iterate(double[][] gram, double[] u) {
        int n = u.length;
        double[] next = new double[n];
        double lambda = 0;
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            for (int i = 0; i < n; i++) {
                next[i] = dot(gram[i], u);
            }
            lambda = length(next);
            if (lambda == 0) {
                return 0;
            }
            double change = 0;
            for (int i = 0; i < n; i++) {
                double value = next[i] / lambda;
                change += (value - u[i]) * (value - u[i]);
                u[i] = value;
            }
            if (change < CONVERGED) {
                break;
            }
        }
        return lambda;
    }

    /** Takes out what lies along u, so that the next iteration finds the next component. */
    private static void deflate(double[][] gram, double lambda, double[] u) {
        for (int i = 0; i < u.length; i++) {
            for (int j = 0; j < u.length; j++) {
                gram[i][j] -= lambda * u[i] * u[j];
            }
        }
    }

    /** A start that has a part of the largest component in it, and is always the same. */
    private static double[] longestRow(double[][] gram) {
        int longest = 0;
        for (int i = 1; i < gram.length; i++) {
            if (gram[i][i] > gram[longest][longest]) {
                longest = i;
            }
        }
        double[] row = gram[longest].clone();
        double length = length(row);
        return length == 0 ? row : scaled(row, 1 / length);
    }

    private static double length(double[] vector) {
        return Math.sqrt(dot(vector, vector));
    }

    /** In four sums: one alone would wait for its own last addition at every step. */
    static double dot(double[] a, double[] b) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 3 < a.length; i += 4) {
            s0 += a[i] * b[i];
            s1 += a[i + 1] * b[i + 1];
            s2 += a[i + 2] * b[i + 2];
            s3 += a[i + 3] * b[i + 3];
        }
        for (; i < a.length; i++) {
            s0 += a[i] * b[i];
        }
        return s0 + s1 + s2 + s3;
    }

    private static double[] scaled(double[] vector, double scale) {
        double[] scaled = new double[vector.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = vector[i] * scale;
        }
        return scaled;
    }

    /** The points' coordinates along a component, 0 or 1: {@code [points]}; a copy. */
    public double[] coordinates(int component) {
        return coordinates[component].clone();
    }

    /** The component's share of the points' variance, 0 to 1. */
    public double explained(int component) {
        return explained[component];
    }
}
