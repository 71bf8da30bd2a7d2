package io.demitasse.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an object on a line may hold, and that nothing in it is read as something else or not at all. */
class JsonLinesTest {

    private static final Path HEADS = Path.of("src/test/resources/heads");

    private static Run run(String command, String model, String input, String... more) {
        List<String> arguments = new ArrayList<>(List.of(command, "--model", HEADS.resolve(model).toString(),
                "--kernels", "plain"));
        arguments.addAll(List.of(more));
        return Run.withInput(input, arguments.toArray(String[]::new));
    }

    private static JsonObject expected(String model) throws IOException {
        return JsonParser.parseString(Files.readString(HEADS.resolve(model).resolve("expected.json"))).getAsJsonObject();
    }

    /** Beside Hugging Face's own scores. */
    @ParameterizedTest
    @ValueSource(strings = {"bert-nli", "distilbert-nli"})
    void classifyReadsPairs(String model) throws IOException {
        JsonArray pairs = expected(model).getAsJsonArray("pairs");
        StringBuilder input = new StringBuilder();
        for (JsonElement element : pairs) {
            JsonObject pair = element.getAsJsonObject().deepCopy();
            pair.remove("all");
            input.append(pair).append('\n');
        }
        List<String> lines = run("classify", model, input.toString(), "--jsonl", "--json").succeeds().out().lines()
                .toList();

        assertThat(lines).hasSameSizeAs(pairs);
        for (int i = 0; i < lines.size(); i++) {
            JsonObject pair = pairs.get(i).getAsJsonObject();
            JsonObject result = JsonParser.parseString(lines.get(i)).getAsJsonObject();
            assertThat(result.get("text_pair")).isEqualTo(pair.get("text_pair"));
            for (JsonElement label : pair.getAsJsonArray("all")) {
                String name = label.getAsJsonObject().get("label").getAsString();
                assertThat(result.getAsJsonObject("scores").get(name).getAsDouble())
                        .isCloseTo(label.getAsJsonObject().get("score").getAsDouble(), within(2e-4));
            }
        }
        assertThat(run("classify", model, pairs.get(0) + "\n", "--jsonl").succeeds().out().strip().split("\t"))
                .hasSize(4).endsWith(pairs.get(0).getAsJsonObject().get("text_pair").getAsString());
    }

    @Test
    void classifyReadsIdsWithTheirTypes() throws IOException {
        JsonObject input = expected("bert-nli").getAsJsonArray("inputs").get(0).getAsJsonObject();
        JsonObject ids = new JsonObject();
        ids.add("input_ids", input.get("input_ids"));
        ids.add("token_type_ids", input.get("token_type_ids"));
        JsonObject result = JsonParser.parseString(run("classify", "bert-nli", ids + "\n", "--jsonl", "--json").succeeds()
                .out()).getAsJsonObject();

        assertThat(input.get("token_type_ids").getAsJsonArray()).anyMatch(type -> type.getAsInt() == 1);
        List<Double> logits = new ArrayList<>();
        input.getAsJsonArray("logits").forEach(logit -> (logit.isJsonArray() ? logit.getAsJsonArray().asList()
                : List.of(logit)).forEach(one -> logits.add(one.getAsDouble())));
        for (int i = 0; i < logits.size(); i++) {
            assertThat(result.getAsJsonArray("logits").get(i).getAsDouble()).isCloseTo(logits.get(i), within(5e-5));
        }
        assertThat(result.get("token_type_ids")).isEqualTo(input.get("token_type_ids"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{'input_ids':[2,3],'token_type_ids':[0]} | there are 1 'token_type_ids' for 2 'input_ids'",
        "{'input_ids':[2,3],'token_type_ids':[0,2]} | token type 2",
        "{'input_ids':[2,3],'attention_mask':[1,0]} | leave padding out",
        "{'input_ids':[2,3],'text_pair':'good'} | needs 'text'",
        "{'text':'good','token_type_ids':[0]} | need 'input_ids'",
        "{'text':'good','pair':'a','text_pair':'b'} | one and the same",
        "{'text':'good','text_pair':7} | 'text_pair' is not a string",
        "{'text':'good','max_length':7} | 'max_length' is for tokenize alone",
        "[{'text':'good'}] | expected a JSON object a line",
        "{ | expected a whole JSON object a line",
        "7 | expected a JSON string or object"})
    void whatIsNotObeyedIsRefused(String object, String part) {
        String line = object.strip().replace('\'', '"');
        run("classify", "bert-nli", "\n" + line + "\n", "--jsonl").fails(1, "stdin, line 2: ",
                part.replace('\'', '"')).printsNothing();
    }

    @Test
    void tokenTypesForAModelWithoutThem() {
        run("classify", "distilbert-nli", "{\"input_ids\":[2,3,3],\"token_type_ids\":[0,0,1]}\n", "--jsonl")
                .fails(1, "stdin, line 1: token type 1").printsNothing();
    }

    @Test
    void aVectorIsOfOneText() {
        run("embed", "st-bert-cls", "{\"text\":\"good\",\"text_pair\":\"bad\"}\n", "--jsonl")
                .fails(1, "stdin, line 1: embed takes single texts").printsNothing();
    }

    @Test
    void aTasksCommandSkipsBlankLinesAndNamesTheLine() {
        Run run = run("tag", "bert-ner", "good\n\nbad\n");
        Run failing = run("tag", "bert-ner", "\"good\"\n\n\"bad\"\n{\"texts\":1}\n", "--jsonl");

        assertThat(run.exit()).isZero();
        assertThat(run.err()).isEqualTo("demitasse: 1 blank line of stdin was skipped\n");
        failing.fails(1, "stdin, line 4: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tag", "classify"})
    void anArrayIsNoLine(String command) {
        run(command, command.equals("tag") ? "bert-ner" : "bert-nli", "[\n\"good\",\n\"bad\"]\n", "--jsonl")
                .fails(1, "stdin, line 1: expected a JSON object a line, found the beginning of an array").printsNothing();
    }

    @Test
    void argumentsAreNamedByTheirNumber() {
        String text = "good ".repeat(600);
        Run.of("classify", "--model", HEADS.resolve("bert-nli").toString(), "--kernels", "plain", "--truncation", "fail",
                "good", text).fails(1, "text 2: ");
    }
}
