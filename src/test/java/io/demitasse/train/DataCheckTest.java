package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.train.Dataset.Example;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DataCheckTest {

    private static final List<String> LABELS = List.of("NEGATIVE", "POSITIVE");
    private static final List<Example> OTHERS = List.of(new Example("v", 0), new Example("w", 1));

    private static List<Example> texts(int negative, int positive) {
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < negative + positive; i++) {
            examples.add(new Example("text " + i, i < negative ? 0 : 1));
        }
        return examples;
    }

    @Test
    void goodDataHasNone() {
        assertThat(DataCheck.warnings(texts(5, 9), OTHERS, LABELS)).isEmpty();
    }

    @Test
    void labelsThatAreLikelyOne() {
        List<Example> training = List.of(new Example("a", 0), new Example("b", 1), new Example("c", 2));
        assertThat(DataCheck.warnings(training, OTHERS, List.of("TRUE", "True", " true"))).singleElement()
                .isEqualTo("the labels \"TRUE\", \"True\", \" true\" differ by case or blanks alone: are they one?");
        assertThat(DataCheck.warnings(training, OTHERS, List.of("0", "1", "nan"))).singleElement()
                .isEqualTo("the label \"nan\" looks like one that is missing");
    }

    @Test
    void imbalance() {
        assertThat(DataCheck.warnings(texts(2, 8), OTHERS, LABELS)).singleElement().asString()
                .startsWith("the labels are out of balance: 80.0 % of the training rows are POSITIVE, 20.0 % are"
                        + " NEGATIVE");
        assertThat(DataCheck.warnings(texts(5, 5), OTHERS, List.of("A", "B", "C"))).singleElement().asString()
                .contains("0.0 % are C");
    }

    @Test
    void repeatsAndContradictions() {
        List<Example> training = texts(5, 5);
        training.add(new Example("text 0", 0));
        training.add(new Example("text 0", 1));
        training.add(new Example("text 9", 1));

        assertThat(DataCheck.warnings(training, OTHERS, LABELS)).containsExactly(
                "3 training rows repeat the text of another, as \"text 0\"",
                "1 training text has more than one label: \"text 0\" is NEGATIVE and POSITIVE");
    }

    @Test
    void rowsSharedWithValidation() {
        List<Example> validation = List.of(new Example("new", 0), new Example("text 3", 1));

        assertThat(DataCheck.warnings(texts(5, 5), validation, LABELS)).singleElement().asString()
                .startsWith("1 of 2 validation rows are training rows too, as \"text 3\"");
    }
}
