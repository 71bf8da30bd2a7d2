import org.jspecify.annotations.NullMarked;

/**
 * DistilBERT in pure Java. What an app calls is {@code io.demitasse}, {@code io.demitasse.serve} if it wants to serve a
 * model by HTTP, and {@code io.demitasse.train} if it wants to train one; the other packages are exported because their
 * types stand in the signatures of these ({@code WordPieceTokenizer}, {@code ModelFormatException}, {@code Trace},
 * {@code Matrix}).
 *
 * <p>Everything static is optional: the vector kernels where {@code --add-modules jdk.incubator.vector} is given, jblas
 * where {@code --add-modules jblas} is, JFR events and an HTTP server where the JVM has
 * them, and what only the command line needs.
 */
@NullMarked
@SuppressWarnings({"module", "requires-automatic"})
module io.demitasse {
    requires transitive com.google.gson;
    // To ask whether the JVM compiles the vector API to vector instructions.
    requires jdk.management;

    requires static jdk.incubator.vector;
    requires static jblas;
    requires static jdk.httpserver;
    requires static jdk.jfr;
    requires static org.jspecify;

    requires static info.picocli;
    requires static me.tongfei.progressbar;

    exports io.demitasse;
    exports io.demitasse.tokenizer;
    exports io.demitasse.file;
    exports io.demitasse.convert;
    exports io.demitasse.model;
    exports io.demitasse.study;
    exports io.demitasse.kernel;
    exports io.demitasse.serve;
    exports io.demitasse.train;

    opens io.demitasse.cli to info.picocli;
}
