import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Compares vectors that {@code Measure} kept: {@code Cosines DIM LEAST REFERENCE OTHER...}; fails below LEAST. */
class Cosines {

    public static void main(String[] arguments) throws IOException {
        int dim = Integer.parseInt(arguments[0]);
        double least = Double.parseDouble(arguments[1]);
        FloatBuffer reference = read(arguments[2]);
        boolean good = true;
        for (String other : Arrays.copyOfRange(arguments, 3, arguments.length)) {
            FloatBuffer vectors = read(other);
            if (vectors.capacity() != reference.capacity()) {
                throw new IOException(other + " has " + vectors.capacity() + " numbers, not " + reference.capacity());
            }
            double lowest = 1;
            double sum = 0;
            int rows = vectors.capacity() / dim;
            for (int row = 0; row < rows; row++) {
                double cosine = cosine(reference, vectors, row * dim, dim);
                lowest = Math.min(lowest, cosine);
                sum += cosine;
            }
            System.out.printf(java.util.Locale.ROOT, "%-12s cosine with LangChain4j's over %d texts: lowest %.7f, mean %.7f%n",
                    Path.of(other).getFileName(), rows, lowest, sum / rows);
            good &= lowest > least || other.contains("int8");
        }
        if (!good) {
            System.err.println("a cosine of float32 or float16 weights is not above " + least);
            System.exit(1);
        }
    }

    private static FloatBuffer read(String file) throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(Path.of(file))).asFloatBuffer();
    }

    private static double cosine(FloatBuffer a, FloatBuffer b, int from, int dim) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = from; i < from + dim; i++) {
            dot += (double) a.get(i) * b.get(i);
            aa += (double) a.get(i) * a.get(i);
            bb += (double) b.get(i) * b.get(i);
        }
        return dot / Math.sqrt(aa * bb);
    }
}
