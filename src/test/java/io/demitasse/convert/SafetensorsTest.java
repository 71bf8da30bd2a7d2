package io.demitasse.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.SafetensorsFolder;
import io.demitasse.file.StoredTensor;
import io.demitasse.fuzz.Mutator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is wrong with a safetensors file gives one line that names the file, the place and the two values. */
class SafetensorsTest {

    private static final int INPUTS = Integer.getInteger("demitasse.fuzz.inputs", 1000);
    private static final long SEED = Long.getLong("demitasse.fuzz.seed", 1);

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void theFile() {
        file = folder.resolve("model.safetensors");
    }

    private void write(String header, int bytes) {
        TestFolders.writeRaw(file, header.getBytes(StandardCharsets.UTF_8), new byte[bytes]);
    }

    private static String row(String dtype, String shape, String offsets) {
        return "{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
    }

    private void assertRefused(String... parts) {
        assertRefused(file, parts);
    }

    private void assertRefused(Path named, String... parts) {
        Throwable thrown = catchThrowable(() -> SafetensorsFolder.open(folder).close());
        assertThat(thrown).isExactlyInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(named + ": ").hasMessageContainingAll(parts);
        assertThat(thrown.getMessage()).doesNotContainPattern("[\\p{Cntrl}\\u0085\\u2028\\u2029]")
                .doesNotContain("Exception", "JsonReader").hasSizeLessThan(named.toString().length() + 700);
    }

    @Test
    void tensorsOfEveryKindAreListed() {
        write("{\"__metadata__\":{\"format\":\"pt\"},\"a\":" + row("\"F32\"", "[2,3]", "[8,32]") + ",\"b\":"
                + row("\"I64\"", "[1]", "[0,8]") + ",\"none\":" + row("\"F16\"", "[0,4]", "[32,32]") + ",\"one\":"
                + row("\"BOOL\"", "[]", "[32,33]") + "}", 33);
        try (SafetensorsFolder weights = SafetensorsFolder.open(folder)) {
            assertThat(weights.tensors().keySet()).containsExactly("a", "b", "none", "one");
            StoredTensor a = weights.tensors().get("a");
            assertThat(a.dtype()).isEqualTo("F32");
            assertThat(a.shape()).containsExactly(2L, 3L);
            assertThat(a.bytes()).isEqualTo(24);
            assertThat(a.file()).isEqualTo(file);
        }
    }

    @Test
    void filesThatAreNone() throws IOException {
        Files.write(file, new byte[0]);
        assertRefused("0 bytes", "8");
        Files.write(file, new byte[7]);
        assertRefused("7 bytes");
        Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
        assertRefused("Git LFS");
        Files.writeString(file, "PK\u0003\u0004 a pickle, and no safetensors");
        assertRefused("header's length", "not a safetensors file");
        for (long length : new long[] {Long.MAX_VALUE, -1, 1L << 40, 93}) {
            ByteBuffer bytes = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
            Files.write(file, bytes.array());
            assertRefused("header's length is " + Long.toUnsignedString(length), "92 bytes follow");
        }
        Files.delete(file);
        assertRefused(folder, "neither model.safetensors nor model.safetensors.index.json");
        Files.createFile(folder.resolve("pytorch_model.bin"));
        assertRefused(folder, "only pytorch_model.bin");
        Files.createDirectory(file);
        assertRefused("cannot be read");
    }

    @Test
    void headersThatAreNone() {
        for (String header : List.of("", "[]", "12", "{", "{}x", "{\"a\":1,}", "{'a':1}", "[".repeat(1000), "\u0000")) {
            write(header, 0);
            assertRefused("header");
        }
        write("{\"a\":" + row("\"F32\"", "[0]", "[0,0]") + ",\"a\":" + row("\"F32\"", "[0]", "[0,0]") + "}", 0);
        assertRefused("\"a\"", "twice");
        TestFolders.writeRaw(file, new byte[] {'{', '"', (byte) 0xFF, '"', ':', '1', '}'}, new byte[0]);
        assertRefused("UTF-8");
    }

    @Test
    void rowsThatAreWrong() {
        String[][] rows = {
            {"1", "an object", "found 1"},
            {row("\"F33\"", "[1]", "[0,4]"), "dtype", "F33"}, {row("32", "[1]", "[0,4]"), "dtype", "32"},
            {row("null", "[1]", "[0,4]"), "dtype", "null"},
            {row("\"F32\"", "[-1]", "[0,4]"), "shape", "[-1]"}, {row("\"F32\"", "[1.0]", "[0,4]"), "shape", "[1.0]"},
            {row("\"F32\"", "[true]", "[0,4]"), "shape", "[true]"}, {row("\"F32\"", "1", "[0,4]"), "shape", "found 1"},
            {row("\"F32\"", "[\"1\"]", "[0,4]"), "shape", "1"},
            {row("\"F32\"", "[99999999999999999999]", "[0,4]"), "shape", "99999999999999999999"},
            {row("\"F32\"", "[1]", "[0]"), "data_offsets", "[0]"},
            {row("\"F32\"", "[1]", "[4,0]"), "data_offsets", "[4, 0]"},
            {row("\"F32\"", "[1]", "[0,5]"), "data_offsets", "the file has 4 bytes"},
            {row("\"F32\"", "[1]", "[-4,0]"), "data_offsets", "[-4,0]"},
            {row("\"F32\"", "[2]", "[0,4]"), "takes 8 bytes", "hold 4"},
            {row("\"F64\"", "[1]", "[0,4]"), "takes 8 bytes", "hold 4"},
            {row("\"F32\"", "[4294967296,4294967296,4294967296]", "[0,4]"), "takes 316912650057057350374175801344"},
            {"{\"dtype\":\"F32\",\"shape\":[1]}", "data_offsets", "null"},
        };
        for (String[] row : rows) {
            write("{\"a\":" + row[0] + "}", 4);
            assertRefused("tensor a", row[1], row[row.length - 1]);
        }
    }

    @Test
    void tensorsMustLieEndToEnd() {
        write("{\"a\":" + row("\"F32\"", "[2]", "[0,8]") + ",\"b\":" + row("\"F32\"", "[2]", "[4,12]") + "}", 12);
        assertRefused("tensor b begins at 4", "overlaps a", "ends at 8");
        write("{\"a\":" + row("\"F32\"", "[1]", "[0,4]") + ",\"b\":" + row("\"F32\"", "[1]", "[8,12]") + "}", 12);
        assertRefused("tensor b begins at 8", "expected 4");
        write("{\"a\":" + row("\"F32\"", "[1]", "[0,4]") + "}", 12);
        assertRefused("end at 4", "12 bytes");
    }

    @Test
    void indexes() throws IOException {
        Path index = folder.resolve("model.safetensors.index.json");
        for (String json : List.of("{}", "{\"weight_map\":[]}", "[]", "{\"weight_map\":{},\"weight_map\":{}}")) {
            Files.writeString(index, json);
            assertRefused(index, ": ");
        }
        for (String shard : List.of("../x", "/etc/passwd", "a/b", "..", ".", "", "\\u0000", "a\\\\b")) {
            Files.writeString(index, "{\"weight_map\":{\"a\":\"" + shard + "\"}}");
            assertRefused(index, "tensor a", "beside the index");
        }
        Files.writeString(index, "{\"weight_map\":{\"a\":1}}");
        assertRefused(index, "tensor a", "found 1");
        Files.writeString(index, "{\"weight_map\":{\"a\":\"one\",\"b\":\"two\"}}");
        assertRefused(folder.resolve("one"), "missing");
        TestFolders.Tensor tensor = new TestFolders.Tensor("F32", List.of(1L), new byte[4]);
        TestFolders.writeSafetensors(folder.resolve("one"), Map.of("a", tensor));
        TestFolders.writeSafetensors(folder.resolve("two"), Map.of("a", tensor));
        assertRefused(folder.resolve("two"), "tensor a stands in one too");
        TestFolders.writeSafetensors(folder.resolve("two"), Map.of("c", tensor));
        assertRefused(folder.resolve("two"), "tensor b is missing");
        TestFolders.writeSafetensors(folder.resolve("two"), Map.of("b", tensor));
        try (SafetensorsFolder weights = SafetensorsFolder.open(folder)) {
            assertThat(weights.tensors().keySet()).containsExactly("a", "b");
            assertThat(weights.path()).isEqualTo(index);
        }
    }

    @Test
    void numbersThatNoModelHas() {
        Path source = TestFolders.copy(TestFolders.HEADS.resolve("bert-nli"), folder.resolve("model"));
        Object[][] values = {{"F32", Float.floatToRawIntBits(Float.NaN)}, {"F32", Float.floatToRawIntBits(-1 / 0f)},
            {"F16", 0x7C01}, {"F16", 0xFC00}, {"BF16", 0x7FC0}, {"BF16", 0xFF80}, {"F64", 1e300}, {"F64", Double.NaN}};
        for (Object[] value : values) {
            String dtype = (String) value[0];
            Map<String, TestFolders.Tensor> weights = TestFolders.weights(TestFolders.HEADS.resolve("bert-nli"), dtype);
            ByteBuffer bytes = ByteBuffer.wrap(weights.get("classifier.weight").bytes()).order(ByteOrder.LITTLE_ENDIAN);
            switch (dtype) {
                case "F64" -> bytes.putDouble(8 * 95, (Double) value[1]);
                case "F32" -> bytes.putInt(4 * 95, (Integer) value[1]);
                default -> bytes.putShort(2 * 95, ((Integer) value[1]).shortValue());
            }
            TestFolders.writeSafetensors(source.resolve("model.safetensors"), weights);
            try (FlatFile flat = ModelFiles.open(source)) {
                assertThat(catchThrowable(flat::verify)).isInstanceOf(ModelFormatException.class)
                        .hasMessageContainingAll("model.safetensors: ", "tensor classifier.weight", "NaN or infinity");
                assertThat(catchThrowable(() -> flat.floats("classifier.weight"))).hasMessageContaining("NaN");
                flat.floats("classifier.bias");
            }
        }
    }

    /** Files that are almost right are read or refused, and reading what they hold does not leave them. */
    @Test
    void fuzz() throws IOException {
        Path source = TestFolders.HEADS.resolve("bert-nli");
        Path copy = TestFolders.copy(source, folder.resolve("model"));
        byte[] sound = Files.readAllBytes(source.resolve("model.safetensors"));
        int length = (int) ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN).getLong();
        int refused = 0;
        for (int i = 0; i < INPUTS; i++) {
            Random random = new Random(SEED * 1_000_003 + i);
            byte[] fuzzed = new Mutator(random).mutate(sound, random.nextInt(10) == 0 ? 0 : 8, 8 + length);
            if (random.nextInt(10) > 0) {
                ByteBuffer.wrap(fuzzed).order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(0, length + fuzzed.length - sound.length);
            }
            // Another file each time: one that is written over is slow.
            Path file = copy.resolve("model.safetensors");
            Files.delete(file);
            Files.write(file, fuzzed);
            try (FlatFile flat = ModelFiles.open(copy)) {
                flat.verify();
                flat.tensors().forEach(tensor -> {
                    if (!tensor.name().equals(FlatFile.VOCABULARY)) {
                        assertThat(flat.floats(tensor.name())).hasSize((int) tensor.elements());
                    }
                });
            } catch (ModelFormatException e) {
                assertThat(e.getMessage().lines()).hasSize(1);
                refused++;
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("input " + i + " of seed " + SEED + ": "
                        + HexFormat.of().formatHex(Arrays.copyOf(fuzzed, 8 + length)), e);
            }
        }
        assertThat(refused).isGreaterThan(INPUTS / 50).isLessThan(INPUTS);
    }

    /** The same for the JSON files of a folder. */
    @Test
    void fuzzedJson() throws IOException {
        Path copy = TestFolders.copy(TestFolders.HEADS.resolve("st-bert-cls"), folder.resolve("model"));
        List<String> names = List.of("config.json", "modules.json", "1_Pooling/config.json",
                "sentence_bert_config.json", "config_sentence_transformers.json", "tokenizer_config.json");
        int refused = 0;
        for (int i = 0; i < INPUTS; i++) {
            Random random = new Random(SEED * 1_000_003 + i);
            Path json = copy.resolve(names.get(i % names.size()));
            byte[] sound = Files.readAllBytes(json);
            Files.write(json, new Mutator(random).mutate(sound, 0, sound.length));
            try (FlatFile flat = ModelFiles.open(copy)) {
                flat.header();
            } catch (ModelFormatException e) {
                assertThat(e.getMessage().lines()).hasSize(1);
                refused++;
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("input " + i + " of seed " + SEED + ": " + Files.readString(json,
                        StandardCharsets.ISO_8859_1), e);
            }
            Files.write(json, sound);
        }
        assertThat(refused).isGreaterThan(INPUTS / 50).isLessThan(INPUTS);
    }
}
