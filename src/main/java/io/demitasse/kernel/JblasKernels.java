package io.demitasse.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jblas.NativeBlas;
import org.jblas.util.Logger;

/**
 * jblas's native sgemm (OpenBLAS) for the matrix products, the shared Java loops for the rest. Work is cut by the
 * shape of the matrices alone, so results do not depend on the number of threads; they may depend, in the last bits,
 * on how many rows go through together.
 */
final class JblasKernels implements Kernels {

    private static final int WIDTH = 192;
    private static final int HEIGHT = 128;
    /** Above jblas's own highest level, so nothing is printed while it loads. */
    private static final int SILENT = Logger.ERROR + 1;
    private static final String LIBRARY = "/lib/static/%s/%s/libjblas.so";

    private record JblasWeight(float[] data, int out, int in) implements Weight {
    }

    /**
     * Loads the native library and multiplies two numbers.
     *
     * @throws LinkageError if the library cannot be unpacked or linked here; {@link #whyNot()} finds out more
     */
    JblasKernels() {
        Logger.getLogger().setLevel(SILENT);
        try {
            float[] product = new float[1];
            NativeBlas.sgemm('N', 'N', 1, 1, 1, 1f, new float[] {2f}, 0, 1, new float[] {3f}, 0, 1, 0f, product, 0, 1);
            if (product[0] != 6f) {
                throw new LinkageError("its sgemm says that 2 times 3 is " + product[0]);
            }
        } finally {
            // At its usual level, INFO, jblas would still tell of the files it deletes when the JVM ends.
            Logger.getLogger().setLevel(Logger.WARNING);
        }
    }

    /**
     * Why the native library does not load. jblas keeps that to itself, so this unpacks the library once more and
     * asks the linker.
     */
    static String whyNot() {
        String os = System.getProperty("os.name");
        String arch = System.getProperty("os.arch");
        String resource = String.format(LIBRARY, os, arch.equals("amd64") ? arch + "/sse3" : arch);
        Path file = null;
        try (InputStream library = NativeBlas.class.getResourceAsStream(resource)) {
            if (library == null) {
                return "jblas has no native library for " + os + " " + arch + " that could be tried";
            }
            file = Files.createTempFile("jblas", ".so");
            Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
            System.load(file.toString());
            return "jblas did not load its native library when it was first used in this JVM";
        } catch (IOException e) {
            return "jblas cannot unpack its native library into " + System.getProperty("java.io.tmpdir") + ": "
                    + e.getMessage();
        } catch (UnsatisfiedLinkError e) {
            if (e.getMessage().contains("libgfortran.so.5")) {
                return "jblas's native library needs libgfortran.so.5, which is not installed "
                        + "(Debian, Ubuntu: apt-get install libgfortran5; Fedora: dnf install libgfortran)";
            }
            return "jblas's native library does not link: " + e.getMessage();
        } finally {
            if (file != null) {
                file.toFile().delete();
            }
        }
    }

    @Override
    public String name() {
        return "jblas";
    }

    @Override
    public Weight weight(float[] weight, int out, int in) {
        return new JblasWeight(weight, out, in);
    }

    @Override
    public void linear(Matrix x, Weight weight, float[] bias, Activation activation, Matrix y, Workspace workspace) {
        JblasWeight w = (JblasWeight) weight;
        int columnBlocks = (w.out + WIDTH - 1) / WIDTH;
        int rowBlocks = (x.rows() + HEIGHT - 1) / HEIGHT;
        workspace.parallel().run(rowBlocks * columnBlocks, (index, worker) -> {
            int row = index / columnBlocks * HEIGHT;
            int rows = Math.min(HEIGHT, x.rows() - row);
            int column = index % columnBlocks * WIDTH;
            int width = Math.min(WIDTH, w.out - column);
            for (int r = row; r < row + rows; r++) {
                System.arraycopy(bias, column, y.data(), y.row(r) + column, width);
            }
            gemm(false, true, rows, width, w.in, 1f, x.data(), x.row(row), x.stride(), w.data, column * w.in, w.in,
                    1f, y.data(), y.row(row) + column, y.stride());
            for (int r = row; r < row + rows; r++) {
                activate(activation, y.data(), y.row(r) + column, width);
            }
        });
    }

    /** BLAS sees a row-major matrix as its transpose, so it computes the transposed product: c^T = op(b)^T op(a)^T. */
    @Override
    public void gemm(boolean transposeA, boolean transposeB, int m, int n, int k,
                     float alpha, float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb,
                     float beta, float[] c, int cOffset, int ldc) {
        NativeBlas.sgemm(transposeB ? 'T' : 'N', transposeA ? 'T' : 'N', n, m, k,
                alpha, b, bOffset, ldb, a, aOffset, lda, beta, c, cOffset, ldc);
    }
}
