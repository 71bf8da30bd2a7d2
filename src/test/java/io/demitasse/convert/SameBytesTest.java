package io.demitasse.convert;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonPrimitive;
import io.demitasse.TestModels;
import io.demitasse.file.Dtype;
import io.demitasse.file.ModelFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Java and tools/convert.py write the same bytes of the same folder, or both refuse it for the same file. */
class SameBytesTest {

    private static final Map<String, Dtype> FORMS = new LinkedHashMap<>();

    static {
        FORMS.put("keep", null);
        FORMS.put("f32", Dtype.F32);
        FORMS.put("f16", Dtype.F16);
        FORMS.put("int8", Dtype.I8);
    }

    private static PythonConverter python;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        python = new PythonConverter();
    }

    @AfterAll
    static void stop() {
        if (python != null) {
            python.close();
        }
    }

    /** Returns whether the folder was converted, and not refused. */
    private boolean assertSame(Path source, String form) throws IOException {
        Path theirs = folder.resolve("python.flat");
        Path ours = folder.resolve("java.flat");
        Files.deleteIfExists(theirs);
        Files.deleteIfExists(ours);
        String refusal = python.convert(source, theirs, form);
        String ownRefusal = "";
        try (HuggingFaceFolder opened = HuggingFaceFolder.open(source)) {
            opened.write(ours, FORMS.get(form), Map.of());
        } catch (ModelFormatException e) {
            ownRefusal = e.getMessage();
        }
        assertThat(file(ownRefusal)).as("%s: %s; %s", source, ownRefusal, refusal).isEqualTo(file(refusal));
        if (refusal.isEmpty()) {
            assertThat(Files.mismatch(ours, theirs)).as("first other byte of %s as %s", source, form).isEqualTo(-1);
        }
        return refusal.isEmpty();
    }

    private static String file(String refusal) {
        return refusal.split(": ")[0];
    }

    @ParameterizedTest
    @ValueSource(strings = {"keep", "f32", "f16", "int8"})
    void everyFolderInTheResources(String form) throws IOException {
        int converted = 0;
        for (Path source : TestFolders.all()) {
            converted += assertSame(source, form) ? 1 : 0;
        }
        assertThat(converted).isGreaterThan(30);
    }

    @ParameterizedTest
    @ValueSource(strings = {"F16", "BF16", "F64"})
    void everyDtype(String dtype) throws IOException {
        for (String name : List.of("bert-nli", "distilbert-mlm", "st-bert-cls")) {
            Path source = TestFolders.copy(TestFolders.HEADS.resolve(name), folder.resolve(name + dtype));
            TestFolders.writeSafetensors(source.resolve("model.safetensors"), TestFolders.weights(source, dtype));
            for (String form : FORMS.keySet()) {
                assertThat(assertSame(source, form)).isTrue();
            }
        }
    }

    @Test
    void shards() throws IOException {
        Path source = TestFolders.copy(TestFolders.HEADS.resolve("bert-mlm"), folder.resolve("sharded"));
        TestFolders.shard(source);
        for (String form : FORMS.keySet()) {
            assertThat(assertSame(source, form)).isTrue();
        }
        assertThat(Files.size(folder.resolve("java.flat"))).isPositive();
    }

    /** With matrices that are large enough to become bytes, rows of zeros among them, and very small numbers. */
    @Test
    void matricesThatBecomeBytes() throws IOException {
        Path source = TestFolders.copy(TestFolders.HEADS.resolve("bert-mlm"), folder.resolve("large"));
        TestFolders.set(source.resolve("config.json"), "vocab_size", new JsonPrimitive(4000));
        Map<String, TestFolders.Tensor> weights = TestFolders.weights(source, "F32");
        float[] words = new float[4000 * 32];
        Random random = new Random(1);
        for (int i = 0; i < words.length; i++) {
            int row = i / 32;
            float size = row % 50 == 1 ? 1e-44f : row % 50 == 2 ? 3e-40f : 1;
            words[i] = row % 50 == 0 ? 0 : (float) random.nextGaussian() * size;
        }
        weights.put("bert.embeddings.word_embeddings.weight", tensor(words, 4000, 32));
        weights.put("cls.predictions.bias", tensor(new float[4000], 4000));
        TestFolders.writeSafetensors(source.resolve("model.safetensors"), weights);
        for (String form : FORMS.keySet()) {
            assertThat(assertSame(source, form)).isTrue();
        }
    }

    private static TestFolders.Tensor tensor(float[] floats, long... shape) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * floats.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(floats);
        return new TestFolders.Tensor("F32", Arrays.stream(shape).boxed().toList(), bytes.array());
    }

    /** What a config.json may hold: numbers as they are written, texts with all kinds of letters, depths. */
    @Test
    void configsAreWrittenAsTheyAre() throws IOException {
        Path source = TestFolders.copy(TestFolders.HEADS.resolve("bert-nli"), folder.resolve("config"));
        Path config = source.resolve("config.json");
        String json = Files.readString(config).strip();
        String more = "\"a\": 1E-5, \"b\": [0.10, -0, -0.0, 1e22, 123456789012345678901234567890, 1e999, -1E999, NaN,"
                + " -Infinity], \"c\": \"\u00e9 \u4e2d \ud83d\ude00 \u2028\u2029 \\u0001 \\n \\u007f \\/ <&'> \\\"\","
                + " \"\u2028\": {\"d\": {}, \"e\": [], \"f\": null, \"g\": \"NaN\\\\\"}, \"h\": 0.1e+1, \"i\": 5e-324,";
        Files.writeString(config, "{" + more + json.substring(1));
        for (String form : FORMS.keySet()) {
            assertThat(assertSame(source, form)).isTrue();
        }
    }

    @Test
    void theModelsBesideTheProject() throws IOException {
        for (String model : List.of("models/minilm-l6", "models/sst2-reference")) {
            Path source = TestModels.shared(model);
            for (String form : List.of("keep", "int8")) {
                assertThat(assertSame(source, form)).isTrue();
            }
        }
    }
}
