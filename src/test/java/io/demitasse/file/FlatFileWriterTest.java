package io.demitasse.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlatFileWriterTest {

    private static final String CONFIG = "{\"dim\":2,\"eps\":1e-12,\"nothing\":null,\"é\":[true,{}]}";

    private record Tensor(Dtype dtype, List<Integer> shape, long seed) {

        int elements() {
            return shape.stream().reduce(1, (a, b) -> a * b);
        }

        byte[] bytes() {
            byte[] bytes = new byte[elements()];
            new Random(seed).nextBytes(bytes);
            return bytes;
        }

        float[] floats() {
            Random random = new Random(seed);
            float[] floats = new float[elements()];
            for (int i = 0; i < floats.length; i++) {
                floats[i] = (float) Math.scalb(random.nextGaussian(), random.nextInt(30) - 20);
            }
            return floats;
        }
    }

    private static FlatFileWriter writer(List<String> labels, Map<String, String> metadata) {
        JsonObject config = JsonParser.parseString(CONFIG).getAsJsonObject();
        JsonObject tokenizer = JsonParser.parseString("{\"strip_accents\":null}").getAsJsonObject();
        return new FlatFileWriter(config, tokenizer, labels, metadata);
    }

    private static FlatFileWriter writer() {
        return writer(List.of(), Map.of());
    }

    @Provide
    Arbitrary<List<Tensor>> tensors() {
        Arbitrary<Dtype> dtypes = Arbitraries.of(Dtype.F32, Dtype.F16, Dtype.I8, Dtype.U8);
        Arbitrary<List<Integer>> shapes = Arbitraries.integers().between(0, 9).list().ofMinSize(1).ofMaxSize(3);
        return Combinators.combine(dtypes, shapes, Arbitraries.longs()).as(Tensor::new).list().ofMaxSize(12);
    }

    @Provide
    Arbitrary<List<String>> texts() {
        return Arbitraries.of("\"", "\\", "\n", "\u0000", "\u2028", "</a>", "'", "é", "\uD83D\uDE00", "a", " ",
                "\"header_crc32\":\"00000000\"").list().ofMaxSize(5).map(parts -> String.join("", parts))
                .list().ofMaxSize(4);
    }

    @Property(tries = 150)
    void whatIsWrittenIsRead(@ForAll("tensors") List<Tensor> tensors, @ForAll("texts") List<String> labels,
            @ForAll("texts") List<String> facts) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        facts.forEach(fact -> metadata.put(fact + "?", fact));
        FlatFileWriter writer = writer(labels, metadata);
        for (int i = 0; i < tensors.size(); i++) {
            Tensor tensor = tensors.get(i);
            if (tensor.dtype == Dtype.U8) {
                writer.bytes("t" + i, tensor.bytes());
            } else {
                writer.floats("t" + i, tensor.shape, tensor.floats(), tensor.dtype);
            }
        }
        Path path = Files.createTempFile("demitasse", ".flat");
        try {
            writer.write(path);
            assertLayout(Files.readAllBytes(path));
            try (FlatFile file = FlatFile.open(path)) {
                file.verify();
                assertThat(file.labels()).isEqualTo(labels);
                metadata.forEach((key, value) -> assertThat(file.metadata()).containsEntry(key, value));
                assertThat(file.config().toString()).isEqualTo(CONFIG);
                for (int i = 0; i < tensors.size(); i++) {
                    assertHolds(file, "t" + i, tensors.get(i));
                }
            }
        } finally {
            Files.delete(path);
        }
    }

    private static void assertHolds(FlatFile file, String name, Tensor tensor) {
        TensorInfo info = file.tensor(name);
        assertThat(info.dtype()).isEqualTo(tensor.dtype);
        if (tensor.dtype == Dtype.U8) {
            assertThat(info.shape()).containsExactly(tensor.elements());
            assertThat(file.bytes(name)).isEqualTo(tensor.bytes());
            return;
        }
        assertThat(info.shape()).isEqualTo(tensor.shape);
        float[] expected = tensor.floats();
        if (tensor.dtype == Dtype.F16) {
            for (int i = 0; i < expected.length; i++) {
                expected[i] = Halves.fromHalf(Halves.toHalf(expected[i]));
            }
        } else if (tensor.dtype == Dtype.I8) {
            int rows = tensor.shape.get(0);
            Quantization.Int8 quantized = Quantization.toInt8(expected, rows, rows == 0 ? 0 : expected.length / rows);
            assertThat(info.scales()).isEqualTo(name + ".scales");
            assertThat(file.floats(info.scales())).containsExactly(quantized.scales());
            assertThat(file.bytes(name)).isEqualTo(quantized.values());
            expected = Quantization.toFloats(quantized.values(), quantized.scales());
        }
        assertThat(file.floats(name)).containsExactly(expected);
    }

    /** The format's rules, read from the bytes without FlatFile. */
    private static void assertLayout(byte[] file) {
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(new String(file, 0, 8, StandardCharsets.US_ASCII)).isEqualTo("DEMIFLAT");
        assertThat(bytes.getInt(8)).isEqualTo(2);
        int end = 24 + (int) bytes.getLong(16);
        assertThat(end % 64).isZero();
        String text = new String(file, 24, end - 24, StandardCharsets.UTF_8);
        JsonObject header = JsonParser.parseString(text).getAsJsonObject();
        assertThat(header.keySet()).containsExactly("config", "tokenizer", "labels", "metadata", "tensors");

        assertThat(Integer.toUnsignedLong(bytes.getInt(12))).isEqualTo(crc32(Arrays.copyOfRange(file, 24, end)));

        List<int[]> extents = new ArrayList<>();
        header.getAsJsonObject("tensors").entrySet().forEach(entry -> {
            JsonObject row = entry.getValue().getAsJsonObject();
            int offset = row.get("offset").getAsInt();
            int length = row.get("bytes").getAsInt();
            assertThat(offset % 64).isZero();
            assertThat(row.get("crc32").getAsLong())
                    .isEqualTo(crc32(Arrays.copyOfRange(file, offset, offset + length)));
            extents.add(new int[] {offset, offset + length});
        });
        int reached = end;
        for (int[] extent : extents) {
            for (; reached < extent[0]; reached++) {
                assertThat(file[reached]).as("padding").isZero();
            }
            assertThat(extent[0]).isEqualTo(reached);
            reached = extent[1];
        }
        assertThat(file.length).isEqualTo(reached);
    }

    private static long crc32(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return crc.getValue();
    }

    @Test
    void aMatrixAsTheFormatStoresIt(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("a.flat");
        writer().floats("a", List.of(2, 2), new float[] {1, -2, 0.5f, 0}, Dtype.F32)
                .floats("b", List.of(2), new float[] {1, -2}, Dtype.F16).write(path);
        byte[] file = Files.readAllBytes(path);
        int end = 24 + (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(16);

        assertThat(Arrays.copyOfRange(file, end, end + 16)).containsExactly(
                0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0, 0, 0, 0, 0x3F, 0, 0, 0, 0);
        assertThat(Arrays.copyOfRange(file, end + 64, file.length)).containsExactly(0, 0x3C, 0, 0xC0);
    }

    @Test
    void theLastTensorMayBeEmpty(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("a.flat");
        writer().floats("a", List.of(1), new float[] {7}, Dtype.F32)
                .floats("b", List.of(0, 3), new float[0], Dtype.F16).write(path);

        try (FlatFile file = FlatFile.open(path)) {
            assertThat(file.floats("a")).containsExactly(7);
            assertThat(file.floats("b")).isEmpty();
        }
    }

    @Test
    void aFileIsReplacedAndNothingElseIsLeftInItsFolder(@TempDir Path folder) throws IOException {
        Path path = Files.writeString(folder.resolve("a.flat"), "DEMIFLAT, what was there before");
        writer(List.of("x"), Map.of()).write(path);

        try (FlatFile file = FlatFile.open(path)) {
            assertThat(file.labels()).containsExactly("x");
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(path);
        }
    }

    @Test
    void aFailureLeavesTheFolderAsItWas(@TempDir Path folder) throws IOException {
        Path target = Files.createDirectories(folder.resolve("a.flat/full")).getParent();

        assertThatThrownBy(() -> writer().write(target)).isInstanceOf(IOException.class)
                .hasMessageContaining(target.toString());
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(target);
        }
    }

    @Test
    void aMissingFolderIsNamed(@TempDir Path folder) {
        assertThatThrownBy(() -> writer().write(folder.resolve("none/a.flat")))
                .isInstanceOf(NoSuchFileException.class).hasMessage(folder.resolve("none").toString());
    }

    @Test
    void numbersThatTheFormCannotHoldAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer().floats("w", List.of(2), new float[] {1, 65520}, Dtype.F16))
                .withMessage("tensor w: 65520.0 is too large for F16");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer().floats("w", List.of(2, 1), new float[] {1, Float.NaN}, Dtype.I8))
                .withMessageStartingWith("tensor w: row 1 ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer().floats("w", List.of(1, 2), new float[] {1, 1 / 0f}, Dtype.I8))
                .withMessageStartingWith("tensor w: row 0 ");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer().floats("w", List.of(1), new float[1], Dtype.BF16))
                .withMessageContaining("BF16");
    }

    @Test
    void aShapeThatDoesNotFitTheNumbersIsRefused() {
        for (Dtype dtype : List.of(Dtype.F32, Dtype.F16, Dtype.I8)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> writer().floats("w", List.of(2, 3), new float[5], dtype))
                    .withMessage("tensor w: its shape [2, 3] does not fit 5 numbers");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer().floats("w", List.of(), new float[1], Dtype.I8))
                .withMessageContaining("tensor w").withMessageContaining("[]");
    }

    @Test
    void halfACharacterIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer(List.of("\uD83D"), Map.of()).write(Path.of("target", "never.flat")))
                .withMessageContaining("half a character");
        assertThat(Path.of("target", "never.flat")).doesNotExist();
    }

    @Test
    void aNameIsGivenOnce() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> writer().bytes("w", new byte[1]).bytes("w", new byte[2]))
                .withMessage("tensor w is there already");
    }
}
