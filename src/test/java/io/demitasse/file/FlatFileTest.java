package io.demitasse.file;

import static io.demitasse.file.RawFlatFile.littleEndian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlatFileTest {

    private static final Path FOLDER = Path.of("src/test/resources/tiny-distilbert");
    private static final Path TINY = FOLDER.resolve("tiny-distilbert.flat");

    private Path path;

    @BeforeEach
    void inATemporaryFolder(@TempDir Path folder) {
        path = folder.resolve("model.flat");
    }

    @Test
    void theTinyModelHoldsTheNumbersItWasConvertedFrom() throws IOException {
        Map<String, Safetensors.Tensor> expected = Safetensors.read(FOLDER.resolve("model.safetensors"));
        try (FlatFile file = FlatFile.open(TINY)) {
            assertThat(file.tensors()).extracting(TensorInfo::name)
                    .containsExactlyInAnyOrderElementsOf(expected.keySet());
            assertThat(expected).hasSizeGreaterThan(50);
            expected.forEach((name, tensor) -> {
                assertThat(file.tensor(name).shape()).isEqualTo(tensor.shape());
                assertThat(file.tensor(name).dtype()).isEqualTo(Dtype.F32);
                assertThat(file.floats(name)).as(name).containsExactly(tensor.floats());
            });
        }
    }

    @Test
    void theTinyModelSaysWhatItIs() throws IOException {
        try (FlatFile file = FlatFile.open(TINY)) {
            assertThat(file.config())
                    .isEqualTo(JsonParser.parseString(Files.readString(FOLDER.resolve("config.json"))));
            assertThat(file.labels()).containsExactly("LABEL_0", "LABEL_1");
            assertThat(file.tokenizer().size()).isZero();
            assertThat(file.metadata()).containsEntry("source", "tiny-distilbert");
            assertThat(file.version()).isEqualTo(2);
            assertThat(file.architecture()).isEqualTo("DistilBertForSequenceClassification");
            assertThat(file.has(FlatFile.VOCABULARY)).isFalse();
            assertThat(file.path()).isEqualTo(TINY);
            assertThat(file.size()).isEqualTo(Files.size(TINY));
            file.verify();
        }
    }

    /** The shipped model's format: the same numbers, and the head that its labels tell of. */
    @Test
    void theFirstVersionIsRead() {
        try (FlatFile old = FlatFile.open(FOLDER.resolve("version-1.flat")); FlatFile file = FlatFile.open(TINY)) {
            assertThat(old.version()).isEqualTo(1);
            assertThat(old.architecture()).isEqualTo("DistilBertForSequenceClassification");
            assertThat(old.labels()).isEqualTo(file.labels());
            assertThat(old.metadata()).containsKey("header_crc32");
            assertThat(old.tensors()).hasSameSizeAs(file.tensors());
            file.tensors().forEach(tensor ->
                    assertThat(old.floats(tensor.name())).containsExactly(file.floats(tensor.name())));
        }
    }

    @Test
    void theFirstVersionIsWrittenAgainAsTheSecond(@TempDir Path folder) throws IOException {
        Path again = folder.resolve("again.flat");
        Requantizer.convert(FOLDER.resolve("version-1.flat"), again, Dtype.F32);
        try (FlatFile file = FlatFile.open(again); FlatFile tiny = FlatFile.open(TINY)) {
            assertThat(file.version()).isEqualTo(2);
            assertThat(file.metadata()).doesNotContainKey("header_crc32");
            assertThat(file.architecture()).isEqualTo(tiny.architecture());
            file.verify();
        }
    }

    @Test
    void aHeaderWithoutAChecksumIsRead() {
        RawFlatFile raw = new RawFlatFile().tensor("a", "F32", List.of(2, 1), littleEndian(1.5f, -2))
                .tensor("half", "F16", List.of(3), littleEndian((short) 0x3C00, (short) 0xC000, (short) 1))
                .tensor("brain", "BF16", List.of(2), littleEndian((short) 0x3F80, (short) 0xC049))
                .tensor("scales", "F32", List.of(2), littleEndian(0.5f, 2))
                .tensor("bytes", "I8", List.of(2, 2), new byte[] {1, -127, 3, 127})
                .tensor("vocabulary", "U8", List.of(4), "é\nb".getBytes(StandardCharsets.UTF_8))
                .tensor("nothing", "F32", List.of(0, 7), new byte[0])
                .tensor("one", "F32", List.of(), littleEndian(9));
        raw.row("bytes").addProperty("scales", "scales");
        try (FlatFile file = FlatFile.open(raw.write(path))) {
            file.verify();
            assertThat(file.metadata()).isEmpty();
            assertThat(file.floats("a")).containsExactly(1.5f, -2);
            assertThat(file.floats("half")).containsExactly(1, -2, 0x1p-24f);
            assertThat(file.floats("brain")).containsExactly(1, -3.140625f);
            assertThat(file.floats("bytes")).containsExactly(0.5f, -63.5f, 6, 254);
            assertThat(file.bytes("bytes")).containsExactly(1, -127, 3, 127);
            assertThat(file.bytes("vocabulary")).isEqualTo("é\nb".getBytes(StandardCharsets.UTF_8));
            assertThat(file.floats("nothing")).isEmpty();
            assertThat(file.floats("one")).containsExactly(9);
            assertThat(file.tensor("bytes").scales()).isEqualTo("scales");
            assertThat(file.tensor("a").scales()).isNull();
        }
    }

    @Test
    void longTensorsOfHalvesAreReadToTheirEnd() {
        short[] halves = new short[10_000];
        for (int i = 0; i < halves.length; i++) {
            halves[i] = Halves.toHalf(i % 2048);
        }
        RawFlatFile raw = new RawFlatFile().tensor("h", "F16", List.of(100, 100), littleEndian(halves));
        try (FlatFile file = FlatFile.open(raw.write(path))) {
            float[] floats = file.floats("h");
            for (int i = 0; i < halves.length; i++) {
                assertThat(floats[i]).isEqualTo(i % 2048);
            }
        }
    }

    @Test
    void aDamagedTensorIsFoundWhenItIsReadAndTheOthersAreNotLost() throws IOException {
        byte[] bytes = new RawFlatFile().tensor("a", "F32", List.of(1), littleEndian(1))
                .tensor("b", "F32", List.of(1), littleEndian(2)).toBytes();
        bytes[bytes.length - 1] ^= 1;
        try (FlatFile file = FlatFile.open(Files.write(path, bytes))) {
            assertThat(file.floats("a")).containsExactly(1);
            assertThatThrownBy(() -> file.floats("b")).isInstanceOf(ModelFormatException.class)
                    .hasMessageStartingWith(path + ": tensor b: crc32: expected ");
            assertThatThrownBy(file::verify).isInstanceOf(ModelFormatException.class).hasMessageContaining("tensor b");
        }
    }

    @Test
    void askingForATensorInAFormThatItHasNot() {
        RawFlatFile raw = new RawFlatFile().tensor("a", "F32", List.of(1), littleEndian(1))
                .tensor("vocabulary", "U8", List.of(1), new byte[] {'x'});
        try (FlatFile file = FlatFile.open(raw.write(path))) {
            assertThatThrownBy(() -> file.bytes("a")).isInstanceOf(ModelFormatException.class)
                    .hasMessage(path + ": tensor a: dtype: expected U8 or I8, found F32");
            assertThatThrownBy(() -> file.floats("vocabulary")).isInstanceOf(ModelFormatException.class)
                    .hasMessage(path + ": tensor vocabulary: dtype: expected numbers, found U8");
            assertThatThrownBy(() -> file.floats("c")).isInstanceOf(ModelFormatException.class)
                    .hasMessage(path + ": tensor c is missing");
        }
    }

    @Test
    void theFileMayBeReplacedOnceItIsClosed() throws IOException {
        new RawFlatFile().tensor("a", "F32", List.of(1), littleEndian(1)).write(path);
        float[] floats;
        try (FlatFile file = FlatFile.open(path)) {
            floats = file.floats("a");
        }
        Files.write(path, new byte[4000]);

        assertThat(floats).containsExactly(1);
    }

    @Test
    void anInterruptedLoadIsNoBadFile() {
        Path path = Path.of("src/test/resources/tiny-distilbert/tiny-distilbert.flat");
        try {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> FlatFile.open(path)).isInstanceOf(UncheckedIOException.class)
                    .hasCauseInstanceOf(ClosedByInterruptException.class).hasMessageStartingWith(path + ": ");
        } finally {
            assertThat(Thread.interrupted()).as("the flag is kept").isTrue();
        }
        try (FlatFile file = FlatFile.open(path)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(file::verify).isInstanceOf(UncheckedIOException.class);
        } finally {
            Thread.interrupted();
        }
    }
}
