package io.demitasse.file;

import static io.demitasse.file.RawFlatFile.littleEndian;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.demitasse.TestModels;
import io.demitasse.TextClassifier;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each way in which a file can be wrong gives one line that names the file, the place and the two values. */
class BadFlatFileTest {

    private static final int HEADER = RawFlatFile.FIRST - 24;

    private Path path;

    @BeforeEach
    void inATemporaryFolder(@TempDir Path folder) {
        path = folder.resolve("model.flat");
    }

    /** A sound file with a tensor of most kinds. */
    private static RawFlatFile sound() {
        RawFlatFile file = new RawFlatFile()
                .tensor("w", "I8", List.of(2, 3), new byte[] {1, 2, 3, 4, 5, 6})
                .tensor("w.scales", "F32", List.of(2), littleEndian(1, 2))
                .tensor("b", "F32", List.of(4), littleEndian(1, 2, 3, 4))
                .tensor("c", "F32", List.of(16), new byte[64])
                .tensor("vocabulary", "U8", List.of(2), new byte[] {'a', '\n'});
        file.row("w").addProperty("scales", "w.scales");
        file.header.getAsJsonArray("labels").add("yes");
        file.header.getAsJsonObject("metadata").addProperty("source", "a test");
        return file;
    }

    private static void readAll(Path path) {
        try (FlatFile file = FlatFile.open(path)) {
            file.verify();
        }
    }

    private void assertRefused(String... parts) {
        Throwable thrown = catchThrowable(() -> readAll(path));
        assertThat(thrown).isExactlyInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(path + ": ").hasMessageContainingAll(parts);
        assertThat(thrown.getMessage()).hasSizeLessThan(path.toString().length() + 600)
                .doesNotContainPattern("[\\p{Cntrl}\\u0085\\u2028\\u2029]").doesNotContain("Exception", "JsonReader");
    }

    @Test
    void theSoundFileIsSound() {
        sound().write(path);
        readAll(path);
    }

    @Test
    void noFile() {
        assertRefused("no such file");
    }

    @Test
    void aFolder() throws IOException {
        Files.createDirectory(path);
        assertRefused("a directory");
    }

    @Test
    void aFileInPlaceOfAFolder() throws IOException {
        path = Files.writeString(path, "x").resolve("model.flat");
        assertRefused("cannot be read: Not a directory");
    }

    @Test
    void anEmptyFile() throws IOException {
        Files.createFile(path);
        assertRefused("size", "24", "found 0");
    }

    @Test
    void aFileThatEndsInItsFirstBytes() throws IOException {
        Files.write(path, Arrays.copyOf(sound().toBytes(), 23));
        assertRefused("size", "24", "found 23");
    }

    @Test
    void aTextFile() throws IOException {
        Files.writeString(path, "sentence\tlabel\nan affecting, moving film\t1\n");
        assertRefused("not a flat weight file", "DEMIFLAT", "\"sentence\"");
    }

    @Test
    void aBinaryFile() throws IOException {
        Files.write(path, new byte[100]);
        assertRefused("not a flat weight file", "DEMIFLAT", "\"????????\"");
    }

    static Stream<Arguments> preambles() {
        return Stream.of(
                arguments(8, 3L, new String[] {"version", "expected 1 or 2", "found 3"}),
                arguments(8, 0xFFFFFFFFL, new String[] {"version", "expected 1 or 2", "found 4294967295"}),
                arguments(12, 7L, new String[] {"reserved", "expected 0", "found 7"}),
                arguments(16, 0L, new String[] {"header's length", "found 0"}),
                arguments(16, HEADER - 1L, new String[] {"header's length", "64", "found " + (HEADER - 1)}),
                arguments(16, HEADER + 64_000L, new String[] {"header's length", "found " + (HEADER + 64_000)}),
                arguments(16, HEADER | 1L << 40, new String[] {"header's length", "found " + (HEADER | 1L << 40)}),
                arguments(16, Long.MAX_VALUE, new String[] {"header's length", "found 9223372036854775807"}),
                arguments(16, Long.MIN_VALUE | HEADER,
                        new String[] {"header's length", "found " + Long.toUnsignedString(Long.MIN_VALUE | HEADER)}),
                arguments(16, -1L, new String[] {"header's length", "found 18446744073709551615"}));
    }

    @ParameterizedTest
    @MethodSource("preambles")
    void aWrongPreamble(int at, long value, String[] parts) throws IOException {
        byte[] file = sound().toBytes();
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        if (at == 16) {
            bytes.putLong(at, value);
        } else {
            bytes.putInt(at, (int) value);
        }
        Files.write(path, file);
        assertRefused(parts);
    }

    static Stream<Arguments> texts() {
        String json = sound().header.toString();
        return Stream.of(
                arguments("blank", "", "not valid JSON"),
                arguments("no JSON", "config: {}", "not valid JSON"),
                arguments("cut off", json.substring(0, json.length() - 1), "not valid JSON"),
                arguments("more behind it", json + " x", "not valid JSON"),
                arguments("a second object", json + json, "not valid JSON"),
                arguments("an array", "[" + json + "]", "not a JSON object"),
                arguments("a number", "12", "not a JSON object"),
                arguments("a comment", "/* flat */" + json, "not valid JSON"),
                arguments("names without quotes", "{config:{}}", "not valid JSON"),
                arguments("100,000 arrays", "[".repeat(100_000), "not valid JSON"),
                arguments("100,000 closed arrays", "[".repeat(100_000) + "]".repeat(100_000), "not valid JSON"),
                arguments("100,000 objects", "{\"a\":".repeat(100_000), "not valid JSON"),
                arguments("a deep config", json.replace("{\"config\":{}", "{\"config\":{\"a\":" + "[".repeat(100_000)
                        + "]".repeat(100_000) + "}"), "not valid JSON"),
                arguments("a null byte", json.replace("\"a test\"", "\"a \0test\""), "not valid JSON"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("texts")
    void aHeaderThatIsNoJsonObject(String what, String header, String part) {
        RawFlatFile file = sound();
        file.headerBytes(header.getBytes(StandardCharsets.UTF_8));
        file.write(path);
        assertRefused("header", part);
    }

    @Test
    void aHeaderThatIsNotUtf8() {
        byte[] header = sound().header.toString().getBytes(StandardCharsets.UTF_8);
        header[header.length / 2] = (byte) 0xFF;
        RawFlatFile file = sound();
        file.headerBytes(header);
        file.write(path);
        assertRefused("header", "UTF-8");
    }

    private static Arguments bad(String what, Consumer<RawFlatFile> damage, String... parts) {
        return arguments(what, damage, parts);
    }

    private static Arguments badRow(String tensor, String key, String json, String... parts) {
        return bad(tensor + "." + key + " is " + json,
                file -> file.row(tensor).add(key, JsonParser.parseString(json)), parts);
    }

    private static Arguments noRow(String tensor, String key, String... parts) {
        return bad(tensor + " without " + key, file -> file.row(tensor).remove(key), parts);
    }

    static Stream<Arguments> parts() {
        Stream<Arguments> missing = Stream.of("config", "tokenizer", "labels", "metadata", "tensors")
                .map(key -> bad("no " + key, file -> file.header.remove(key), "\"" + key + "\"", "null"));
        Stream<Arguments> ofWrongType = Stream.of("config", "tokenizer", "labels", "metadata", "tensors")
                .map(key -> bad(key + " is a number", file -> file.header.addProperty(key, 17),
                        "\"" + key + "\"", key.equals("labels") ? "an array" : "an object", "found 17"));
        Stream<Arguments> others = Stream.of(
                bad("config is null", file -> file.header.add("config", JsonNull.INSTANCE), "\"config\"", "null"),
                bad("config is an array", file -> file.header.add("config", new JsonArray()), "\"config\"", "[]"),
                bad("labels is an object", file -> file.header.add("labels", new JsonObject()), "\"labels\"", "{}"),
                bad("a label is a number", file -> file.header.getAsJsonArray("labels").add(5), "labels", "5"),
                bad("a fact is a list", file -> file.header.getAsJsonObject("metadata").add("made", new JsonArray()),
                        "metadata.made", "a string", "[]"),
                bad("a very long text in place of labels",
                        file -> file.header.addProperty("labels", "x".repeat(1000)), "\"labels\"", "an array"));
        return Stream.of(missing, ofWrongType, others).flatMap(arguments -> arguments);
    }

    static Stream<Arguments> rows() {
        return Stream.of(
                bad("w is a number", file -> file.header.getAsJsonObject("tensors").addProperty("w", 3),
                        "tensor w", "an object", "3"),
                badRow("b", "dtype", "\"F64\"", "tensor b", "dtype", "F32, F16, BF16, I8, U8", "F64"),
                badRow("b", "dtype", "\"f32\"", "tensor b", "dtype", "f32"),
                badRow("b", "dtype", "\"F32\\n\\u001b[31m\\u2028\"", "tensor b", "dtype", "F32"),
                badRow("b", "dtype", "32", "b", "dtype", "a string", "32"),
                noRow("b", "dtype", "b", "dtype", "null"),
                badRow("b", "shape", "4", "tensor b", "shape", "an array", "4"),
                noRow("b", "shape", "tensor b", "shape", "null"),
                badRow("b", "shape", "[-4]", "b", "shape", "from 0", "-4"),
                badRow("b", "shape", "[-2,-2]", "b", "shape", "from 0", "-2"),
                badRow("b", "shape", "[2.5]", "b", "shape", "a whole number", "2.5"),
                badRow("b", "shape", "[4.0]", "b", "shape", "a whole number", "4.0"),
                badRow("b", "shape", "[\"4\"]", "b", "shape", "a whole number", "\"4\""),
                badRow("b", "shape", "[null]", "b", "shape", "a whole number", "null"),
                badRow("b", "shape", "[[4]]", "b", "shape", "a whole number", "[4]"),
                badRow("b", "shape", "[2147483648]", "b", "shape", "2147483647", "2147483648"),
                badRow("b", "shape", "[1e999999999]", "b", "shape", "a whole number", "1e999999999"),
                badRow("b", "shape", "[2147483647]", "tensor b", "bytes", "8589934588", "found 16"),
                badRow("b", "shape", "[2147483647,2147483647,2147483647]", "tensor b", "shape", "2147483647"),
                badRow("b", "shape", "[2147483647,2147483647]", "tensor b", "2147483647"),
                badRow("b", "shape", "[5]", "tensor b", "bytes", "expected 20 for F32 [5]", "found 16"),
                badRow("b", "shape", "[]", "tensor b", "bytes", "expected 4 for F32 []", "found 16"),
                badRow("b", "shape", "[0]", "tensor b", "bytes", "expected 0 for F32 [0]", "found 16"),
                badRow("b", "bytes", "15", "tensor b", "bytes", "expected 16 for F32 [4]", "found 15"),
                badRow("b", "bytes", "-1", "b", "bytes", "from 0", "-1"),
                noRow("b", "bytes", "b", "bytes", "null"),
                badRow("b", "offset", "" + (RawFlatFile.FIRST + 4), "tensor b", "offset", "64",
                        "found " + (RawFlatFile.FIRST + 4)),
                badRow("b", "offset", "64", "tensor b", "offset", "at least " + RawFlatFile.FIRST, "found 64"),
                badRow("b", "offset", "0", "tensor b", "offset", "at least " + RawFlatFile.FIRST, "found 0"),
                badRow("b", "offset", "6400", "tensor b", "6400 + 16", "found " + sound().toBytes().length),
                badRow("c", "offset", "9223372036854775744", "tensor c", "9223372036854775744 + 64"),
                badRow("b", "offset", "9223372036854775808", "b", "offset", "9223372036854775808"),
                badRow("b", "offset", "-64", "b", "offset", "from 0", "-64"),
                badRow("b", "offset", "" + (RawFlatFile.FIRST + 64), "tensor ", "overlaps",
                        "at least " + (RawFlatFile.FIRST + 72), "found " + (RawFlatFile.FIRST + 64)),
                badRow("b", "crc32", "1", "tensor b", "crc32", "expected 1", "found " + crc32OfB()),
                badRow("b", "crc32", "4294967296", "b", "crc32", "4294967295", "4294967296"),
                noRow("b", "crc32", "b", "crc32", "null"),
                noRow("w", "scales", "tensor w", "scales", "null"),
                badRow("w", "scales", "\"v.scales\"", "tensor w", "scales", "v.scales"),
                badRow("w", "scales", "null", "w", "scales", "null"),
                badRow("w", "scales", "\"b\"", "tensor w", "scales b", "F32 [2]", "F32 [4]"),
                badRow("w", "scales", "\"vocabulary\"", "tensor w", "scales vocabulary", "F32 [2]", "U8 [2]"),
                badRow("w", "scales", "\"w\"", "tensor w", "scales w", "F32 [2]", "I8 [2, 3]"));
    }

    private static long crc32OfB() {
        return sound().row("b").get("crc32").getAsLong();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"parts", "rows"})
    void aWrongValueInTheHeader(String what, Consumer<RawFlatFile> damage, String[] parts) {
        RawFlatFile file = sound();
        damage.accept(file);
        file.write(path);
        assertRefused(parts);
    }

    @Test
    void aTensorLargerThanAMemoryMapCanBe() {
        RawFlatFile file = sound();
        file.row("b").add("shape", JsonParser.parseString("[600000000]"));
        file.row("b").addProperty("bytes", 2_400_000_000L);
        file.write(path);
        assertRefused("tensor b", "bytes", "at most 2147483639", "found 2400000000");
    }

    @Test
    void aTensorWithAStrangeName() {
        RawFlatFile file = sound().tensor("x\r\n\u001B[2J\u2028", "F32", List.of(1), littleEndian(1));
        file.row("x\r\n\u001B[2J\u2028").add("crc32", new JsonPrimitive(3));
        file.write(path);
        assertRefused("tensor x", "crc32", "expected 3");
    }

    @Test
    void aClassifierThatIsNoMatrix() throws IOException {
        try (FlatFile tiny = FlatFile.open(TestModels.TINY)) {
            FlatFileWriter writer = new FlatFileWriter(tiny.header());
            for (TensorInfo tensor : tiny.tensors()) {
                if (tensor.name().equals("classifier.weight")) {
                    writer.floats(tensor.name(), List.of(), new float[1], Dtype.F32);
                } else {
                    writer.floats(tensor.name(), tensor.shape(), tiny.floats(tensor.name()), Dtype.F32);
                }
            }
            writer.write(path);
        }

        assertThatThrownBy(() -> TextClassifier.load(path)).isInstanceOf(ModelFormatException.class)
                .hasMessageStartingWith(path + ": tensor classifier.weight").hasMessageEndingWith("found []");
    }

    @Test
    void aFileThatIsCutInItsTensors() throws IOException {
        byte[] file = sound().toBytes();
        Files.write(path, Arrays.copyOf(file, file.length - 1));
        assertRefused("tensor vocabulary", "cut off", "found " + (file.length - 1));
    }

    @Test
    void aHeaderThatDoesNotFitItsChecksum() {
        RawFlatFile file = sound();
        file.header.getAsJsonObject("metadata").addProperty("header_crc32", "0badf00d");
        file.write(path);
        assertRefused("header_crc32", "expected 0badf00d", "found ");
    }

    @Test
    void aChecksumInAnotherFormIsNotPassedOver() {
        for (String checksum : List.of("", "1", "00000000000", "0x123456", "\n\n\n\n\n\n\n\n", "\"{}}\"", "é")) {
            RawFlatFile file = sound();
            file.header.getAsJsonObject("metadata").addProperty("header_crc32", checksum);
            file.write(path);
            assertRefused("header_crc32");
        }
        RawFlatFile file = sound();
        file.header.getAsJsonObject("metadata").addProperty("header_crc32", "0badf00d");
        file.headerBytes(file.header.toString().replace("\"header_crc32\":", "\"header_crc32\" : ")
                .getBytes(StandardCharsets.UTF_8));
        file.write(path);
        assertRefused("header_crc32", "0badf00d");
    }
}
