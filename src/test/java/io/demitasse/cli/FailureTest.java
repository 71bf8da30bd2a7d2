package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A failure ends with exit code 1 and one line that names its cause. */
class FailureTest {

    private static final String FIRST_LINE = "{\"input_ids\":[1,2]}\n";

    @TempDir
    Path folder;

    private static Run classify(String input) {
        return Run.withInput(input, "classify", "--jsonl", "--model", Run.TINY, "--kernels", "plain");
    }

    private Run evaluate(String rows) throws IOException {
        Path data = Files.writeString(folder.resolve("data.tsv"), rows);
        return Run.of("evaluate", "--data", data.toString(), "--model", Run.TINY, "--kernels", "plain");
    }

    @Test
    void aModelThatIsNotThere() {
        Run.of("classify", "good", "--model", folder.resolve("none.flat").toString())
                .fails(1, folder.resolve("none.flat") + ": no such file").printsNothing();
    }

    @Test
    void aFolderAsModel() {
        Run.of("classify", "good", "--model", folder.toString())
                .fails(1, folder.resolve("config.json") + ": no such file").printsNothing();
    }

    @Test
    void aTextFileAsModel() throws IOException {
        Path text = Files.writeString(folder.resolve("model.txt"), "This is a letter, and no model.");

        Run.of("info", text.toString()).fails(1, text.toString(), "not a flat weight file", "DEMIFLAT", "\"This is \"")
                .printsNothing();
    }

    @Test
    void aTextForAModelWithoutAVocabulary() {
        Run.of("classify", "good", "--model", Run.TINY).fails(1, "no vocabulary").printsNothing();
    }

    @Test
    void aLineThatIsNotJsonIsNamedAndTheLinesBeforeItAreAnswered() {
        Run run = classify(FIRST_LINE + "\n" + FIRST_LINE + "{input_ids:[1]}\n" + FIRST_LINE)
                .fails(1, "stdin, line 4: not valid JSON: unexpected text at line 1 column 3");

        assertThat(run.out().lines()).hasSize(2).allMatch(line -> line.endsWith("\t[1, 2]"));
    }

    @Test
    void idsThatTheModelDoesNotKnow() {
        classify("{\"input_ids\":[1,200]}\n").fails(1, "stdin, line 1: ", "token id 200", "199").printsNothing();
    }

    @Test
    void idsThatTheModelDoesNotKnowAmongOthers() {
        Run run = classify(FIRST_LINE + "\n" + FIRST_LINE + "{\"input_ids\":[1,200]}\n" + FIRST_LINE)
                .fails(1, "stdin, line 4: ", "token id 200");

        assertThat(run.out().lines()).hasSize(2).allMatch(line -> line.endsWith("\t[1, 2]"));
    }

    @Test
    void aTextThatIsTooLongWhereNothingMayBeCut() {
        Path model = TestModels.tinyWithWords(folder.resolve("words.flat"));
        Run run = Run.of("classify", "--truncation", "fail", "--model", model.toString(), "--kernels", "plain", "good",
                "bad ".repeat(63), "good").fails(1, "text 2: ", "65 tokens", "at most 64");

        assertThat(run.out().lines()).hasSize(1);
    }

    @Test
    void linesThatTokenizeCannotReadAreNamed() {
        Run run = Run.withInput("\"good\"\n{\"input_ids\":[1]}\n", "tokenize", "--jsonl", "--vocab", Run.VOCABULARY)
                .fails(1, "stdin, line 2: ", "tokenize takes \"text\"");

        assertThat(run.out().lines()).hasSize(1);
    }

    @Test
    void noIds() {
        classify("{\"input_ids\":[]}\n").fails(1, "stdin, line 1", "\"input_ids\" is empty").printsNothing();
    }

    @Test
    void moreIdsThanTheModelHasPositions() {
        classify("{\"input_ids\":[1" + ",1".repeat(64) + "]}\n").fails(1, "65", "64 positions").printsNothing();
    }

    @Test
    void dataWithAnotherHeader() throws IOException {
        evaluate("title\tlabel\ngood\t1\n")
                .fails(1, folder.resolve("data.tsv") + ", line 1: ", "sentence<TAB>label", "\"title").printsNothing();
    }

    @Test
    void dataWithALabelThatTheModelDoesNotHave() throws IOException {
        evaluate("sentence\tlabel\ngood\t1\nbad\tLABEL_2\n")
                .fails(1, folder.resolve("data.tsv") + ", line 3: ", "\"LABEL_2\"", "[LABEL_0, LABEL_1]")
                .printsNothing();
    }

    @Test
    void dataWithoutRows() throws IOException {
        evaluate("sentence\tlabel\n\n").fails(1, folder.resolve("data.tsv") + ": it has no rows").printsNothing();
    }

    @Test
    void aFolderAsData() {
        Run.of("evaluate", "--data", folder.toString(), "--model", Run.TINY, "--kernels", "plain")
                .fails(1, folder + ": a directory").printsNothing();
    }

    @Test
    void aFolderAsVocabulary() {
        Run.of("tokenize", "good", "--vocab", folder.toString()).fails(1, folder + ": a directory").printsNothing();
    }

    @Test
    void quantizingIntoAFolderThatIsNotThere() throws IOException {
        Path none = folder.resolve("none");

        Run.of("quantize", Run.TINY, none.resolve("out.flat").toString(), "--dtype", "f16")
                .fails(1, "demitasse: " + none + ": no such file or folder").printsNothing();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void quantizingOntoAFolder() {
        Run.of("quantize", Run.TINY, folder.toString(), "--dtype", "f16").fails(1, folder + ": a directory");
    }

    /** The command line, beside which another thread runs out of memory. */
    static final class BesideAThreadThatFails {
        public static void main(String[] args) throws InterruptedException {
            int exit = Demitasse.run(args);
            Thread thread = new Thread(() -> {
                throw new OutOfMemoryError("Java heap space");
            });
            thread.start();
            thread.join();
            System.exit(exit);
        }
    }

    @Test
    void aThreadBesideThatRunsOutOfMemoryPrintsOneLine() throws IOException {
        Path err = folder.resolve("err");
        ProcessBuilder builder = Run.process("--version");
        builder.command().replaceAll(argument -> argument.equals(Demitasse.class.getName())
                ? BesideAThreadThatFails.class.getName() : argument);
        Process process = builder.redirectError(err.toFile()).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();

        assertThat(Run.exit(process)).isZero();
        assertThat(err).hasContent("demitasse: out of memory (Java heap space): give Java more, as in JAVA_OPTS=-Xmx4g");
    }

    @Test
    void debugShowsWhereInTheCode() {
        Run run = Run.of("info", "--debug", folder.resolve("none.flat").toString());

        assertThat(run.exit()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines()).first().isEqualTo("demitasse: " + folder.resolve("none.flat") + ": no such file");
        assertThat(run.err()).contains("ModelFormatException", "\tat io.demitasse.file.FlatFile.open");
    }
}
