package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.demitasse.Browser;
import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The server's pages for models of every task, in a real browser. */
class TaskPagesTest {

    private static Browser browser;

    @BeforeAll
    static void start() {
        browser = Browser.start();
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            bert-ner            | Type a sentence               |
            distilbert-qa       | Ask a question                | about a text
            bert-mlm            | Type a sentence with a [MASK] |
            bert-choice         | Type a prompt                 | and what may follow, one a line
            bert-cross-identity | Type a query                  | and texts that may answer it, one a line
            st-bert-cls         | Type a sentence               | and another one to compare it with
            bert-nli            | Type a sentence               |
            bert-regression     | Type a query                  | and texts that may answer it, one a line
            """)
    void thePageAsksWhatTheModelIsFor(String folder, String prompt, String other) {
        try (Served served = Served.head(folder)) {
            browser.open(URI.create(served.base()), 900, 700);
            browser.await("#result .row");
            assertThat(browser.text("#prompt")).isEqualTo(prompt);
            assertThat(browser.one("#other").isDisplayed()).isEqualTo(other != null);
            assertThat(browser.text("#otherPrompt")).isEqualTo(other == null ? "" : other);
            assertThat(browser.text("#result .row .number")).matches("-?\\d+\\.\\d{4}");
            assertThat(browser.complaints()).isEmpty();
        }
    }

    @Test
    void masksAreFilledAsTheServerFillsThem() {
        try (Served served = Served.head("bert-mlm")) {
            browser.open(URI.create(served.base()), 900, 700);
            browser.await("#result .row");
            JsonArray fills = served.client().post("/", "{\"inputs\": \"the film is [MASK].\"}").json().getAsJsonArray();
            JsonObject best = fills.get(0).getAsJsonObject();
            assertThat(browser.all("#result .row")).hasSize(5);
            assertThat(browser.text("#result .row span")).isEqualTo(best.get("token_str").getAsString());
            assertThat(browser.text("#result .row .number"))
                    .isEqualTo(String.format("%.4f", best.get("score").getAsFloat()));
        }
    }

    @Test
    void theDescriptionIsThereToRead() {
        try (Served served = Served.head("bert-ner", options -> options.withToken("secret"))) {
            browser.open(URI.create(served.base() + "/docs"), 900, 700);
            browser.awaitText("about", "token-classification");
            assertThat(browser.all("details").size()).isGreaterThan(15);
            browser.click("details:nth-of-type(9) summary");
            assertThat(browser.text("#paths")).contains("POST", "/v1/embeddings", "inputs", "parameters?",
                    "aggregation_strategy?", "Default: simple.", "entity_group?: string", "error_type: string");
            assertThat(browser.complaints()).isEmpty();
            browser.photograph(Path.of("target", "pictures", "served-docs.png"));
        }
    }
}
