package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import io.demitasse.Browser;
import io.demitasse.Options;
import io.demitasse.Pooling;
import io.demitasse.TestModels;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The server's page as its visitor sees it, in a real browser. */
class ServedPageTest {

    private static final Path PICTURES = Path.of("target", "pictures");
    private static final String HOSTILE = "</script><script>document.title='stolen'</script> \"quoted\" 'single' & "
            + "<img src=x onerror=\"document.title='stolen'\"> \\u003c ${1} caf\u00e9 \u2028 -->";

    private static Browser browser;
    private static ServedModel model;
    private static InferenceServer server;
    private static ServeClient client;

    @BeforeAll
    static void start() throws IOException {
        browser = Browser.start();
        model = ServedModel.load(TestModels.DEFAULT, Options.defaults(), Pooling.MEAN);
        server = InferenceServer.start(model, ServerOptions.defaults().withAddress("127.0.0.1", 0));
        client = new ServeClient(Served.base(server));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
            model.close();
        }
        if (browser != null) {
            browser.close();
        }
    }

    @AfterEach
    void closeTabs() {
        while (browser.tabs() > 1) {
            browser.look(true);
            browser.closeTab();
        }
        browser.complaints();
    }

    private static void type(String text) {
        WebElement field = browser.one("#text");
        field.sendKeys(Keys.chord(Keys.CONTROL, "a"), Keys.DELETE);
        // As if it was pasted: not every character has a key.
        browser.script("document.execCommand('insertText', false, arguments[0])", text);
    }

    /** Presses the button and waits until the new tab shows its page. */
    private static void lookInside() {
        browser.one("#inspect").click();       // this tab, hidden by then, will draw no other frame to wait for
        browser.look(true);
        browser.await("body.ready");
        browser.frame();
    }

    @Test
    void aSentenceIsClassifiedAsItIsTypedAndItsWordsAreColoured() {
        browser.open(URI.create(Served.base(server)), 900, 700);
        type("a dull and lifeless film without a plot");
        browser.awaitText("note", "NEGATIVE");

        JsonArray expected = client.post("/predict", "{\"inputs\":\"a dull and lifeless film without a plot\"}").json()
                .getAsJsonArray();
        float score = expected.get(0).getAsJsonObject().get("score").getAsFloat();
        assertThat(browser.text("#result .row .number")).isEqualTo(String.format("%.4f", score));
        assertThat(browser.all("#words mark")).hasSize(8);
        assertThat(browser.complaints()).isEmpty();
        browser.photograph(PICTURES.resolve("served-page.png"));
    }

    @Test
    void theInspectionOfTheSentenceOpensInANewTab() {
        browser.open(URI.create(Served.base(server)), 900, 700);
        type("not a good film");
        browser.awaitText("note", "NEGATIVE");
        lookInside();

        assertThat(browser.tabs()).isEqualTo(2);
        assertThat(browser.one(".sentence").getDomProperty("textContent")).isEqualTo("not a good film");
        assertThat(browser.text(".label")).startsWith("NEGATIVE");
        assertThat(browser.all("[aria-label^='block ']")).as("heads to choose").hasSizeGreaterThanOrEqualTo(72);
        assertThat(browser.one("#words").getText()).as("explained by all methods").contains("ntegrated gradients");
        assertThat(browser.script("return location.href").toString()).startsWith("blob:").doesNotContain("good");
        assertThat(browser.script("return opener")).isNull();
        browser.photograph(PICTURES.resolve("served-inspection.png"));
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void aHostileSentenceIsShownAndNotRun() {
        browser.open(URI.create(Served.base(server)), 900, 700);
        type(HOSTILE);
        browser.awaitText("words", "caf\u00e9");
        assertThat(browser.script("return document.title")).isEqualTo("Demitasse");
        lookInside();

        assertThat(browser.one(".sentence").getDomProperty("textContent")).isEqualTo(HOSTILE);
        assertThat(browser.script("return document.title")).isEqualTo("A window into the transformer");
        assertThat(browser.all("img")).isEmpty();
        assertThat(browser.complaints()).isEmpty();
    }

    /** A word's red, green and blue, however faint it is. */
    private static String hue(String selector) {
        return browser.style(selector, "border-bottom-color").replaceFirst(",[^,]*\\)$", "");
    }

    /** Blue for, orange and broken against, and each label's own hue: what the page of an inspection says with them. */
    @Test
    void coloursSayWhatTheySayOnAnInspectionsPage() {
        List<String> names = List.of("paper", "card", "ink", "muted", "line", "for", "for-wash", "against", "against-wash",
                "label-0", "label-1", "label-2", "label-3");
        String read = "const style = getComputedStyle(document.documentElement);"
                + "return arguments[0].map(name => style.getPropertyValue('--' + name))";
        for (String scheme : List.of("light", "dark")) {
            browser.prefers(scheme);
            browser.open(URI.create(Served.base(server)), 900, 700);
            // The page begins with a text of both kinds of words.
            browser.awaitText("note", "orange ones");
            List<?> served = (List<?>) browser.script(read, names);
            String bar = browser.style("#result .track i", "background-color");
            String speaks = hue("#words mark:not(.against)");
            String against = hue("#words mark.against");
            String label = browser.text("#result .row span");
            assertThat(browser.text("#note")).startsWith("blue words speak for " + label + ", orange ones");
            assertThat(browser.style("#words mark.against", "border-bottom-style")).isEqualTo("dashed");
            lookInside();
            browser.prefers(scheme);        // each tab is asked for itself
            browser.frame();

            assertThat(browser.script(read, names)).isEqualTo(served);
            assertThat(served).isNotEmpty().noneMatch(value -> value.toString().isEmpty());
            assertThat(browser.text(".label")).startsWith(label);
            assertThat(browser.style(".shares i", "background-color")).isEqualTo(bar);
            assertThat(hue(".sentence .word:not(.against)")).isEqualTo(speaks).isNotEqualTo(against);
            assertThat(hue(".sentence .word.against")).isEqualTo(against);
            assertThat(browser.style(".word.against", "border-bottom-style")).isEqualTo("dashed");
            closeTabs();
            browser.look(false);
        }
        browser.prefers("light");
    }

    @Test
    void withoutJavaScriptThePageSaysHowElseToAsk() {
        browser.scripts(false);
        try {
            browser.open(URI.create(Served.base(server)), 900, 700);
            assertThat(browser.text("main")).contains("JavaScript, which is switched off here", "POST /predict");
            assertThat(browser.one("#text").isDisplayed()).isFalse();
        } finally {
            browser.scripts(true);
        }
    }

    @Test
    void aTextTooLongIsRefusedOnThePage() {
        browser.open(URI.create(Served.base(server)), 900, 700);
        browser.awaitText("note", "words speak for");
        type("good ".repeat(200));
        browser.await("#words[hidden]");      // so many are not coloured
        browser.click("#inspect");
        browser.awaitText("note", "at most 128 are inspected here");
        assertThat(browser.tabs()).isEqualTo(1);
        // The browser itself notes every answer that is not 200.
        assertThat(browser.complaints()).singleElement().asString().contains("/inspect", "413");
    }

    @Test
    void theTokenIsAskedForAndSent() throws IOException {
        ServerOptions guarded = ServerOptions.defaults().withAddress("127.0.0.1", 0).withToken("secret");
        try (InferenceServer other = InferenceServer.start(model, guarded)) {
            browser.open(URI.create(Served.base(other)), 900, 700);
            browser.awaitText("login", "wants a token");
            assertThat(browser.one("#inspect").isDisplayed()).isFalse();
            browser.keys("#token", "secret", Keys.ENTER);
            browser.awaitText("note", "words speak for");
            lookInside();
            assertThat(browser.text(".label")).startsWith("POSITIVE");
        }
    }

    @Test
    void withoutInspectionsThereIsNoButton() throws IOException {
        ServerOptions without = ServerOptions.defaults().withAddress("127.0.0.1", 0).withInspections(false);
        try (InferenceServer other = InferenceServer.start(model, without)) {
            browser.open(URI.create(Served.base(other)), 900, 700);
            browser.awaitText("note", "words speak for");
            assertThat(browser.one("#inspect").isDisplayed()).isFalse();
            assertThat(new ServeClient(Served.base(other)).post("/inspect", "{\"inputs\":\"a\"}").status()).isEqualTo(404);
        }
    }
}
