package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.TestModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** inspect and explain, on a small model that knows a few words. */
class InspectTest {

    @TempDir
    Path folder;

    private String model() throws IOException {
        return TestModels.tinyWithWords(folder.resolve("tiny.flat")).toString();
    }

    @Test
    void jsonIsAnObjectATextOnALine() throws IOException {
        List<String> lines = Run.of("inspect", "a good film", "--against", "not a good film", "--json",
                "--hidden-states", "--kernels", "plain",
                "--model", model()).succeeds().out().lines().toList();

        assertThat(lines).hasSize(2);
        JsonObject json = JsonParser.parseString(lines.get(1)).getAsJsonObject();
        assertThat(json.get("text").getAsString()).isEqualTo("not a good film");
        assertThat(json.getAsJsonArray("hidden_states")).hasSize(4);
        assertThat(json.getAsJsonArray("attributions")).hasSize(3);
        assertThat(JsonParser.parseString(lines.get(0)).getAsJsonObject().getAsJsonArray("tokens")).hasSize(5);
    }

    @Test
    void theWordsOfBothTextsAreExplainedForTheFirstOnesLabel() throws IOException {
        List<JsonObject> texts = Run.of("inspect", "a good film", "--against", "not bad .", "--json",
                "--kernels", "plain", "--model", model()).succeeds().out().lines()
                .map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
        String label = texts.get(0).get("label").getAsString();

        assertThat(texts).allSatisfy(text -> assertThat(text.getAsJsonArray("attributions")).isNotEmpty()
                .allSatisfy(each -> assertThat(each.getAsJsonObject().get("label").getAsString()).isEqualTo(label)));
    }

    @Test
    void thePageIsWrittenAndNothingIsPrinted() throws IOException {
        Path page = folder.resolve("page.html");
        Run.of("inspect", "a good film", "--output", page.toString(), "--kernels", "plain",
                "--model", model()).succeeds().printsNothing();

        assertThat(Files.readString(page)).startsWith("<!doctype html>").contains("a good film").endsWith("</html>\n");
    }

    @Test
    void aPlaceThatIsNotThereIsToldInOneLine() throws IOException {
        String page = folder.resolve("no/page.html").toString();
        Run.of("inspect", "good", "--output", page, "--kernels", "plain", "--model", model())
                .fails(1, folder.resolve("no") + ": no such file or folder");
    }

    @Test
    void explainPrintsABarAWord() throws IOException {
        String out = Run.of("explain", "not a good film .", "--kernels", "plain",
                "--model", model()).succeeds().out();

        assertThat(out.lines().filter(line -> line.contains("\u2502"))).hasSize(5);
        assertThat(out).contains("\u2588", "[MASK] in place of every word");
        assertThat(Run.of("explain", "good", "--method", "leave_one_out", "--kernels", "plain",
                "--model", model()).succeeds().out())
                .doesNotContain("[MASK]");
    }

    @Test
    void explainTellsWhatTheBaselineIsGiven() throws IOException {
        String out = Run.of("explain", "not a good film .", "--kernels", "plain",
                "--model", model()).succeeds().out();

        assertThat(out).containsPattern("with \\[MASK\\] in place of every word (NEGATIVE|POSITIVE) has 0\\.\\d{4};")
                .containsPattern("its logit changes by [+-]\\d\\.\\d{4}; the words add up to [+-]\\d\\.\\d{4}, ");
    }

    @Test
    void anEmptyTextHasNoWordToExplain() throws IOException {
        assertThat(Run.of("explain", "", "--kernels", "plain", "--model", model()).succeeds().out())
                .doesNotContain("NaN").endsWith("there is no word to explain\n");
    }

    @Test
    void explainTakesALabel() throws IOException {
        for (String label : List.of("NEGATIVE", "POSITIVE")) {
            assertThat(Run.of("explain", "a good film", "--label", label, "--kernels", "plain",
                    "--model", model()).succeeds().out()).startsWith(label + "\t0.");
        }
        Run.of("explain", "a good film", "--label", "NEUTRAL", "--kernels", "plain", "--model", model())
                .fails(1, "no label NEUTRAL", "NEGATIVE, POSITIVE");
    }
}
