package io.demitasse.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequantizerTest {

    /** Just large enough to become I8. */
    private static final List<Integer> LARGE = List.of(128, 512);
    private static final List<Integer> SMALL = List.of(127, 512);

    private Path folder;
    private Path source;
    private float[] large;
    private float[] small;

    @BeforeEach
    void aModel(@TempDir Path temporary) throws IOException {
        folder = temporary;
        source = folder.resolve("source.flat");
        large = random(128 * 512, 1);
        small = random(127 * 512, 2);
        JsonObject config = JsonParser.parseString("{\"dim\":512}").getAsJsonObject();
        JsonObject tokenizer = JsonParser.parseString("{\"lowercase\":true}").getAsJsonObject();
        new FlatFileWriter(config, tokenizer, List.of("no", "yes"), Map.of("source", "test", "dtype", "keep"))
                .bytes("vocabulary", "a\nb\n".getBytes(StandardCharsets.UTF_8))
                .floats("large", LARGE, large, Dtype.F32)
                .floats("small", SMALL, small, Dtype.F32)
                .floats("long", List.of(70_000), random(70_000, 3), Dtype.F32)
                .write(source);
    }

    private static float[] random(int length, long seed) {
        Random random = new Random(seed);
        float[] floats = new float[length];
        for (int i = 0; i < length; i++) {
            floats[i] = (float) random.nextGaussian();
        }
        return floats;
    }

    private static float largestDifference(float[] a, float[] b) {
        float largest = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i] - b[i]));
        }
        return largest;
    }

    @Test
    void asInt8LargeMatricesBecomeBytesAndTheRestStays() throws IOException {
        Path target = folder.resolve("int8.flat");
        Requantizer.Result result = Requantizer.convert(source, target, Dtype.I8);
        Quantization.Int8 expected = Quantization.toInt8(large, 128, 512);

        assertThat(result.bytesBefore()).isEqualTo(Files.size(source));
        assertThat(result.bytesAfter()).isEqualTo(Files.size(target)).isLessThan(result.bytesBefore() - 190_000);
        assertThat(result.changedTensor()).isEqualTo("large");
        try (FlatFile file = FlatFile.open(target)) {
            file.verify();
            assertThat(file.tensors()).extracting(TensorInfo::name)
                    .containsExactly("vocabulary", "large", "large.scales", "small", "long");
            assertThat(file.bytes("large")).isEqualTo(expected.values());
            assertThat(file.floats("large.scales")).containsExactly(expected.scales());
            assertThat(file.floats("small")).containsExactly(small);
            assertThat(file.tensor("small").dtype()).isEqualTo(Dtype.F32);
            assertThat(file.tensor("long").dtype()).isEqualTo(Dtype.F32);
            assertThat(result.largestChange()).isEqualTo(largestDifference(large, file.floats("large"))).isPositive();
            assertThat(file.labels()).containsExactly("no", "yes");
            assertThat(file.config().toString()).isEqualTo("{\"dim\":512}");
            assertThat(file.tokenizer().toString()).isEqualTo("{\"lowercase\":true}");
            assertThat(file.metadata()).containsEntry("source", "test").containsEntry("dtype", "int8");
            assertThat(file.bytes("vocabulary")).containsExactly('a', '\n', 'b', '\n');
        }
    }

    @Test
    void int8OfInt8IsTheSameFile() throws IOException {
        Path once = folder.resolve("once.flat");
        Path twice = folder.resolve("twice.flat");
        Requantizer.convert(source, once, Dtype.I8);
        Requantizer.Result result = Requantizer.convert(once, twice, Dtype.I8);

        assertThat(result.changedTensor()).isNull();
        assertThat(result.largestChange()).isZero();
        assertThat(Files.readAllBytes(twice)).isEqualTo(Files.readAllBytes(once));
    }

    @Test
    void rowsThatDoNotReachTheLimitKeepTheirBytesAndScales() throws IOException {
        byte[] values = new byte[128 * 512];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) (i % 101 - 50);
        }
        float[] scales = random(128, 4);
        Path target = folder.resolve("int8.flat");
        new FlatFileWriter(new JsonObject(), new JsonObject(), List.of(), Map.of())
                .int8("w", LARGE, new Quantization.Int8(values, scales)).write(source);

        assertThat(Requantizer.convert(source, target, Dtype.I8).changedTensor()).isNull();
        try (FlatFile file = FlatFile.open(target)) {
            assertThat(file.bytes("w")).isEqualTo(values);
            assertThat(file.floats("w.scales")).containsExactly(scales);
        }
    }

    @Test
    void halvesAndBack() throws IOException {
        Path halves = folder.resolve("f16.flat");
        Path back = folder.resolve("f32.flat");
        Requantizer.Result result = Requantizer.convert(source, halves, Dtype.F16);

        assertThat(Requantizer.convert(halves, back, Dtype.F32).changedTensor()).isNull();
        assertThat(Files.size(back)).isEqualTo(Files.size(source));
        try (FlatFile half = FlatFile.open(halves); FlatFile file = FlatFile.open(back)) {
            assertThat(half.tensor("small").dtype()).isEqualTo(Dtype.F16);
            assertThat(file.tensor("small").dtype()).isEqualTo(Dtype.F32);
            assertThat(file.floats("small")).containsExactly(half.floats("small"));
            float[] rounded = new float[small.length];
            for (int i = 0; i < small.length; i++) {
                rounded[i] = Halves.fromHalf(Halves.toHalf(small[i]));
            }
            assertThat(half.floats("small")).containsExactly(rounded);
            assertThat(result.largestChange()).isBetween(Float.MIN_VALUE, 0x1p-9f);
        }
    }

    @Test
    void bytesBecomeTheFloatsTheyStandFor() throws IOException {
        Path bytes = folder.resolve("int8.flat");
        Path floats = folder.resolve("f32.flat");
        Requantizer.convert(source, bytes, Dtype.I8);
        Requantizer.Result result = Requantizer.convert(bytes, floats, Dtype.F32);

        assertThat(result.changedTensor()).isNull();
        try (FlatFile before = FlatFile.open(bytes); FlatFile after = FlatFile.open(floats)) {
            assertThat(after.tensors()).extracting(TensorInfo::name)
                    .containsExactly("vocabulary", "large", "small", "long");
            assertThat(after.floats("large")).containsExactly(before.floats("large"));
        }
    }

    @Test
    void theSourceIsNotTheTarget() throws IOException {
        byte[] before = Files.readAllBytes(source);
        Path link = Files.createSymbolicLink(folder.resolve("link.flat"), source);

        for (Path target : List.of(source, link)) {
            assertThatIllegalArgumentException().isThrownBy(() -> Requantizer.convert(source, target, Dtype.I8))
                    .withMessageStartingWith(target + ": is read");
        }
        assertThat(source).hasBinaryContent(before);
    }

    @Test
    void whatDoesNotFitLeavesTheTargetAsItWas() throws IOException {
        Path large = folder.resolve("large.flat");
        Path target = Files.writeString(folder.resolve("target.flat"), "DEMIFLAT before");
        new FlatFileWriter(new JsonObject(), new JsonObject(), List.of(), Map.of())
                .floats("w", List.of(1), new float[] {1e6f}, Dtype.F32).write(large);

        assertThatIllegalArgumentException().isThrownBy(() -> Requantizer.convert(large, target, Dtype.F16))
                .withMessage("tensor w: 1000000.0 is too large for F16");
        assertThat(target).hasContent("DEMIFLAT before");
    }

    @Test
    void aDamagedSourceLeavesTheTargetAsItWas() throws IOException {
        byte[] bytes = Files.readAllBytes(source);
        bytes[bytes.length - 1] ^= 1;
        Files.write(source, bytes);
        Path target = folder.resolve("target.flat");

        assertThatThrownBy(() -> Requantizer.convert(source, target, Dtype.F16))
                .isInstanceOf(ModelFormatException.class).hasMessageContaining("tensor long: crc32");
        assertThat(target).doesNotExist();
    }

    @Test
    void thereAreThreeForms() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Requantizer.convert(source, folder.resolve("t.flat"), Dtype.BF16))
                .withMessageContaining("BF16");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Requantizer.convert(source, folder.resolve("t.flat"), Dtype.U8))
                .withMessageContaining("U8");
    }
}
