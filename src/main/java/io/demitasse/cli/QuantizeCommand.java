package io.demitasse.cli;

import io.demitasse.file.Dtype;
import io.demitasse.file.Requantizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(description = "Writes a model again with its numbers as int8, f16 or f32.")
final class QuantizeCommand implements Callable<Integer> {

    /** The names on the command line. */
    enum Form {
        INT8(Dtype.I8), F16(Dtype.F16), F32(Dtype.F32);

        private final Dtype dtype;

        Form(Dtype dtype) {
            this.dtype = dtype;
        }
    }

    @Parameters(index = "0", paramLabel = "IN", description = "The flat weight file to read.")
    Path source;

    @Parameters(index = "1", paramLabel = "OUT", description = "The flat weight file to write.")
    Path target;

    @Option(names = "--dtype", required = true, paramLabel = "int8|f16|f32",
            description = "int8: matrices as bytes with a scale a row, the rest as f32.")
    Form form;

    @Override
    public Integer call() throws IOException {
        Requantizer.Result result = Requantizer.convert(source, target, form.dtype);
        try (Output output = new Output()) {
            output.line(String.format(Locale.ROOT, "%s: %,d bytes", source, result.bytesBefore()));
            output.line(String.format(Locale.ROOT, "%s: %,d bytes (%.1f %%)", target, result.bytesAfter(),
                    100.0 * result.bytesAfter() / result.bytesBefore()));
            output.line(result.changedTensor() == null ? "no number changed" : String.format(Locale.ROOT,
                    "largest change: %.3g, in %s", result.largestChange(), result.changedTensor()));
        }
        return 0;
    }
}
