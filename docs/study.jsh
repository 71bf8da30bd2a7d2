// A live trace to look around in. From the project's folder, after ./demitasse has been built:
//
//     jshell --class-path "$(echo target/demitasse.jar target/lib/*.jar | tr ' ' ':')" docs/study.jsh
//
// and then, for instance, inspection.block(3).attention(5). docs/walkthrough.md tells what to look at.

import io.demitasse.*;
import io.demitasse.kernel.Matrix;
import io.demitasse.study.*;
import java.nio.file.Path;
import java.util.Locale;

TextClassifier classifier = TextClassifier.load(Path.of("weights/sst2-distilbert.flat"),
        Options.defaults().withKernels("plain"));
Inspection inspection = new Inspector(classifier.model()).inspect("not a good film");

/** The first numbers of a row. */
String row(Matrix matrix, int row) {
    String numbers = "";
    for (int i = 0; i < Math.min(4, matrix.columns()); i++) {
        numbers += String.format(Locale.ROOT, "%.3f ", matrix.get(row, i));
    }
    return numbers + "... " + matrix.columns() + " numbers";
}

/** All of a few numbers. */
String row(float[] values) {
    String numbers = "";
    for (float value : values) {
        numbers += String.format(Locale.ROOT, "%.4f ", value);
    }
    return numbers.strip();
}
