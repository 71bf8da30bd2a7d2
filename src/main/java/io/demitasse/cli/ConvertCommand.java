package io.demitasse.cli;

import io.demitasse.convert.HuggingFaceFolder;
import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.TensorInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(description = "Writes a Hugging Face folder as one flat weight file.")
final class ConvertCommand implements Callable<Integer> {

    /** The names on the command line. */
    enum Form {
        KEEP(null), F32(Dtype.F32), F16(Dtype.F16), INT8(Dtype.I8);

        private final @Nullable Dtype dtype;

        Form(@Nullable Dtype dtype) {
            this.dtype = dtype;
        }
    }

    private static final List<String> RESERVED = List.of("source", "converter", "dtype", "license", "header_crc32");

    @Parameters(index = "0", paramLabel = "FOLDER", description = "The folder to read: config.json, model.safetensors"
            + " (or its shards) and the tokenizer's files.")
    Path folder;

    @Parameters(index = "1", paramLabel = "OUT.flat", description = "The flat weight file to write.")
    Path target;

    @Option(names = "--dtype", paramLabel = "keep|f32|f16|int8", defaultValue = "keep",
            description = "int8: matrices as bytes with a scale a row, the rest as f32; by default numbers stay as they"
                    + " are stored.")
    Form form;

    @Option(names = "--license", paramLabel = "TEXT", description = "The weights' licence, for the file's metadata.")
    @Nullable String license;

    @Option(names = "--metadata", paramLabel = "KEY=VALUE", description = "More metadata; may be repeated.")
    Map<String, String> metadata = new LinkedHashMap<>();

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Map<String, String> facts = facts();
        try (HuggingFaceFolder source = HuggingFaceFolder.open(folder)) {
            source.notes().forEach(note -> System.err.println("demitasse: " + note));
            source.write(target, form.dtype, facts);
        }
        try (FlatFile file = FlatFile.open(target); Output output = new Output()) {
            long parameters = file.tensors().stream().filter(ConvertCommand::isParameter)
                    .mapToLong(TensorInfo::elements).sum();
            output.line(target + ": " + file.tensors().size() + " tensors, " + parameters + " parameters, "
                    + file.size() + " bytes");
        }
        return 0;
    }

    private static boolean isParameter(TensorInfo tensor) {
        return tensor.dtype() != Dtype.U8 && !tensor.name().endsWith(".scales");
    }

    private Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        if (license != null) {
            facts.put("license", license);
        }
        metadata.forEach((key, value) -> {
            if (RESERVED.contains(key)) {
                throw new ParameterException(spec.commandLine(),
                        "--metadata: " + key + " is set by the converter; choose another key");
            }
            facts.put(key, value);
        });
        return facts;
    }
}
