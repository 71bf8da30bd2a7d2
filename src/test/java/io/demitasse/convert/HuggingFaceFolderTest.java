package io.demitasse.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonPrimitive;
import io.demitasse.Options;
import io.demitasse.TextClassifier;
import io.demitasse.Tokenizers;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder is opened where it lies, and is the flat file that it would become. */
class HuggingFaceFolderTest {

    private static final Options PLAIN = Options.defaults().withKernels("plain").withThreads(1);

    @TempDir
    Path folder;

    private Path copy(String name) {
        return TestFolders.copy(TestFolders.HEADS.resolve(name), folder.resolve(name));
    }

    @Test
    void aFolderIsTheFileThatItBecomes() throws IOException {
        for (Path source : TestFolders.all()) {
            Path target = folder.resolve("model.flat");
            try (HuggingFaceFolder opened = HuggingFaceFolder.open(source)) {
                opened.write(target, null, Map.of());
                FlatFile folderFile = opened.file();
                try (FlatFile written = FlatFile.open(target)) {
                    assertThat(folderFile.header()).isEqualTo(written.header());
                    assertThat(folderFile.architecture()).isEqualTo(written.architecture());
                    assertThat(folderFile.tensors()).extracting(TensorInfo::name)
                            .containsExactlyElementsOf(written.tensors().stream().map(TensorInfo::name).toList());
                    for (TensorInfo tensor : written.tensors()) {
                        if (tensor.name().equals(FlatFile.VOCABULARY)) {
                            assertThat(folderFile.bytes(tensor.name())).isEqualTo(written.bytes(tensor.name()));
                        } else {
                            assertThat(folderFile.floats(tensor.name())).containsExactly(written.floats(tensor.name()));
                        }
                    }
                    folderFile.verify(2);
                }
            } catch (ModelFormatException e) {
                assertThat(e.getMessage()).startsWith(source.toString());
                assertThat(source.getFileName().toString())
                        .matches("lfs|kobert|ja|lower_only|nopost|replace_dlc|seq_dlc|whitespace");
            }
        }
    }

    @Test
    void theSameBitsAsTheFlatFile() throws IOException {
        for (String name : List.of("bert-nli", "distilbert-nli", "bert-multilabel")) {
            Path source = TestFolders.HEADS.resolve(name);
            Path target = folder.resolve(name + ".flat");
            try (HuggingFaceFolder opened = HuggingFaceFolder.open(source)) {
                opened.write(target, null, Map.of());
            }
            try (TextClassifier one = TextClassifier.load(source, PLAIN);
                    TextClassifier other = TextClassifier.load(target, PLAIN)) {
                assertThat(one.labels()).isEqualTo(other.labels());
                assertThat(one.classify("the film is very good").logits())
                        .containsExactly(other.classify("the film is very good").logits());
                assertThat(Tokenizers.load(source).encode("the film").ids())
                        .containsExactly(Tokenizers.load(target).encode("the film").ids());
            }
        }
    }

    @Test
    void nothingIsWrittenAndNothingStaysOpen() throws IOException {
        Path source = copy("st-bert-cls");
        List<Path> before = list(source);
        long open = openFiles();
        try (FlatFile file = ModelFiles.open(source)) {
            file.verify();
            assertThat(list(source)).isEqualTo(before);
        }
        assertThat(openFiles()).isEqualTo(open);
        Files.writeString(source.resolve("modules.json"), "[]");
        assertThatThrownBy(() -> ModelFiles.open(source)).isInstanceOf(ModelFormatException.class);
        Files.delete(source.resolve("modules.json"));
        TestFolders.set(source.resolve("config.json"), "hidden_size", new JsonPrimitive(33));
        assertThatThrownBy(() -> ModelFiles.open(source)).isInstanceOf(ModelFormatException.class);
        assertThat(openFiles()).isEqualTo(open);
    }

    /** Files of the test's folder that this JVM holds open. */
    private long openFiles() throws IOException {
        Path descriptors = Path.of("/proc/self/fd");
        if (!Files.isDirectory(descriptors)) {
            return 0;
        }
        try (Stream<Path> all = Files.list(descriptors)) {
            return all.filter(descriptor -> {
                try {
                    return Files.readSymbolicLink(descriptor).startsWith(folder.toRealPath());
                } catch (IOException e) {
                    return false;
                }
            }).count();
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.sorted().toList();
        }
    }

    @Test
    void notes() {
        try (HuggingFaceFolder ner = HuggingFaceFolder.open(TestFolders.CASES.resolve("3/ner"))) {
            assertThat(ner.notes()).containsExactly(
                    "left out, as no part of BertForTokenClassification: bert.pooler.dense");
            assertThat(ner.file().labels()).hasSize(4);
        }
        try (HuggingFaceFolder nli = HuggingFaceFolder.open(TestFolders.HEADS.resolve("bert-nli"))) {
            assertThat(nli.notes()).isEmpty();
        }
    }

    @Test
    void thingsThatAreNoFolders() {
        Path none = folder.resolve("none");
        assertThatThrownBy(() -> HuggingFaceFolder.open(none)).isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(none + ": not a folder");
        assertThatThrownBy(() -> ModelFiles.open(none)).isInstanceOf(ModelFormatException.class)
                .hasMessage(none + ": no such file");
        assertThatThrownBy(() -> ModelFiles.open(folder)).isInstanceOf(ModelFormatException.class)
                .hasMessage(folder.resolve("config.json") + ": no such file");
    }

    private static void assertRefused(Path source, String... parts) {
        Throwable thrown = catchThrowable(() -> ModelFiles.open(source).close());
        assertThat(thrown).isExactlyInstanceOf(ModelFormatException.class).hasMessageContainingAll(parts);
        assertThat(thrown.getMessage().lines()).hasSize(1);
    }

    @Test
    void configsThatAreDamaged() throws IOException {
        Path source = copy("bert-nli");
        Path config = source.resolve("config.json");
        for (String text : List.of("", "{", "[1]", "{} {}", "{\"a\":1,\"a\":2}", "nul", "{\"a\":nan}")) {
            Files.writeString(config, text);
            assertRefused(source, config + ": ");
        }
        Files.writeString(config, "\uFEFF{}");
        assertRefused(source, config + ": ", "byte order mark");
        Files.write(config, new byte[] {'{', '"', (byte) 0xE9, '"', ':', '1', '}'});
        assertRefused(source, config + ": not UTF-8");
        Files.delete(config);
        assertRefused(source, config + ": no such file");
        Files.createDirectory(config);
        assertRefused(source, config + ": cannot be read");
    }

    @Test
    void tensorsThatContradictTheConfig() {
        Path source = copy("bert-nli");
        Path weights = source.resolve("model.safetensors");
        Map<String, TestFolders.Tensor> sound = TestFolders.weights(source, "F32");
        TestFolders.Tensor wrong = new TestFolders.Tensor("F32", List.of(2L), new byte[8]);
        TestFolders.Tensor whole = new TestFolders.Tensor("I64", List.of(3L), new byte[24]);
        for (String name : List.copyOf(sound.keySet())) {
            TestFolders.Tensor tensor = sound.remove(name);
            TestFolders.writeSafetensors(weights, sound);
            assertRefused(source, "tensor " + name + " is missing", "BertForSequenceClassification");
            sound.put(name, wrong);
            TestFolders.writeSafetensors(weights, sound);
            assertRefused(source, weights + ": tensor " + name, "shape", "[2]");
            sound.put(name, tensor);
        }
        TestFolders.Tensor bias = sound.put("classifier.bias", whole);
        TestFolders.writeSafetensors(weights, sound);
        assertRefused(source, "tensor classifier.bias", "F64, F32, F16, BF16", "found I64");
        sound.put("classifier.bias", bias);
        for (String name : List.of("bert.encoder.layer.2.output.dense.bias", "bert.embeddings.extra",
                "bert.encoder.layer.0.crossattention.self.query.weight", "bert.encoder.layer.99999999999.x")) {
            sound.put(name, wrong);
            TestFolders.writeSafetensors(weights, sound);
            assertRefused(source, "tensor " + name);
            sound.remove(name);
        }
        sound.put("bert.embeddings.position_ids", whole);
        sound.put("cls.seq_relationship.bias", wrong);
        TestFolders.writeSafetensors(weights, sound);
        try (HuggingFaceFolder opened = HuggingFaceFolder.open(source)) {
            assertThat(opened.notes()).containsExactly(
                    "left out, as no part of BertForSequenceClassification: cls.seq_relationship");
        }
    }

    @Test
    void tensorsDecideWhereNoArchitectureIsNamed() {
        for (String name : List.of("bert-nli", "bert-ner", "bert-qa", "bert-mlm", "distilbert-nli", "distilbert-ner",
                "distilbert-qa", "distilbert-mlm")) {
            Path source = copy(name);
            String expected;
            try (FlatFile file = ModelFiles.open(source)) {
                expected = file.architecture();
            }
            for (var none : List.of(JsonNull.INSTANCE, new JsonArray())) {
                TestFolders.set(source.resolve("config.json"), "architectures", none);
                try (FlatFile file = ModelFiles.open(source)) {
                    assertThat(file.architecture()).isEqualTo(expected);
                }
            }
        }
    }
}
