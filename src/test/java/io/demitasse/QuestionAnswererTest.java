package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class QuestionAnswererTest {

    static Stream<List<String>> folders() {
        return HeadReference.folders("bert-qa", "distilbert-qa");
    }

    @ParameterizedTest
    @MethodSource("folders")
    void logitsOfIds(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            for (JsonObject input : reference.list("inputs")) {
                int[] ids = HeadReference.ints(input.get("input_ids"));
                Sequence sequence = reference.model.config().isBert()
                        ? Sequence.of(ids, HeadReference.ints(input.get("token_type_ids"))) : Sequence.of(ids);
                var logits = reference.model.outputs(reference.model.head(), List.of(sequence)).get(0);
                for (int i = 0; i < logits.rows(); i++) {
                    int row = i;
                    HeadReference.close(logits.copyOfRows(i, 1), Json.array(List.of("start_logits", "end_logits"),
                            name -> input.getAsJsonArray(name).get(row)));
                }
            }
        }
    }


    @ParameterizedTest
    @MethodSource("folders")
    void answersWithEveryOption(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            assertThat(reference.list("questions")).isNotEmpty();
            for (JsonObject entry : reference.list("questions")) {
                JsonObject given = reference.expected.getAsJsonObject("defaults").deepCopy();
                entry.entrySet().stream().filter(e -> !List.of("question", "context", "result").contains(e.getKey()))
                        .forEach(e -> given.add(e.getKey(), e.getValue()));
                JsonElement inputs = Json.object("question", entry.get("question"), "context", entry.get("context"));
                HeadReference.same(reference.model.run(QuestionAnswerer.TASK.job(reference.model, inputs,
                        new Parameters(given))), entry.get("result"));
            }
        }
    }

    @Test
    void theAnswerIsThatPartOfTheContext() {
        try (HeadReference reference = new HeadReference("distilbert-qa", "plain")) {
            String context = "\uD83D\uDE00 beautifully directed and convincingly acted .";
            Answer answer = new QuestionAnswerer(reference.model).answer("how is it acted ?", context);
            assertThat(context.substring(answer.start(), answer.end())).isEqualTo(answer.answer()).isNotEmpty();
        }
    }

    @Test
    void whatCannotBeIsRefusedByName() {
        try (HeadReference reference = new HeadReference("bert-qa", "plain")) {
            QuestionAnswerer answerer = new QuestionAnswerer(reference.model);
            assertThatIllegalArgumentException().isThrownBy(() -> answerer.answer(" ", "a")).withMessageContaining("question");
            assertThatIllegalArgumentException().isThrownBy(() -> answerer.answer("a", "")).withMessageContaining("context");
            assertThatIllegalArgumentException().isThrownBy(() -> answerer.answer("a ".repeat(100), "b"));
            assertThatIllegalArgumentException().isThrownBy(() -> reference.ask(QuestionAnswerer.TASK,
                    Json.object("question", "a", "text", "b"))).withMessageContaining("\"text\"");
        }
    }
}
