package io.demitasse.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.demitasse.Browser;
import io.demitasse.TestModels;
import io.demitasse.TextClassifier;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/** The page as its reader sees it, in a real browser. */
class PageTest {

    private static final String TEXT =
            "The plot isn't new, but it's an utterly charming, unpretentious film \uD83C\uDFAC.";
    private static final int ROW = 24;      // CSS pixels of a line of the lines view

    @TempDir
    static Path folder;

    private static Browser browser;
    private static TextClassifier classifier;
    private static Path page;
    private static Path comparison;
    private static JsonObject json;

    @BeforeAll
    static void makePages() throws IOException {
        browser = Browser.start();
        classifier = TextClassifier.load(TestModels.DEFAULT);
        Inspection inspection = new Inspector(classifier.model()).inspect(TEXT);
        Explanation explanation = new Explainer(classifier.model()).explain(TEXT);
        page = write("page.html", new Page().add(inspection, explanation));
        comparison = write("comparison.html", new Page().add(new Inspector(classifier.model()).inspect("a good film"), null)
                .add(new Inspector(classifier.model()).inspect("not a good film"), null));
        StringWriter writer = new StringWriter();
        InspectionJson.write(inspection, explanation, false, writer);
        json = JsonParser.parseString(writer.toString()).getAsJsonObject();
    }

    @AfterAll
    static void close() {
        if (classifier != null) {
            classifier.close();
        }
        if (browser != null) {
            browser.close();
        }
    }

    @AfterEach
    void nothingWentWrong() {
        assertThat(browser.complaints()).isEmpty();
    }

    private static Path write(String name, Page page) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
            page.write(out);
        }
        return file;
    }

    private static double number(String text) {
        return Double.parseDouble(text.replace('\u2212', '-').replace("+", ""));
    }

    private static JsonArray head(int layer, int head) {
        return json.getAsJsonArray("attentions").get(layer).getAsJsonArray().get(head).getAsJsonArray();
    }

    private static double attention(int layer, int head, int query, int key) {
        return head(layer, head).get(query).getAsJsonArray().get(key).getAsDouble();
    }

    @Test
    void theLabelItsProbabilityAndTheTextAreShown() {
        browser.open(page, 1280, 900);

        assertThat(browser.text(".label")).startsWith("POSITIVE 0.99");
        assertThat(browser.one(".sentence").getDomProperty("textContent")).isEqualTo(TEXT);
        assertThat(browser.all(".word")).hasSize(json.getAsJsonArray("words").size());
        assertThat(browser.all(".cards .unknown")).singleElement()
                .satisfies(card -> assertThat(card.getText()).contains("\uD83C\uDFAC", "[UNK]", "unknown"));
    }

    @Test
    void aBlockAndAHeadAreChosenAndTheirNumbersAreTheJsons() {
        browser.open(page, 1280, 900);
        browser.click("[aria-label='block 3, head 5']");
        assertThat(browser.text("#head")).isEqualTo("Block 3, head 5");
        assertThat(browser.text("#attention code")).isEqualTo("inspection.block(3).attention(5)");
        browser.keys("#attention .lines", Keys.ARROW_DOWN, Keys.ARROW_DOWN);        // to token 1

        List<List<String>> rows = browser.table("attention", "Attention of one token");
        assertThat(rows).hasSize(json.getAsJsonArray("tokens").size());
        double sum = 0;
        for (int key = 0; key < rows.size(); key++) {
            assertThat(rows.get(key).get(0)).isEqualTo(json.getAsJsonArray("tokens").get(key).getAsString());
            assertThat(number(rows.get(key).get(1))).isCloseTo(attention(3, 5, 1, key), within(6e-5));
            assertThat(number(rows.get(key).get(2))).isCloseTo(attention(3, 5, key, 1), within(6e-5));
            sum += number(rows.get(key).get(1));
        }
        assertThat(sum).isCloseTo(1, within(rows.size() * 6e-5));
    }

    @Test
    void theMeanOverHeadsIsTheFirstColumn() {
        browser.open(page, 1280, 900);
        browser.click("[aria-label='block 2, mean of the heads']");
        browser.keys("#attention .lines", Keys.ARROW_DOWN);                         // to token 0

        List<List<String>> rows = browser.table("attention", "Attention of one token");
        for (int key = 0; key < rows.size(); key++) {
            double mean = 0;
            for (int head = 0; head < 12; head++) {
                mean += attention(2, head, 0, key) / 12;
            }
            assertThat(number(rows.get(key).get(1))).isCloseTo(mean, within(7e-5));
        }
    }

    @Test
    void headsAreChosenByArrowKeys() {
        browser.open(page, 1280, 900);
        browser.click("[aria-label='block 4, head 11']");
        browser.keys("[aria-label='block 4, head 11']", Keys.ARROW_UP);
        browser.keys("[aria-label='block 3, head 11']", Keys.ARROW_LEFT);

        assertThat(browser.text("#head")).isEqualTo("Block 3, head 10");
        assertThat(browser.all(".heads [aria-checked='true']")).hasSize(1);
    }

    @Test
    void aTokenPointedAtSaysWhereItLooksAndFromWhereItIsSeen() {
        browser.open(page, 1280, 900);
        browser.click("[aria-label='block 1, head 2']");
        browser.point("#attention .lines", 20, ROW + ROW / 2);                      // token 1, on the left

        String readout = browser.text("#attention .readout");
        assertThat(readout).startsWith("the looks at ").contains("; it is seen from ");
        int best = 0;
        for (int key = 0; key < head(1, 2).size(); key++) {
            best = attention(1, 2, 1, key) > attention(1, 2, 1, best) ? key : best;
        }
        assertThat(readout).contains(String.format("the looks at %s %.3f",
                json.getAsJsonArray("tokens").get(best).getAsString(), attention(1, 2, 1, best)));
    }

    @Test
    void theMatrixShowsTheSameNumbers() {
        browser.open(page, 1280, 900);
        browser.click("[aria-label='block 0, head 7']");
        browser.press("Matrix");
        assertThat(browser.one("#attention .lines").isDisplayed()).isFalse();
        browser.keys("#attention .matrix canvas", Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_RIGHT);

        String readout = browser.text("#attention .matrix .readout");
        assertThat(readout).startsWith("the looks at the: ");
        assertThat(number(readout.substring(readout.indexOf(": ") + 2))).isCloseTo(attention(0, 7, 1, 1), within(6e-5));
        browser.press("Lines");
        assertThat(browser.one("#attention .lines").isDisplayed()).isTrue();
    }

    @Test
    void addedTokensCanBeLeftOut() {
        browser.open(page, 1280, 900);
        int all = browser.one("#attention .spacer").getSize().height;
        browser.click("#attention .tick input");

        assertThat(browser.one("#attention .spacer").getSize().height).isEqualTo(all - 2 * ROW);
        assertThat(browser.text("#attention .panel .count")).matches("On average a token gives [0-9.]+.% .*");
    }

    @Test
    void whatTheWordsDidIsTheJsons() {
        browser.open(page, 1280, 900);
        List<List<String>> rows = browser.table("words", "What each word did");

        for (int method = 0; method < 3; method++) {
            JsonObject attribution = json.getAsJsonArray("attributions").get(method).getAsJsonObject();
            for (int word = 0; word < rows.size(); word++) {
                assertThat(number(rows.get(word).get(method + 1)))
                        .isCloseTo(attribution.getAsJsonArray("words").get(word).getAsDouble(), within(6e-5));
            }
        }
        assertThat(browser.text("#words .check")).contains("The shares add up to", "% off, in");
        browser.press("leave one out");
        assertThat(browser.one("#words .check").isDisplayed()).isFalse();
    }

    @Test
    void theLensAndTheHiddenStatesAreTheJsons() {
        browser.open(page, 1280, 900);
        JsonArray depths = json.getAsJsonArray("depths");
        List<List<String>> lens = browser.table("lens", "Probabilities and logits");
        for (int depth = 0; depth < depths.size(); depth++) {
            JsonObject expected = depths.get(depth).getAsJsonObject();
            for (int label = 0; label < 2; label++) {
                assertThat(number(lens.get(depth).get(1 + label)))
                        .isCloseTo(expected.getAsJsonArray("probabilities").get(label).getAsDouble(), within(6e-5));
                assertThat(number(lens.get(depth).get(3 + label)))
                        .isCloseTo(expected.getAsJsonArray("logits").get(label).getAsDouble(), within(6e-5));
            }
        }
        browser.keys("#states input[type=range]", Keys.HOME, Keys.ARROW_RIGHT);     // depth 1
        assertThat(browser.text("#states output")).isEqualTo("after block 0");
        List<List<String>> states = browser.table("states", "Lengths, cosines and places");
        JsonObject expected = depths.get(1).getAsJsonObject();
        for (int token = 0; token < states.size(); token++) {
            assertThat(number(states.get(token).get(1)))
                    .isCloseTo(expected.getAsJsonArray("norms").get(token).getAsDouble(), within(6e-4));
            assertThat(number(states.get(token).get(2))).isCloseTo(json.getAsJsonArray("cosines").get(1)
                    .getAsJsonArray().get(0).getAsJsonArray().get(token).getAsDouble(), within(8e-5));
        }
    }

    @Test
    void lightAndDarkFollowTheSystemAndTheSwitch() {
        browser.prefers("dark");
        browser.open(page, 1280, 900);
        String dark = browser.style("body", "background-color");
        browser.press("Light");
        String light = browser.style("body", "background-color");
        browser.prefers("light");
        browser.open(page, 1280, 900);

        assertThat(browser.style("body", "background-color")).isEqualTo(light).isNotEqualTo(dark);
    }

    @Test
    void nothingSticksOutOfAPhone() {
        for (Path each : List.of(page, comparison)) {
            browser.open(each, 360, 740);
            assertThat(browser.script("return document.documentElement.scrollWidth")).isEqualTo(360L);
        }
    }

    @Test
    void twoTextsStandSideBySide() {
        browser.open(comparison, 1280, 900);

        assertThat(browser.all("#attention .panel")).hasSize(2);
        assertThat(browser.all(".label")).hasSize(2);
        assertThat(browser.all("#attention .panel").get(0).getLocation().y)
                .isEqualTo(browser.all("#attention .panel").get(1).getLocation().y);
        browser.point("#attention .lines", 20, 2 * ROW + ROW / 2);                  // "good" in the first
        assertThat(browser.all("#attention .readout[role=status]"))
                .filteredOn(readout -> readout.getText().startsWith("good looks at")).hasSize(2);
    }

    @Test
    void anyTextIsShownAsText() throws IOException {
        String text = "<script>alert(1)</script> <!-- \"it's\" &amp; \u05E9\u05DC\u05D5\u05DD \uD83D\uDE00 \uD83D "
                + "<img src=x onerror=alert(2)> </script><b>\u2028 \u0000 ${x}";
        browser.open(write("strange.html", new Page().add(new Inspector(classifier.model()).inspect(text), null)), 1280, 900);

        assertThat(browser.one(".sentence").getDomProperty("textContent"))
                .isEqualTo(text.replace("\uD83D ", "\uFFFD "));
        assertThat(browser.all(".sentence script, .sentence img, .sentence b, .cards img, .cards script")).isEmpty();
    }

    @Test
    void anEmptyTextHasAPageToo() throws IOException {
        browser.open(write("empty.html", new Page().add(new Inspector(classifier.model()).inspect(""), new Explainer(classifier.model()).explain(""))), 1280, 900);

        assertThat(browser.all(".cards li")).hasSize(2);
    }

    @Test
    void aTextOf512TokensOpensWithFewElements() throws IOException {
        Inspection inspection = new Inspector(classifier.model()).inspect("an empty shell of an epic rather than the real deal . ".repeat(60));
        Path file = write("long.html", new Page().add(inspection, null));
        browser.open(file, 1280, 900);

        assertThat(inspection.tokens()).hasSize(512);
        assertThat((Long) browser.script("return document.querySelectorAll('*').length")).isLessThan(6000);
        browser.click("[aria-label='block 5, head 11']");
        browser.press("Lines");
        assertThat(browser.text("#head")).isEqualTo("Block 5, head 11");
    }

    @Test
    void aPageIsSmallAndAsksNobody() throws IOException {
        String html = Files.readString(page);

        assertThat(html.length()).isLessThan(200_000);
        assertThat(html).doesNotContain("<link", "@import", "url(", "src=", "fetch(", "XMLHttpRequest");
        assertThat(html.replace("http://www.w3.org/2000/svg", "")).doesNotContain("http://", "https://");
    }

    /** For people to look at, in target/screenshots. */
    @Test
    void photographs() {
        for (String scheme : List.of("light", "dark")) {
            browser.prefers(scheme);
            for (int width : List.of(1280, 390)) {
                browser.open(page, width, 900);
                browser.click("[aria-label='block 3, head 5']");
                browser.photograph(Path.of("target", "screenshots", scheme + "-" + width + ".png"));
            }
        }
        browser.prefers("light");
        browser.open(comparison, 1280, 900);
        browser.photograph(Path.of("target", "screenshots", "comparison.png"));
        assertThat(Path.of("target", "screenshots", "dark-390.png")).isNotEmptyFile();
    }
}
