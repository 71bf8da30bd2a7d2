package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.demitasse.train.Dataset.Example;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetTest {

    private static final List<String> LABELS = List.of("NEGATIVE", "POSITIVE");

    private Path file;

    @BeforeEach
    void inATemporaryFolder(@TempDir Path folder) {
        file = folder.resolve("data.tsv");
    }

    private List<Example> read(String content) {
        try {
            return Dataset.read(Files.writeString(file, content), LABELS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ThrowableAssertAlternative<IllegalArgumentException> assertRefused(String content) {
        return assertThatIllegalArgumentException().isThrownBy(() -> read(content));
    }

    @Test
    void labelsAreNamesOrNumbers() {
        assertThat(read("sentence\tlabel\na fine film\t1\n\na bore\tNEGATIVE\nso-so\t0\nwow\tPOSITIVE"))
                .containsExactly(new Example("a fine film", 1), new Example("a bore", 0), new Example("so-so", 0),
                        new Example("wow", 1));
    }

    @Test
    void aNameThatIsANumberIsTakenForTheName() throws IOException {
        Files.writeString(file, "sentence\tlabel\na\t1\nb\t0\nc\t2\n");

        assertThat(Dataset.read(file, List.of("1", "0", "2"))).extracting(Example::label).containsExactly(0, 1, 2);
    }

    @Test
    void windowsLineEndsAreNotPartOfTheLabel() {
        assertThat(read("sentence\tlabel\r\na\t1\r\n\r\nb\tNEGATIVE\r\n"))
                .containsExactly(new Example("a", 1), new Example("b", 0));
    }

    @Test
    void aByteOrderMarkIsNotPartOfTheHeader() {
        assertThat(read("\uFEFFsentence\tlabel\na\t1\n")).containsExactly(new Example("a", 1));
    }

    @Test
    void onlyALineFeedEndsARow() {
        assertThat(read("sentence\tlabel\na\u2028b\u0085c\rd \u00E9\uD83D\uDE00\t1\n\t0\n"))
                .containsExactly(new Example("a\u2028b\u0085c\rd \u00E9\uD83D\uDE00", 1), new Example("", 0));
    }

    @Test
    void whatIsWrongIsNamedWithItsLine() {
        assertRefused("label\ttitle\n1\ta\n").withMessageStartingWith(file + ", line 1: expected a header such as"
                + " \"sentence<TAB>label\", found \"label\ttitle\": expected one text (sentence or text)");
        assertRefused("").withMessageStartingWith(file + ", line 1: ");
        assertRefused("sentence\tlabel\na\t1\n\nno tab\n")
                .withMessage(file + ", line 4: expected 2 columns, found 1: \"no tab\"");
        assertRefused("sentence\tlabel\na\tb\t1\n").withMessageContaining("line 2: expected 2 columns, found 3");
        for (String label : List.of("2", "-1", "positive", "", " 1", "1.0", "99999999999999999999")) {
            assertRefused("sentence\tlabel\na\t" + label + "\n").withMessage(file + ", line 2: the label is \"" + label
                    + "\", not one of [NEGATIVE, POSITIVE] or a number from 0 to 1");
        }
        assertRefused("sentence\tlabel\n" + "x".repeat(1000) + "\n")
                .withMessageEndingWith("\"" + "x".repeat(60) + "...\"");
        assertRefused("sentence\tlabel\n\n").withMessage(file + ": it has no rows");
    }

    @Test
    void bytesThatAreNotUtf8AreRefusedWithTheirLine() throws IOException {
        for (String name : List.of("data.tsv", "data.csv", "data.jsonl")) {
            file = file.resolveSibling(name);
            Files.write(file, "sentence\tlabel\nein Caf\u00E9\t1\n".getBytes(StandardCharsets.ISO_8859_1));
            assertThatIllegalArgumentException().isThrownBy(() -> Dataset.read(file, LABELS))
                    .withMessageStartingWith(file + ", line 2: not UTF-8: the byte 0xE9 behind \"ein Caf\"");
            for (Charset utf16 : List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
                Files.write(file, "sentence\tlabel\na\t1\n".getBytes(utf16));
                assertThatIllegalArgumentException().isThrownBy(() -> Dataset.read(file, LABELS))
                        .withMessageStartingWith(file + ": is UTF-16, expected UTF-8");
            }
        }
    }

    @Test
    void aJsonArrayIsNoJsonLines() throws IOException {
        file = file.resolveSibling("data.json");
        assertRefused("[\n {\n  \"text\": \"a\",").withMessage(file + ", line 1: expected a JSON object a line, found the"
                + " beginning of an array, of which jq -c '.[]' makes such lines");
        assertRefused("{\n \"text\": \"a\",").withMessageContaining(", line 1: expected a whole JSON object a line");
    }

    @Test
    void anEmptyLabelIsNoLabel() throws IOException {
        for (String empty : List.of("", " ")) {
            Files.writeString(file, "sentence\tlabel\na\t1\nb\t" + empty + "\n");
            assertThatIllegalArgumentException().isThrownBy(() -> Dataset.labels(file))
                    .withMessage(file + ", line 3: the label is empty");
        }
    }

    @Test
    void casesOfOthers() throws IOException {
        Path cases = Path.of("src/test/resources/cases/9");
        assertThatIllegalArgumentException().isThrownBy(() -> Dataset.labels(cases.resolve("nolabel.csv")))
                .withMessageEndingWith("nolabel.csv, line 42: the label is empty");
        assertThatIllegalArgumentException().isThrownBy(() -> Dataset.labels(cases.resolve("arr.json")))
                .withMessageContaining("arr.json, line 1: expected a JSON object a line");
        for (String name : List.of("boolsmix.csv", "spaces.csv")) {
            assertThat(warnings(cases.resolve(name))).anyMatch(line -> line.contains("differ by case or blanks alone"));
        }
        assertThat(warnings(cases.resolve("nan.csv"))).contains("the label \"nan\" looks like one that is missing");
    }

    private static List<String> warnings(Path data) throws IOException {
        List<String> labels = Dataset.labels(data);
        List<Example> examples = Dataset.read(data, labels);
        return DataCheck.warnings(examples, examples, labels);
    }

    @Test
    void noFile() {
        assertThatThrownBy(() -> Dataset.read(file, LABELS)).isInstanceOf(NoSuchFileException.class)
                .hasMessage(file.toString());
    }

    @Test
    void aFolder() {
        assertThatThrownBy(() -> Dataset.read(file.getParent(), LABELS)).isInstanceOf(IOException.class)
                .hasMessage(file.getParent() + ": a directory, not a file of labelled texts");
    }

    private List<Example> read(String name, String content) throws IOException {
        file = file.resolveSibling(name);
        return read(content);
    }

    @Test
    void csvIsQuotedAsInRfc4180() throws IOException {
        assertThat(read("data.csv", "sentence,label\nplain,1\n\"a comma, and a \"\"quote\"\"\",NEGATIVE\n"))
                .containsExactly(new Example("plain", 1), new Example("a comma, and a \"quote\"", 0));
        assertThat(read("data.CSV", "\uFEFF\"sentence\",label\r\n\"two\r\nlines\",1\r\n\r\n,0\r\nlast,POSITIVE"))
                .containsExactly(new Example("two\r\nlines", 1), new Example("", 0), new Example("last", 1));
    }

    @Test
    void whatIsWrongInCsvIsNamedWithItsLine() throws IOException {
        file = file.resolveSibling("data.csv");
        assertRefused("").withMessageContaining(", line 1: expected a header such as \"sentence,label\"");
        assertRefused("label,title\n").withMessageContaining(", line 1: expected a header such as \"sentence,label\"");
        assertRefused("sentence,label\n\"a\nb\",1\nc,1,2\n")
                .withMessageContaining(", line 4: expected 2 columns, found 3");
        assertRefused("sentence,label\na \"b\" c,1\n").withMessageContaining(", line 2: a quote stands inside a field");
        assertRefused("sentence,label\n\"a,1\nb,0\n")
                .withMessageContaining(", line 2: a quote is opened and never closed");
        assertRefused("sentence,label\n\"a\"b,1\n").withMessageContaining(", line 2: expected a comma or a line end")
                .withMessageEndingWith("found \"b,1\"");
        assertRefused("sentence,label\n\"a\nb\",1\nc,2\n").withMessageContaining(", line 4: the label is \"2\"");
        assertRefused("sentence,label\n\"a\r\nb\",c,1\n").withMessageEndingWith("found 3: \"a\\r\\nb,c,1\"");
        assertRefused("sentence,label\n").withMessage(file + ": it has no rows");
    }

    @Test
    void jsonLines() throws IOException {
        assertThat(read("data.jsonl", """
                {"sentence": "a\\tb", "label": "POSITIVE"}

                {"text": "c", "label": 0, "other": null}
                {"text": "d", "label": "1"}
                """)).containsExactly(new Example("a\tb", 1), new Example("c", 0), new Example("d", 1));
    }

    @Test
    void whatIsWrongInJsonLinesIsNamedWithItsLine() throws IOException {
        file = file.resolveSibling("data.jsonl");
        String good = "{\"text\":\"a\",\"label\":1}\n";
        assertRefused(good + "{\"text\":\"a\"\n").withMessageContaining(", line 2: not valid JSON");
        assertRefused(good + "[1]\n").withMessageContaining(", line 2: expected a JSON object");
        assertRefused(good + "{\"label\":1}").withMessageContaining(", line 2: expected one text (sentence or text)");
        assertRefused(good + "{\"text\":1,\"label\":1}")
                .withMessageContaining(", line 2: expected a string \"text\"");
        assertRefused(good + "{\"text\":\"a\",\"label\":true}")
                .withMessageContaining("line 2: expected a string or a number");
        assertRefused(good + "{\"text\":\"a\",\"label\":1.5}").withMessageContaining(", line 2: the label is \"1.5\"");
    }

    @Test
    void labelsOfTheDataForAModelWithoutAny() throws IOException {
        Files.writeString(file, "sentence\tlabel\na\tgood\nb\tbad\nc\tgood\n");
        assertThat(Dataset.labels(file)).containsExactly("bad", "good");
        Files.writeString(file, "sentence\tlabel\na\t0\nb\t2\n");
        assertThat(Dataset.labels(file)).containsExactly("LABEL_0", "LABEL_1", "LABEL_2");
        Files.writeString(file, "sentence\tlabel\na\tgood\nb\tgood\n");
        assertThatIllegalArgumentException().isThrownBy(() -> Dataset.labels(file))
                .withMessage(file + ": every row has the label good, so there is nothing to learn");
        Files.writeString(file, "sentence\tlabel\na\t1\nb\t999999999\n");
        assertThatIllegalArgumentException().isThrownBy(() -> Dataset.labels(file)).withMessageContaining("from 0");
    }

    @Test
    void columnsAreKnownByTheirNames() {
        assertThat(read("idx\tlabel\ttext\n7\t1\ta fine film\n")).containsExactly(new Example("a fine film", 1));
        assertRefused("text\tsentence\tlabel\n").withMessageContaining("found [text, sentence]");
        assertRefused("sentence\tlabel\tlabels\n").withMessageContaining(
                "expected one label (label or labels, or score), found [label, labels]");
        assertRefused("sentence\tsentence\tlabel\n").withMessageContaining("two columns have one name");
        assertRefused("sentence\tidx\n").withMessageContaining("expected one label");
    }

    @Test
    void pairsOfTexts() throws IOException {
        for (String names : List.of("sentence1,sentence2", "text,text_pair", "premise,hypothesis", "question,sentence")) {
            assertThat(read("data.csv", names + ",label\na,b,1\n"))
                    .containsExactly(new Example("a", "b", new Target.Label(1)));
        }
        assertThat(read("data.jsonl", "{\"label\": 0, \"hypothesis\": \"b\", \"premise\": \"a\"}"))
                .containsExactly(new Example("a", "b", new Target.Label(0)));
        assertRefused("{\"text\": \"a\", \"hypothesis\": \"b\", \"label\": 1}")
                .withMessageContaining("found [text, hypothesis]");
        assertRefused("{\"sentence1\": \"a\", \"label\": 1}").withMessageContaining("found [sentence1]");
        assertRefused("{\"text\": \"a\", \"text_pair\": \"b\", \"label\": 1}\n{\"text\": \"a\", \"label\": 1}\n")
                .withMessage(file + ", line 2: some rows are pairs of texts and some are not");
    }

    private List<Target> targets(String content, Objective objective, String... labels) throws IOException {
        return Dataset.read(Files.writeString(file, content), List.of(labels), objective).stream()
                .map(Example::target).toList();
    }

    @Test
    void severalLabelsOfAText() throws IOException {
        Objective several = Objective.MULTI_LABEL_CLASSIFICATION;
        assertThat(targets("sentence\tlabel\na\tx|z\nb\t\nc\t1 | 2\n", several, "x", "y", "z")).containsExactly(
                new Target.Numbers(1, 0, 1), new Target.Numbers(0, 0, 0), new Target.Numbers(0, 1, 1));
        file = file.resolveSibling("data.jsonl");
        assertThat(targets("""
                {"text": "a", "labels": ["x", "z"]}
                {"text": "b", "labels": [0.0, 1.0, 1.0]}
                {"text": "c", "labels": [0, 1, 0]}
                {"text": "d", "labels": [2, 0]}
                {"text": "e", "labels": []}
                {"text": "f", "labels": [true, false, false]}
                {"text": "g", "labels": "y"}
                """, several, "x", "y", "z")).containsExactly(new Target.Numbers(1, 0, 1),
                        new Target.Numbers(0, 1, 1), new Target.Numbers(0, 1, 0), new Target.Numbers(1, 0, 1),
                        new Target.Numbers(0, 0, 0), new Target.Numbers(1, 0, 0), new Target.Numbers(0, 1, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> targets("{\"text\": \"a\", \"labels\": [0, 1]}", several, "x", "y"))
                .withMessageContaining("line 1: [0,1] may be labels' numbers or a number for each label");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> targets("{\"text\": \"a\", \"labels\": [\"w\"]}", several, "x", "y"))
                .withMessageContaining("line 1: the label is \"w\", not one of [x, y]");
        assertRefused("{\"text\": \"a\", \"labels\": [\"POSITIVE\"]}")
                .withMessageContaining("several labels of a text are multi_label_classification");
        Files.writeString(file, "{\"text\": \"a\", \"labels\": [\"z\", \"x\"]}\n{\"text\": \"b\", \"labels\": [\"y\"]}\n");
        assertThat(Dataset.labels(file, several)).containsExactly("x", "y", "z");
        Files.writeString(file, "{\"text\": \"a\", \"labels\": [0.0, 1.0]}\n");
        assertThat(Dataset.labels(file, several)).containsExactly("LABEL_0", "LABEL_1");
    }

    @Test
    void numbersOfARegression() throws IOException {
        assertThat(targets("sentence1\tsentence2\tscore\na\tb\t2.5\nc\td\t-1e-1\n", Objective.REGRESSION, "LABEL_0"))
                .containsExactly(new Target.Numbers(2.5f), new Target.Numbers(-0.1f));
        assertThat(targets("sentence\tlabel\na\t1|2\n", Objective.REGRESSION, "x", "y"))
                .containsExactly(new Target.Numbers(1, 2));
        assertThat(Dataset.labels(file, Objective.REGRESSION)).containsExactly("LABEL_0", "LABEL_1");
        for (String bad : List.of("good", "", "NaN", "1f", "0x1p3", "Infinity", "1e99")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> targets("sentence\tlabel\na\t" + bad + "\n", Objective.REGRESSION, "LABEL_0"))
                    .withMessage(file + ", line 2: the label is \"" + bad + "\", not a number");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> targets("sentence\tlabel\na\t1|2\n", Objective.REGRESSION, "LABEL_0"))
                .withMessage(file + ", line 2: expected 1 number, found \"1|2\"");
    }
}
