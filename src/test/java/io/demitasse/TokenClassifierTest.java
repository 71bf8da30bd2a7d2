package io.demitasse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TokenClassifierTest {

    static Stream<List<String>> folders() {
        return HeadReference.folders("bert-ner", "distilbert-ner");
    }

    @ParameterizedTest
    @MethodSource("folders")
    void logitsOfIds(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            reference.checkLogits("logits");
        }
    }

    @ParameterizedTest
    @MethodSource("folders")
    void entitiesByEveryStrategy(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            for (JsonObject entry : reference.list("texts")) {
                for (AggregationStrategy strategy : AggregationStrategy.values()) {
                    String name = strategy.name().toLowerCase(Locale.ROOT);
                    HeadReference.same(reference.ask(TokenClassifier.TASK, HeadReference.text(entry),
                            "aggregation_strategy", name), entry.get(name));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("folders")
    void aLongTextInWindows(List<String> folder) {
        try (HeadReference reference = new HeadReference(folder.get(0), folder.get(1))) {
            assertThat(reference.list("stride")).isNotEmpty();
            for (JsonObject entry : reference.list("stride")) {
                HeadReference.same(reference.ask(TokenClassifier.TASK, HeadReference.text(entry),
                        "aggregation_strategy", "simple", "stride", entry.get("stride").getAsInt()), entry.get("simple"));
            }
        }
    }

    @Test
    void placesCountCodePointsInJsonAndUtf16InJava() {
        try (HeadReference reference = new HeadReference("bert-ner", "plain")) {
            String text = "\uD83D\uDE00 film";
            Entity last = new TokenClassifier(reference.model).tag(text, AggregationStrategy.NONE).get(1);
            JsonObject json = reference.ask(TokenClassifier.TASK, new com.google.gson.JsonPrimitive(text))
                    .getAsJsonArray().get(1).getAsJsonObject();
            assertThat(text.substring(last.start(), last.end())).isEqualTo("film");
            assertThat(json.get("start").getAsInt()).isEqualTo(2);
            assertThat(json.get("end").getAsInt()).isEqualTo(6);
        }
    }

    @Test
    void whatCannotBeIsRefusedByName() {
        try (HeadReference reference = new HeadReference("bert-ner", "plain")) {
            TokenClassifier classifier = new TokenClassifier(reference.model);
            assertThatIllegalArgumentException().isThrownBy(() -> classifier.job("a", AggregationStrategy.NONE, 2,
                    List.of())).withMessageContaining("stride");
            assertThatIllegalArgumentException().isThrownBy(() -> reference.ask(TokenClassifier.TASK,
                    new com.google.gson.JsonPrimitive("a"), "aggregation", "simple")).withMessageContaining("\"aggregation\"");
            assertThatIllegalArgumentException().isThrownBy(() -> new TextClassifier(reference.model))
                    .withMessageContaining("BertForTokenClassification").withMessageContaining("tag");
        }
    }
}
