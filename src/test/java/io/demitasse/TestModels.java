package io.demitasse;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.FlatFileWriter;
import io.demitasse.file.TensorInfo;
import io.demitasse.kernel.KernelChoice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Where tests find models: in this project, or beside it where the large ones are. */
public final class TestModels {

    /** A random three-layer classifier without a vocabulary. */
    public static final Path TINY = Path.of("src/test/resources/tiny-distilbert/tiny-distilbert.flat");
    /** A random three-layer BERT for pairs, as Hugging Face writes it, without a vocabulary. */
    public static final Path TINY_BERT = Path.of("src/test/resources/tiny-bert");
    /** The model the project ships. */
    public static final Path DEFAULT = Path.of("weights/sst2-distilbert.flat");

    private static final Path SHARED = Path.of("..", "shared");
    private static final Path CONVERTED = Path.of("target", "test-models");

    private TestModels() {
    }

    /** The names of all kernels that work here. */
    public static List<String> kernels() {
        return KernelChoice.attempts().stream().filter(KernelChoice.Attempt::works)
                .map(KernelChoice.Attempt::name).toList();
    }

    /** The two tiny models with references, each with each of the {@link #kernels()}; for parameterized tests. */
    public static Stream<Arguments> tinyModels() {
        return Stream.of(TINY, TINY_BERT).flatMap(model -> kernels().stream()
                .map(kernels -> Arguments.of(model, kernels)));
    }

    /** A file of the references that lie beside a tiny model. */
    public static JsonObject reference(Path model, String name) throws IOException {
        Path folder = Files.isDirectory(model) ? model : model.getParent();
        return JsonParser.parseString(Files.readString(folder.resolve(name))).getAsJsonObject();
    }

    /** The tiny model with a vocabulary of a few words, which reads 64 tokens. */
    public static Path tinyWithWords(Path target) {
        return tiny(target, tinyConfig(), List.of("NEGATIVE", "POSITIVE"), 1);
    }

    /** {@link #tinyWithWords(Path)} as a BERT: the same weights under another config. */
    public static Path tinyBert(Path target) {
        JsonObject config = tinyConfig();
        config.addProperty("model_type", "bert");
        config.add("hidden_size", config.get("dim"));
        config.add("num_hidden_layers", config.get("n_layers"));
        config.add("num_attention_heads", config.get("n_heads"));
        config.add("intermediate_size", config.get("hidden_dim"));
        config.add("hidden_act", config.get("activation"));
        return tiny(target, config, List.of("NEGATIVE", "POSITIVE"), 1);
    }

    /** The same with other weights of its head: a file of the same length, and of another model. */
    public static Path tinyOther(Path target) {
        return tiny(target, tinyConfig(), List.of("NEGATIVE", "POSITIVE"), -1);
    }

    /** The same with so many labels, {@code label-0} and on. */
    public static Path tinyWithLabels(Path target, int labels) {
        return tiny(target, tinyConfig(), IntStream.range(0, labels).mapToObj(i -> "label-" + i).toList(), 1);
    }

    private static JsonObject tinyConfig() {
        try (FlatFile tiny = FlatFile.open(TINY)) {
            return tiny.config().deepCopy();
        }
    }

    /** @param sign what the head's weights are multiplied by; with more labels than two they are repeated and changed */
    private static Path tiny(Path target, JsonObject config, List<String> labels, float sign) {
        JsonObject tokenizer = new JsonObject();
        tokenizer.addProperty("max_length", 64);
        String words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\ngood\nbad\nfilm\nnot\n.\n[\n]\nsep\n";
        try (FlatFile tiny = FlatFile.open(TINY)) {
            FlatFileWriter writer = new FlatFileWriter(config, tokenizer, labels,
                    tiny.metadata()).bytes(FlatFile.VOCABULARY, words.getBytes(StandardCharsets.UTF_8));
            for (TensorInfo tensor : tiny.tensors()) {
                float[] values = tiny.floats(tensor.name());
                if (!tensor.name().startsWith("classifier.")) {
                    writer.floats(tensor.name(), tensor.shape(), values, Dtype.F32);
                    continue;
                }
                int row = values.length / tensor.shape().get(0);
                float[] head = new float[labels.size() * row];
                for (int i = 0; i < head.length; i++) {
                    head[i] = sign * values[i % values.length] * (1 + i / values.length * 1e-5f);
                }
                List<Integer> shape = new ArrayList<>(tensor.shape());
                shape.set(0, labels.size());
                writer.floats(tensor.name(), shape, head, Dtype.F32);
            }
            writer.write(target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return target;
    }

    /** A file or folder beside the project; the test is skipped, with the reason, where there is none. */
    public static Path shared(String name) {
        Path path = SHARED.resolve(name);
        assumeTrue(Files.exists(path), "needs " + path + ", which is not on this machine");
        return path;
    }

    /** A Hugging Face folder beside the project, converted by tools/convert.py once a build. */
    public static synchronized Path converted(String folder, String dtype) {
        Path source = shared(folder);
        Path target = CONVERTED.resolve(source.getFileName() + "-" + dtype + ".flat");
        if (!Files.exists(target)) {
            assumeTrue(run("python3", "-c", "import numpy"), "needs python3 with numpy, to convert " + source);
            try {
                Files.createDirectories(CONVERTED);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (!run("python3", "tools/convert.py", source.toString(), target.toString(), "--dtype", dtype)) {
                throw new AssertionError("tools/convert.py did not convert " + source);
            }
        }
        return target;
    }

    private static boolean run(String... command) {
        try {
            Process process = new ProcessBuilder(command).inheritIO().redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            return process.waitFor(5, TimeUnit.MINUTES) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
