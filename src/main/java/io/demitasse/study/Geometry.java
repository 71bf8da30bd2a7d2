package io.demitasse.study;

import io.demitasse.kernel.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * Where the tokens' hidden states lie at one depth. All of it is read off the Gram matrix {@code G = H H^T} of the
 * hidden states H, {@code [tokens, dim]}: lengths on its diagonal, cosines when rows and columns are divided by
 * these, and, once it is centred, the principal components (as in classical multidimensional scaling).
 */
public final class Geometry {

    private final double[][] gram;      // [tokens, tokens]
    private final PrincipalComponents components;

    private Geometry(double[][] gram, PrincipalComponents components) {
        this.gram = gram;
        this.components = components;
    }

    /**
     * Measures hidden states.
     *
     * @param hiddenStates {@code [tokens, dim]}
     * @param before the same tokens one block earlier, or null at the embeddings
     */
    static Geometry of(Matrix hiddenStates, @Nullable Geometry before) {
        int tokens = hiddenStates.rows();
        double[][] rows = new double[tokens][hiddenStates.columns()];
        for (int i = 0; i < tokens; i++) {
            for (int column = 0; column < rows[i].length; column++) {
                rows[i][column] = hiddenStates.get(i, column);
            }
        }
        double[][] gram = new double[tokens][tokens];
        for (int i = 0; i < tokens; i++) {
            for (int j = 0; j <= i; j++) {
                gram[i][j] = gram[j][i] = PrincipalComponents.dot(rows[i], rows[j]);
            }
        }
        return new Geometry(gram,
                PrincipalComponents.ofCentred(centred(gram), before == null ? null : before.components));
    }

    /** {@code G_ij - mean of row i - mean of row j + mean of all}: the Gram matrix of {@code H - mean of H}. */
    private static double[][] centred(double[][] gram) {
        int n = gram.length;
        double[] means = new double[n];
        double mean = 0;
        for (int i = 0; i < n; i++) {
            for (double value : gram[i]) {
                means[i] += value / n;
            }
            mean += means[i] / n;
        }
        double[][] centred = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                centred[i][j] = gram[i][j] - means[i] - means[j] + mean;
            }
        }
        return centred;
    }

    /** The length of each token's hidden state, {@code [tokens]}. */
    public double[] norms() {
        double[] norms = new double[gram.length];
        for (int i = 0; i < norms.length; i++) {
            norms[i] = Math.sqrt(gram[i][i]);
        }
        return norms;
    }

    /** The cosine of the angle between two tokens' hidden states, -1 to 1; 0 if one of them has no length. */
    public double cosine(int tokenA, int tokenB) {
        double lengths = Math.sqrt(gram[tokenA][tokenA] * gram[tokenB][tokenB]);
        return lengths == 0 ? 0 : gram[tokenA][tokenB] / lengths;
    }

    /** The tokens' hidden states seen along the two directions in which they differ most. */
    public PrincipalComponents components() {
        return components;
    }
}
