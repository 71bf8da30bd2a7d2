package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.file.FlatFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** convert, and folders where other commands take a model. */
class ConvertTest {

    private static final Path RESOURCES = Path.of("src/test/resources");
    private static final String NLI = RESOURCES.resolve("heads/bert-nli").toString();

    @TempDir
    Path folder;

    @Test
    void aFolderBecomesAFile() {
        Path target = folder.resolve("nli.flat");
        Run run = Run.of("convert", NLI, target.toString(), "--dtype", "f16", "--license", "Apache-2.0", "--metadata",
                "note=a=b").succeeds();
        try (FlatFile file = FlatFile.open(target)) {
            assertThat(run.out()).isEqualTo(target + ": 42 tensors, 46179 parameters, " + file.size() + " bytes\n");
            assertThat(file.metadata().entrySet().stream().map(Object::toString)).containsExactly("source=bert-nli",
                    "converter=demitasse convert", "dtype=f16", "license=Apache-2.0", "note=a=b");
        }
        Run classified = Run.of("classify", "--model", target.toString(), "--kernels", "plain", "a good film");
        assertThat(classified.succeeds().out()).contains("a good film");
    }

    @Test
    void aFolderIsAModel() throws IOException {
        Path target = folder.resolve("nli.flat");
        Run.of("convert", NLI, target.toString()).succeeds();
        String[] commands = {"classify --json", "embed", "tokenize"};
        for (String command : commands) {
            String[] words = (command + " --model @ the_film").split(" ");
            String ofFolder = run(words, NLI);
            assertThat(ofFolder).isNotEmpty().isEqualTo(run(words, target.toString()));
        }
        assertThat(Run.of("info", NLI).succeeds().out()).contains("BertForSequenceClassification");
        try (Stream<Path> files = Files.list(Path.of(NLI))) {
            assertThat(files).noneMatch(path -> path.toString().endsWith(".flat"));
        }
    }

    private static String run(String[] words, String model) {
        String[] arguments = words.clone();
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = arguments[i].replace("@", model);
        }
        return Run.of(arguments).succeeds().out();
    }

    @Test
    void notesAreToldOnStderr() {
        Run run = Run.of("convert", RESOURCES.resolve("cases/3/ner").toString(), folder.resolve("ner.flat").toString());
        assertThat(run.exit()).isZero();
        assertThat(run.err()).isEqualTo(
                "demitasse: left out, as no part of BertForTokenClassification: bert.pooler.dense\n");
    }

    @Test
    void failures() throws IOException {
        Path target = folder.resolve("out.flat");
        String lfs = RESOURCES.resolve("cases/12/lfs").toString();
        Run.of("convert", lfs, target.toString()).fails(1, "model.safetensors", "Git LFS").printsNothing();
        Run.of("classify", "--model", lfs, "x").fails(1, "Git LFS").printsNothing();
        Run.of("convert", folder.resolve("none").toString(), target.toString()).fails(1, "none: not a folder");
        Run.of("convert", NLI, folder.toString()).fails(1, folder + ": a directory");
        Run.of("convert", NLI, folder.resolve("no/where.flat").toString()).fails(1, "no", "no such");
        Run.of("convert", NLI, target.toString(), "--dtype", "int4").fails(2, "--dtype", "int4");
        Run.of("convert", NLI, target.toString(), "--metadata", "source=x").fails(2, "--metadata", "source");
        Run.of("convert", NLI).fails(2, "OUT.flat");
        assertThat(target).doesNotExist();
    }
}
