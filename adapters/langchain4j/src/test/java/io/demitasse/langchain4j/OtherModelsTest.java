package io.demitasse.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.langchain4j.classification.ScoredLabel;
import dev.langchain4j.classification.TextClassifier;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.guardrail.InputGuardrailException;
import dev.langchain4j.guardrail.InputGuardrailResult;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.service.AiServices;
import io.demitasse.Classification;
import io.demitasse.Options;
import io.demitasse.Truncation;
import io.demitasse.file.ModelFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class OtherModelsTest {

    private static final String GOOD = "a gorgeous, witty, seductive movie";
    private static final String BAD = "the plot is paper-thin and the jokes land with a thud";

    enum Sentiment { NEGATIVE, POSITIVE }

    enum Weather { RAIN, SUN }

    @Test
    void scoresAreCrossEncoders() throws IOException {
        for (String head : List.of("bert-cross-sigmoid", "distilbert-cross-sigmoid", "bert-cross-identity")) {
            JsonObject expected = Models.expected(head);
            List<TextSegment> documents = StreamSupport.stream(expected.getAsJsonArray("documents").spliterator(), false)
                    .map(JsonElement::getAsString).map(TextSegment::from).toList();
            JsonArray scores = expected.getAsJsonArray("scores");
            try (DemitasseScoringModel model = DemitasseScoringModel.builder().model(Models.head(head)).build()) {
                Response<List<Double>> response = model.scoreAll(documents, expected.get("query").getAsString());
                assertThat(response.content()).hasSize(scores.size());
                for (int i = 0; i < scores.size(); i++) {
                    assertThat(response.content().get(i)).as(head).isCloseTo(scores.get(i).getAsDouble(), offset(1e-4));
                }
                assertThat(response.tokenUsage().inputTokenCount()).isPositive();
                assertThat(model.score(documents.get(0), expected.get("query").getAsString()).content())
                        .isCloseTo(scores.get(0).getAsDouble(), offset(1e-4));
            }
        }
        assertThatThrownBy(() -> DemitasseScoringModel.builder().model(Models.SST2).build())
                .isInstanceOf(ModelFormatException.class).hasMessageContaining("sst2-distilbert.flat");
        try (InputStream stream = Files.newInputStream(Models.SST2)) {
            assertThatThrownBy(() -> DemitasseScoringModel.builder().model(stream).build())
                    .isInstanceOf(ModelFormatException.class).hasMessageContaining("(stream)");
        }
    }

    @Test
    void classifiesAsTheLibraryDoes() {
        try (io.demitasse.TextClassifier library = io.demitasse.TextClassifier.load(Models.SST2)) {
            Classification classification = library.classify(GOOD);
            TextClassifier<String> names = DemitasseTextClassifier.builder().classifier(library).build();
            assertThat(names.classify(GOOD)).containsExactly("POSITIVE");
            assertThat(names.classify(TextSegment.from(BAD))).containsExactly("NEGATIVE");
            assertThat(names.classifyWithScores(GOOD).scoredLabels())
                    .containsExactly(new ScoredLabel<>("POSITIVE", classification.score()));

            TextClassifier<Sentiment> all = DemitasseTextClassifier.builder(Sentiment.class).classifier(library)
                    .maxResults(5).build();
            assertThat(all.classify(BAD)).containsExactly(Sentiment.NEGATIVE, Sentiment.POSITIVE);
            assertThat(DemitasseTextClassifier.builder().classifier(library).minScore(1).build().classify(GOOD)).isEmpty();
            assertThatThrownBy(() -> DemitasseTextClassifier.builder(Weather.class).classifier(library).build())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the model's label \"NEGATIVE\" is none of [RAIN, SUN]");
        }
    }

    @Test
    void countsTokensWithoutSpecialOnesHoweverLongATextIs() {
        try (io.demitasse.TextClassifier library = io.demitasse.TextClassifier.load(Models.SST2)) {
            DemitasseTokenCountEstimator estimator = new DemitasseTokenCountEstimator(library.tokenizer());
            assertThat(estimator.estimateTokenCountInText("")).isZero();
            assertThat(estimator.estimateTokenCountInText("hello world")).isEqualTo(2);
            assertThat(estimator.estimateTokenCountInText("hello ".repeat(3000))).isEqualTo(3000);
            assertThat(estimator.estimateTokenCountInMessages(List.of(SystemMessage.from("be kind"), AiMessage.from("yes"),
                    UserMessage.from(TextContent.from("hello"), TextContent.from("world"))))).isEqualTo(5);
            assertThatThrownBy(() -> estimator.estimateTokenCountInMessage(
                    UserMessage.from(ImageContent.from("https://example.org/cat.png"))))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("IMAGE");
        }
    }

    @Test
    void theGuardrailStopsWhatTheClassifierRejects() {
        try (DemitasseInputGuardrail guardrail = DemitasseInputGuardrail.builder().model(Models.SST2).reject("NEGATIVE")
                .build()) {
            assertThat(guardrail.validate(UserMessage.from(GOOD)).isSuccess()).isTrue();
            InputGuardrailResult stopped = guardrail.validate(UserMessage.from(BAD));
            assertThat(stopped.isSuccess()).isFalse();
            assertThat(stopped.toString()).contains("the message is NEGATIVE with a probability of 0.99");
            // What stands behind as much as the model reads at once is read, too.
            assertThat(guardrail.validate(UserMessage.from((GOOD + " . ").repeat(100))).isSuccess()).isTrue();
            assertThat(guardrail.validate(UserMessage.from((GOOD + " . ").repeat(100) + (BAD + " . ").repeat(40)))
                    .isSuccess()).isFalse();
        }
    }

    @Test
    void theGuardrailIsNotSteeredBySpecialTokens() {
        String text = BAD + " [SEP] [CLS] " + GOOD;
        String split = probability(text, true);
        assertThat(split).isNotEqualTo(probability(text, false));
        try (DemitasseInputGuardrail guardrail = DemitasseInputGuardrail.builder().model(Models.SST2).reject("NEGATIVE")
                .threshold(1e-9).build()) {
            assertThat(guardrail.validate(UserMessage.from(text)).toString()).contains("probability of " + split);
        }
    }

    private static String probability(String text, boolean splitSpecialTokens) {
        try (io.demitasse.TextClassifier library = io.demitasse.TextClassifier.load(Models.SST2,
                Options.defaults().withSplitSpecialTokens(splitSpecialTokens))) {
            return String.format(Locale.ROOT, "%.4f", library.classify(text).scores().get("NEGATIVE"));
        }
    }

    interface Assistant {
        String answer(String question);
    }

    @Test
    void anAssistantNeverSeesWhatIsStopped() {
        List<String> seen = new ArrayList<>();
        ChatModel chat = new ChatModel() {
            @Override
            public ChatResponse doChat(ChatRequest request) {
                seen.add(request.messages().toString());
                return ChatResponse.builder().aiMessage(AiMessage.from("well said")).build();
            }
        };
        try (DemitasseInputGuardrail guardrail = DemitasseInputGuardrail.builder().model(Models.SST2).reject("NEGATIVE")
                .fatal(true).message("say something nice").build()) {
            Assistant assistant = AiServices.builder(Assistant.class).chatModel(chat).inputGuardrails(guardrail).build();
            assertThat(assistant.answer(GOOD)).isEqualTo("well said");
            assertThatThrownBy(() -> assistant.answer(BAD)).isInstanceOf(InputGuardrailException.class)
                    .hasMessageContaining("say something nice");
            assertThat(seen).hasSize(1);
        }
    }

    @Test
    void theGuardrailRefusesWhatItCannotDo() {
        assertThatThrownBy(() -> DemitasseInputGuardrail.builder().model(Models.SST2).reject("TOXIC").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the model has no label \"TOXIC\"; it has NEGATIVE, POSITIVE");
        assertThatThrownBy(() -> DemitasseInputGuardrail.builder().model(Models.SST2).build())
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("no label to reject");
        assertThatThrownBy(() -> DemitasseInputGuardrail.builder().model(Models.SST2).reject("NEGATIVE")
                .truncation(Truncation.FAIL).build()).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("leave truncation");
    }
}
