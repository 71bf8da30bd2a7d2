package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.Tasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every task from the command line, beside Hugging Face's output. */
class TaskCommandsTest {

    private static final Path HEADS = Path.of("src/test/resources/heads");

    private static String model(String folder) {
        return HEADS.resolve(folder).toString();
    }

    private static JsonObject first(String folder, String list) throws IOException {
        return JsonParser.parseString(Files.readString(HEADS.resolve(folder).resolve("expected.json")))
                .getAsJsonObject().getAsJsonArray(list).get(0).getAsJsonObject();
    }

    private static JsonElement json(Run run) {
        return JsonParser.parseString(run.succeeds().out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-ner", "distilbert-ner"})
    void tag(String folder) throws IOException {
        JsonObject entry = first(folder, "texts");
        JsonObject found = json(Run.of("tag", "--json", "--aggregation-strategy", "first", "--model", model(folder),
                entry.get("text").getAsString())).getAsJsonObject();
        assertThat(found.keySet()).containsExactly("text", "entities");
        assertThat(words(found.get("entities"))).isEqualTo(words(entry.get("first")));
    }

    private static String words(JsonElement entities) {
        StringBuilder words = new StringBuilder();
        entities.getAsJsonArray().forEach(entity -> words.append(entity.getAsJsonObject().get("entity_group"))
                .append(entity.getAsJsonObject().get("word")).append(entity.getAsJsonObject().get("start")));
        return words.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-qa", "distilbert-qa"})
    void answer(String folder) throws IOException {
        JsonObject entry = first(folder, "questions");
        JsonObject found = json(Run.of("answer", "--json", "--max-seq-len", "64", "--doc-stride", "16", "--model",
                model(folder), "--question", entry.get("question").getAsString(), "--context",
                entry.get("context").getAsString())).getAsJsonObject();
        assertThat(found.get("answer")).isEqualTo(entry.getAsJsonObject("result").get("answer"));
        assertThat(found.keySet()).containsExactlyInAnyOrder("answer", "score", "start", "end");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert-mlm", "distilbert-mlm"})
    void fillMask(String folder) throws IOException {
        JsonObject entry = first(folder, "texts");
        JsonElement found = json(Run.of("fill-mask", "--json", "--top-k", "1", "--model", model(folder),
                entry.get("text").getAsString()));
        assertThat(found.getAsJsonArray().get(0).getAsJsonObject().get("sequence"))
                .isEqualTo(entry.getAsJsonArray("top5").get(0).getAsJsonObject().get("sequence"));
    }

    @Test
    void requestsAsJsonLines() {
        String lines = "{\"prompt\":\"a film\",\"choices\":[\"good\",\"bad\"]}\n\n"
                + "{\"prompt\":\"a film\",\"choices\":[\"bad\"]}\n";
        String[] found = Run.withInput(lines, "choose", "--kernels", "plain", "--jsonl", "--json", "--model", model("bert-choice")).succeeds()
                .out().split("\n");
        assertThat(found).hasSize(2);
        assertThat(JsonParser.parseString(found[0]).getAsJsonObject().get("choices")).hasToString("[\"good\",\"bad\"]");
        assertThat(JsonParser.parseString(found[1]).getAsJsonObject().get("scores")).hasToString("[1.0]");
    }

    @Test
    void textsOfStdinThatAreRankedTogether() {
        String found = Run.withInput("a movie\nby-the-numbers yarn .\n", "rerank", "--kernels", "plain", "--query", "a film", "--top-k", "1",
                "--json", "--model", model("bert-cross-identity")).succeeds().out();
        assertThat(JsonParser.parseString(found).getAsJsonObject().get("text").getAsString())
                .isEqualTo("by-the-numbers yarn .");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "fill-mask | bert-mlm | [MASK] | --top-k | 0 | --top-k is 0",
        "tag | bert-ner | a | --stride | 3 | --stride needs an aggregation strategy",
        "tag | bert-ner | a | --aggregation-strategy | most | not one of [none, simple, first, average, max]"})
    void whatAParameterCannotBe(String command, String folder, String text, String option, String value, String message) {
        Run.of(command, "--model", model(folder), option, value, text).fails(2, message).printsNothing();
    }

    @Test
    void aModelForAnotherTaskSaysWhichCommandItIsFor() {
        Run.of("tag", "--model", model("bert-nli"), "a").fails(1, "BertForSequenceClassification", "classify");
        Run.of("classify", "--model", model("bert-ner"), "a").fails(1, "BertForTokenClassification", "tag");
        Run.of("tag", "a").fails(2, "--model");
    }

    @Test
    void everyTaskHasACommand() {
        String help = Run.of("--help").succeeds().out();
        Tasks.ALL.forEach(task -> assertThat(help).contains(task.command()));
    }
}
