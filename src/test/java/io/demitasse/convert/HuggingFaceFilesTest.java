package io.demitasse.convert;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.file.Dtype;
import io.demitasse.file.FlatFile;
import io.demitasse.file.JsonFiles;
import io.demitasse.file.ModelFormatException;
import io.demitasse.file.TensorInfo;
import io.demitasse.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** docs/huggingface-files.md is true: each row's key is set to its value in a folder, and both converters asked. */
class HuggingFaceFilesTest {

    private static final Path TABLES = Path.of("docs/huggingface-files.md");
    private static final Pattern ROW = Pattern.compile(
            "\\| `([^`]+)` \\| `([^`]+)` \\| (read|refused|no effect) \\|.*");

    /** One row, and the heading above it. */
    record Row(String heading, String key, String value, String what) {

        @Override
        public String toString() {
            return heading + " " + key + " " + value + " " + what;
        }
    }

    private static PythonConverter python;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        try {
            python = new PythonConverter();
        } catch (org.opentest4j.TestAbortedException e) {
            // Then Java's converter is tested alone; SameBytesTest says that the other is missing.
            python = null;
        }
    }

    @AfterAll
    static void stop() {
        if (python != null) {
            python.close();
        }
    }

    static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        String heading = "";
        for (String line : Files.readAllLines(TABLES)) {
            Matcher row = ROW.matcher(line);
            if (line.startsWith("#")) {
                heading = line.replaceFirst("#+ ", "");
            } else if (row.matches()) {
                rows.add(new Row(heading, row.group(1), row.group(2), row.group(3)));
            } else {
                assertThat(line).as("a row that is none").doesNotContain("` | ");
            }
        }
        return rows;
    }

    @Test
    void thereAreRowsOfEveryFile() throws IOException {
        assertThat(rows()).hasSizeGreaterThan(150);
        assertThat(rows()).extracting(Row::heading).contains("config.json", "Of a DistilBERT", "tokenizer_config.json",
                "tokenizer.json", "sentence_bert_config.json", "config_sentence_transformers.json",
                "1_Pooling/config.json", "2_Normalize/config.json", "2_Dense/config.json");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void aRow(Row row) throws IOException {
        Path base = base(row);
        Path changed = TestFolders.copy(base, folder.resolve("changed"));
        String file = row.heading.equals("Of a DistilBERT") ? "config.json" : row.heading;
        set(changed.resolve(file), row.key, row.value);
        List<Object> before = facts(base);
        List<Object> after = facts(changed);
        String refusal = after.size() == 1 ? (String) after.get(0) : "";
        assertThat(before).as("the folder without the row's change: %s", before).hasSizeGreaterThan(1);
        switch (row.what) {
            case "no effect" -> assertThat(after).isEqualTo(before);
            case "refused" -> assertThat(refusal).contains(key(row.key));
            default -> assertThat(after.equals(before)).as("obeyed, or refused by the tensors: %s", after).isFalse();
        }
        if (!refusal.isEmpty()) {
            assertThat(refusal).startsWith(changed.toString()).contains(key(row.key));
        }
        if (python != null) {
            comparePython(changed, refusal);
        }
    }

    private static String key(String key) {
        return key.substring(key.lastIndexOf('.') + 1);
    }

    private void comparePython(Path changed, String refusal) throws IOException {
        Path theirs = folder.resolve("python.flat");
        String theirRefusal = python.convert(changed, theirs, "keep");
        assertThat(theirRefusal.split(": ")[0]).as("%s; %s", refusal, theirRefusal).isEqualTo(refusal.split(": ")[0]);
        if (refusal.isEmpty()) {
            Path ours = folder.resolve("java.flat");
            try (HuggingFaceFolder opened = HuggingFaceFolder.open(changed)) {
                opened.write(ours, null, Map.of());
            }
            assertThat(Files.mismatch(ours, theirs)).isEqualTo(-1);
        }
    }

    /** What a folder's model is; of one that is refused, the message alone. */
    private static List<Object> facts(Path source) {
        try (FlatFile file = ModelFiles.open(source)) {
            List<Object> facts = new ArrayList<>(List.of(ModelConfig.of(file), file.tokenizer(), file.labels()));
            facts.add(String.valueOf(file.sentenceTransformers()));
            facts.add(file.tensors().stream().map(TensorInfo::name).toList());
            return facts;
        } catch (ModelFormatException e) {
            return List.of(Objects.requireNonNull(e.getMessage()));
        }
    }

    /** The folder that a row changes. */
    private Path base(Row row) throws IOException {
        String head = switch (row.heading) {
            case "config.json" -> row.key.equals("tie_word_embeddings") ? "bert-mlm" : "bert-nli";
            case "Of a DistilBERT" -> "distilbert-nli";
            case "tokenizer_config.json" -> "bert-nli";
            case "tokenizer.json" -> "";
            default -> "st-bert-cls";
        };
        Path source = head.isEmpty() ? TestFolders.CASES.resolve("7/noclean") : TestFolders.HEADS.resolve(head);
        Path base = TestFolders.copy(source, folder.resolve("base"));
        if (row.heading.equals("config.json") && row.key.equals("tokenizer_class")) {
            set(base.resolve("tokenizer_config.json"), "tokenizer_class", "null");
        } else if (row.heading.equals("1_Pooling/config.json") && row.key.equals("pooling_mode")) {
            TestFolders.write(base.resolve(row.heading), "{\"embedding_dimension\": 32, \"pooling_mode\": \"cls\"}");
        } else if (row.heading.startsWith("2_Dense")) {
            addDense(base);
        }
        return base;
    }

    private static void addDense(Path base) {
        Path modules = base.resolve("modules.json");
        var list = JsonFiles.read(modules).getAsJsonArray();
        JsonObject dense = list.get(2).getAsJsonObject().deepCopy();
        dense.addProperty("path", "2_Dense");
        dense.addProperty("type", "sentence_transformers.models.Dense");
        var extended = new com.google.gson.JsonArray();
        list.asList().subList(0, 2).forEach(extended::add);
        extended.add(dense);
        extended.add(list.get(2));
        TestFolders.write(modules, extended.toString());
        TestFolders.write(base.resolve("2_Dense/config.json"), "{\"in_features\": 32, \"out_features\": 5}");
        Map<String, TestFolders.Tensor> weights = new HashMap<>();
        weights.put("linear.weight", new TestFolders.Tensor(Dtype.F32.name(), List.of(5L, 32L), new byte[4 * 5 * 32]));
        weights.put("linear.bias", new TestFolders.Tensor(Dtype.F32.name(), List.of(5L), new byte[4 * 5]));
        TestFolders.writeSafetensors(base.resolve("2_Dense/model.safetensors"), weights);
    }

    /** Sets a key, {@code outer.inner} for one of an inner object, to a value as it stands in the table. */
    private static void set(Path file, String key, String value) throws IOException {
        JsonObject json = Files.exists(file) ? JsonFiles.readObject(file) : new JsonObject();
        int dot = key.indexOf('.');
        if (dot >= 0) {
            JsonElement parsed = JsonParser.parseString(value);
            json.getAsJsonObject(key.substring(0, dot)).add(key.substring(dot + 1), parsed);
            TestFolders.write(file, json.toString());
            return;
        }
        json.remove(key);
        String rest = json.toString().substring(1);
        TestFolders.write(file, "{\"" + key + "\": " + value + (json.isEmpty() ? "" : ", ") + rest);
    }
}
