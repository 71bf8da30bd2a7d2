package io.demitasse.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.demitasse.kernel.Matrix;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GeometryTest {

    private static Matrix matrix(int columns, double... values) {
        Matrix matrix = Matrix.zeros(values.length / columns, columns);
        for (int i = 0; i < values.length; i++) {
            matrix.data()[i] = (float) values[i];
        }
        return matrix;
    }

    @Test
    void lengthsAndCosines() {
        Geometry geometry = Geometry.of(matrix(2, 3, 4, -6, -8, 0, 2, 0, 0), null);

        assertThat(geometry.norms()).containsExactly(5, 10, 2, 0);
        assertThat(geometry.cosine(0, 1)).isEqualTo(-1);
        assertThat(geometry.cosine(0, 2)).isCloseTo(0.8, within(1e-12));
        assertThat(geometry.cosine(0, 3)).isZero();
    }

    /** Points on an ellipse in a plane of a space of 20 dimensions: both axes are found, and nothing is left. */
    @Test
    void principalComponentsOfAnEllipse() {
        Random random = new Random(1);
        double[] u = random.doubles(20, -1, 1).toArray();
        double[] v = random.doubles(20, -1, 1).toArray();
        orthonormalize(u, v);
        double[] values = new double[40 * 20];
        for (int point = 0; point < 40; point++) {
            double angle = 2 * Math.PI * point / 40;
            for (int i = 0; i < 20; i++) {
                values[point * 20 + i] = 7 + 3 * Math.cos(angle) * u[i] + Math.sin(angle) * v[i];
            }
        }
        PrincipalComponents components = Geometry.of(matrix(20, values), null).components();

        assertThat(components.explained(0)).isCloseTo(0.9, within(1e-5));
        assertThat(components.explained(1)).isCloseTo(0.1, within(1e-5));
        for (int point = 0; point < 40; point++) {
            double angle = 2 * Math.PI * point / 40;
            assertThat(Math.abs(components.coordinates(0)[point]))
                    .isCloseTo(Math.abs(3 * Math.cos(angle)), within(1e-4));
            assertThat(Math.abs(components.coordinates(1)[point])).isCloseTo(Math.abs(Math.sin(angle)), within(1e-4));
        }
    }

    private static void orthonormalize(double[] u, double[] v) {
        normalize(u);
        double product = 0;
        for (int i = 0; i < u.length; i++) {
            product += u[i] * v[i];
        }
        for (int i = 0; i < u.length; i++) {
            v[i] -= product * u[i];
        }
        normalize(v);
    }

    private static void normalize(double[] vector) {
        double squares = 0;
        for (double value : vector) {
            squares += value * value;
        }
        for (int i = 0; i < vector.length; i++) {
            vector[i] /= Math.sqrt(squares);
        }
    }

    @Test
    void componentsPointTheSameWayAtEveryDepth() {
        Matrix points = matrix(3, new Random(2).doubles(30, -1, 1).toArray());
        Matrix mirrored = matrix(3, new Random(2).doubles(30, -1, 1).map(value -> -value).toArray());
        Geometry first = Geometry.of(points, null);
        Geometry second = Geometry.of(mirrored, first);

        for (int component = 0; component < PrincipalComponents.COUNT; component++) {
            double[] a = first.components().coordinates(component);
            double[] b = second.components().coordinates(component);
            double product = 0;
            for (int i = 0; i < a.length; i++) {
                product += a[i] * b[i];
            }
            assertThat(product).isPositive();
        }
    }

    @Test
    void onePointHasNoComponents() {
        PrincipalComponents components = Geometry.of(matrix(3, 1, 2, 3), null).components();

        assertThat(components.coordinates(0)).containsExactly(0);
        assertThat(components.explained(0)).isZero();
    }
}
