package io.demitasse.cli;

import io.demitasse.convert.ModelFiles;
import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.Tasks;
import io.demitasse.file.TensorInfo;
import io.demitasse.model.ModelConfig;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(description = "Shows what is in a flat weight file, after checking all of it.")
final class InfoCommand implements Callable<Integer> {

    @Mixin
    ModelOptions model;

    @Parameters(paramLabel = "FILE", arity = "0..1", description = "The file; by default the model.")
    Path file;

    @Override
    public Integer call() {
        try (FlatFile flat = ModelFiles.open(file == null ? model.file() : file); Output output = new Output()) {
            flat.verify(model.options().threads());
            output.line("file        " + flat.path());
            output.line(String.format(Locale.ROOT, "bytes       %,d", flat.size()));
            output.line(String.format(Locale.ROOT, "parameters  %,d", parameters(flat)));
            ModelConfig config = ModelConfig.of(flat);
            output.line("model       " + config.architecture().className(config.modelType()));
            Tasks.of(config, flat.labels()).forEach(task ->
                    output.line(String.format("task        %s: demitasse %s", task.name(), task.command())));
            output.line("labels      " + (flat.labels().isEmpty() ? "(none)" : String.join(", ", flat.labels())));
            output.line("tokenizer   " + flat.tokenizer());
            output.line("");
            output.line("config");
            flat.config().entrySet().forEach(entry ->
                    output.line("  " + entry.getKey() + ": " + entry.getValue()));
            output.line("");
            output.line("metadata");
            flat.metadata().forEach((name, value) -> output.line("  " + name + ": " + value));
            output.line("");
            output.line("tensors");
            int width = flat.tensors().stream().mapToInt(tensor -> tensor.name().length()).max().orElse(0);
            for (TensorInfo tensor : flat.tensors()) {
                output.line(String.format(Locale.ROOT, "  %-" + Math.max(1, width) + "s  %-4s  %-14s  %,12d bytes at %,d",
                        tensor.name(), tensor.dtype(), tensor.shape(), tensor.bytes(), tensor.offset()));
            }
        }
        return 0;
    }

    /** Numbers that were learned: scales say how they are stored, and the vocabulary is text. */
    private static long parameters(FlatFile flat) {
        Set<String> scales = new HashSet<>();
        flat.tensors().forEach(tensor -> scales.add(tensor.scales()));
        return flat.tensors().stream()
                .filter(tensor -> tensor.dtype() != Dtype.U8 && !scales.contains(tensor.name()))
                .mapToLong(TensorInfo::elements).sum();
    }
}
