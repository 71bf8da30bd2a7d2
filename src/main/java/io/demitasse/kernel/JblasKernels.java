package io.demitasse.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jblas.NativeBlas;
import org.jblas.util.Logger;

/**
 * jblas's native sgemm (OpenBLAS) for linear layers, the plain Java loops for the rest. Two things about jblas bound what
 * this can be: only one thread may be in it at a time, and each call copies the arrays it is given, whole, into native
 * memory and back. So it pays for many tokens at once, and products as small as attention's stay in Java. Results do not
 * depend on the number of threads; they may depend, in the last bits, on how many rows go through together.
 */
final class JblasKernels implements Kernels {

    /** Rows a call takes: enough to make its copies worth it, few enough that the copies stay small. */
    private static final int HEIGHT = 512;
    /** Above jblas's own highest level, so nothing is printed while it loads. */
    private static final int SILENT = Logger.ERROR + 1;
    private static final String LIBRARY = "/lib/static/%s/%s/libjblas.so";

    private final Kernels plain = new PlainKernels();

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
        for (int first = 0; first < x.rows(); first += HEIGHT) {
            int rows = Math.min(HEIGHT, x.rows() - first);
            float[] input = workspace.scratch(0, 0, rows * w.in);     // [rows, in]
            float[] output = workspace.scratch(0, 1, rows * w.out);   // [rows, out]
            for (int r = 0; r < rows; r++) {
                System.arraycopy(x.data(), x.row(first + r), input, r * w.in, w.in);
                System.arraycopy(bias, 0, output, r * w.out, w.out);
            }
            // jblas's OpenBLAS is built for one thread and without locks: two threads in it at once share its buffers,
            // and get wrong products. So only one enters, whichever model it computes for.
            synchronized (NativeBlas.class) {
                // BLAS sees a row-major matrix as its transpose: y^T = W x^T.
                NativeBlas.sgemm('T', 'N', w.out, rows, w.in, 1f, w.data, 0, w.in, input, 0, w.in,
                        1f, output, 0, w.out);
            }
            int start = first;
            workspace.run(rows, (r, worker) ->
                    activate(activation, output, r * w.out, w.out, y.data(), y.row(start + r)));
        }
    }

    @Override
    public void gemm(boolean transposeA, boolean transposeB, int m, int n, int k,
                     float alpha, float[] a, int aOffset, int lda, float[] b, int bOffset, int ldb,
                     float beta, float[] c, int cOffset, int ldc, Workspace workspace, int worker) {
        plain.gemm(transposeA, transposeB, m, n, k, alpha, a, aOffset, lda, b, bOffset, ldb, beta, c, cOffset, ldc,
                workspace, worker);
    }
}
