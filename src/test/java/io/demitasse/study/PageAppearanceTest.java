package io.demitasse.study;

import static org.assertj.core.api.Assertions.assertThat;

import io.demitasse.Browser;
import io.demitasse.TestModels;
import io.demitasse.TextClassifier;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the page looks: its colours, on paper, on a phone, while it loads, and for texts that are not plain and short. */
class PageAppearanceTest {

    /** 64 tokens with those that are added. */
    private static final String LONG = "n't disguise the fact that , really , we 've been here , done that . a swash tale "
            + "of love , betrayal , revenge and above all , faith . there ought to be a directing license , so that ed "
            + "burns can have his revoked . a rigorously structured and exquisitely filmed drama about";
    private static final String HEBREW = "\u05D6\u05D4 \u05E1\u05E8\u05D8 \u05D8\u05D5\u05D1 \u05DE\u05D0\u05D5\u05D3";

    @TempDir
    static Path folder;

    private static Browser browser;
    private static TextClassifier classifier;

    @BeforeAll
    static void start() {
        browser = Browser.start();
        classifier = TextClassifier.load(TestModels.DEFAULT);
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

    private static Path write(Page page) throws IOException {
        return Files.write(Files.createTempFile(folder, "page", ".html"), html(page).getBytes(StandardCharsets.UTF_8));
    }

    private static String html(Page page) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        page.write(out);
        return out.toString(StandardCharsets.UTF_8);
    }

    /** Texts with what their words did for the first one's label. */
    private static Page page(String... texts) {
        Page page = new Page();
        String label = classifier.classify(texts[0]).label();
        for (String text : texts) {
            Inspection inspection = new Inspector(classifier.model()).inspect(text);
            page.add(inspection, new Explainer(classifier.model()).explain(inspection, label, Page.methods(inspection)));
        }
        return page;
    }

    private static String style(String selector, String property) {
        return browser.style(selector, property);
    }

    private static String variable(String name) {
        return (String) browser.script("return getComputedStyle(document.documentElement).getPropertyValue(arguments[0])",
                name);
    }

    @Test
    void aProbabilityHasFourDecimalsWhereverItStands() throws IOException {
        browser.open(write(page("a good film")), 1280, 900);
        String score = String.format(Locale.ROOT, "%.4f", classifier.classify("a good film").score());

        assertThat(browser.text(".label")).isEqualTo("POSITIVE " + score);
        assertThat(browser.text(".shares dd")).isEqualTo(score);
        assertThat(browser.text("#words .check")).contains("where it has " + score + ",");
        assertThat(browser.table("lens", "Probabilities and logits").get(6).get(2)).isEqualTo(score);
    }

    @Test
    void theBaselinesOwnScoreIsShown() throws IOException {
        browser.open(write(page("a good film")), 1280, 900);
        Explanation explanation = new Explainer(classifier.model()).explain("a good film");

        assertThat(browser.text("#words .check")).startsWith(String.format(Locale.ROOT,
                "With [MASK] in place of every word POSITIVE has %.4f;", explanation.baselineProbability()));
    }

    @Test
    void theGradientIsTakenOnTheWay() throws IOException {
        browser.open(write(page("a good film")), 1280, 900);

        assertThat(browser.one("#words math mfrac mrow").getDomProperty("textContent"))
                .isEqualTo("\u2202F(b+\u03B1(x\u2212b))");
        assertThat((Long) browser.script("return document.querySelector('#words math').scrollWidth"))
                .isLessThanOrEqualTo(browser.one("#words aside").getSize().width);
    }

    @Test
    void anEmptyTextIsNoNumber() throws IOException {
        browser.open(write(page("")), 1280, 900);

        assertThat(browser.text("body")).doesNotContain("NaN").contains("There is no word to explain");
        assertThat(browser.all("#words .choices")).isEmpty();
    }

    @Test
    void theHeadsFormulaIsTheModels() throws IOException {
        browser.open(write(page("good")), 1280, 900);
        assertThat(browser.one("#lens math").getDomProperty("textContent")).contains("relu");
        try (TextClassifier bert = TextClassifier.load(TestModels.tinyBert(folder.resolve("bert.flat")))) {
            browser.open(write(new Page().add(new Inspector(bert.model()).inspect("good"), null)), 1280, 900);
        }
        assertThat(browser.one("#lens math").getDomProperty("textContent")).contains("tanh").doesNotContain("relu");
    }

    @Test
    void labelsAndSignsHaveHuesOfTheirOwn() throws IOException {
        for (String scheme : List.of("light", "dark")) {
            browser.prefers(scheme);
            browser.open(write(page("a good film")), 1280, 900);

            assertThat(Stream.of("--for", "--against", "--label-0", "--label-1", "--label-2", "--label-3")
                    .map(PageAppearanceTest::variable)).doesNotHaveDuplicates().doesNotContain("");
            // POSITIVE is the same in its bar, its curve and its name.
            assertThat(style(".shares i", "background-color")).isEqualTo(style(".label b", "color"))
                    .isEqualTo(style("#lens path:nth-of-type(2)", "stroke").replace("rgb(", "rgba(").replace(")", ", 1)"));
        }
        browser.prefers("light");
    }

    @Test
    void twoTextsAreComparedForOneLabel() throws IOException {
        browser.open(write(page("a good film", "not a good film")), 1280, 900);

        assertThat(browser.text("#words .key")).isEqualTo("What each word did: for POSITIVE against it");
        assertThat(browser.all(".label")).extracting(label -> label.getText().split(" ")[0])
                .containsExactly("POSITIVE", "NEGATIVE");
        assertThat(browser.all("#words .check")).hasSize(2)
                .allSatisfy(check -> assertThat(check.getText()).contains("POSITIVE has"));
        assertThat(browser.all(".panel:nth-of-type(2) .word")).extracting(word -> word.getDomAttribute("title"))
                .first().asString().matches("\u2212.* against POSITIVE");
    }

    @Test
    void aTextTooLongForAMethodSaysSo() throws IOException {
        browser.open(write(page("a good film", LONG.repeat(2))), 1280, 900);
        assertThat(browser.text("#words .choices [aria-pressed='true']")).isEqualToIgnoringCase("gradient x input");
        browser.press("leave one out");

        assertThat(browser.all("#words .check").get(1).getText()).contains("too long for leave one out");
    }

    @Test
    void manyTokensBeginAsAMatrix() throws IOException {
        browser.open(write(page("a good film")), 1280, 900);
        assertThat(browser.one("#attention .lines").isDisplayed()).isTrue();
        browser.open(write(page("a good film ".repeat(8))), 1280, 900);
        assertThat(browser.one("#attention .lines").isDisplayed()).isFalse();
        assertThat(browser.one("#attention .matrix").isDisplayed()).isTrue();
    }

    /** Follows what is written on the canvas while the plane is drawn anew. */
    @Test
    @SuppressWarnings("unchecked")
    void namesOnThePlaneDoNotCoverEachOther() throws IOException {
        Inspection inspection = new Inspector(classifier.model()).inspect(LONG);
        browser.open(write(new Page().add(inspection, null)), 1280, 900);
        browser.script("""
                window.names = [];
                const {clearRect} = CanvasRenderingContext2D.prototype;
                CanvasRenderingContext2D.prototype.clearRect = function (...place) {
                    if (this.canvas.closest('.projection')) {
                        window.names = [];
                    }
                    clearRect.apply(this, place);
                };
                const fillText = CanvasRenderingContext2D.prototype.fillText;
                CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
                    if (this.canvas.closest('.projection')) {
                        const width = this.measureText(text).width;
                        const left = x - {left: 0, center: width / 2, right: width}[this.textAlign];
                        names.push([left, y - 6, left + width, y + 6]);
                    }
                    fillText.call(this, text, x, y);
                };""");
        browser.click("#theme");
        List<List<Number>> names = (List<List<Number>>) browser.script("return names");

        assertThat(inspection.tokens()).hasSize(64);
        assertThat(names).hasSizeGreaterThan(32);
        for (int i = 0; i < names.size(); i++) {
            double[] a = names.get(i).stream().mapToDouble(Number::doubleValue).toArray();
            for (int j = 0; j < i; j++) {
                double[] b = names.get(j).stream().mapToDouble(Number::doubleValue).toArray();
                assertThat(a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1]).as("%s %s", i, j).isTrue();
            }
        }
    }

    @Test
    void aLongTextsPageIsPacked() throws IOException {
        Inspection inspection = new Inspector(classifier.model()).inspect((LONG + " ").repeat(6));
        double tokens = inspection.tokens().size();
        double numbers = inspection.layers() * inspection.heads() * tokens * tokens;

        assertThat(tokens).isGreaterThan(300);
        assertThat(html(new Page().add(inspection, null)).length() / numbers).as("bytes a number").isLessThan(0.5);
    }

    /** The page is fed to a frame as it comes over a slow wire: first all up to the large numbers, then the rest. */
    @Test
    void wordsAreShownBeforeTheNumbersHaveCome() throws IOException {
        String html = html(page(LONG));
        int half = html.indexOf("<script type=\"text/plain\"");
        browser.open(write(page("good")), 1280, 900);
        Object early = browser.later("""
                const [first, rest, done] = arguments;
                const frame = document.createElement('iframe');
                frame.style = 'width: 1000px; height: 6000px';
                document.body.replaceChildren(frame);
                const page = frame.contentDocument;
                page.open();
                page.write(first);
                setTimeout(() => {
                    const early = [page.querySelector('.sentence')?.textContent,
                        page.querySelector('#attention .loading')?.textContent];
                    page.write(rest);
                    page.close();
                    const wait = () => page.querySelector('body.ready')
                        ? done(early.concat(page.querySelectorAll('.loading').length)) : setTimeout(wait, 20);
                    wait();
                }, 500);""", html.substring(0, half), html.substring(half));

        assertThat(early).isEqualTo(List.of(LONG, "Loading\u2026", 0L));
    }

    @Test
    void withoutJavaScriptThePageSaysWhatItCan() throws IOException {
        Path page = write(page("a <b>good</b> film & more"));
        browser.scripts(false);
        try {
            browser.open(page.toUri(), 1280, 900);
            assertThat(browser.text("main")).contains("JavaScript, which is switched off here", "POSITIVE 0.99",
                    "a <b>good</b> film & more").doesNotContain("Loading");
        } finally {
            browser.scripts(true);
        }
    }

    @Test
    void onPaperBarsStayAndButtonsGo() throws IOException {
        browser.prefers("dark");
        browser.open(write(page("a good film")), 1280, 900);
        browser.media("print");
        browser.script("dispatchEvent(new Event('beforeprint'))");
        try {
            assertThat(style(".shares i", "print-color-adjust")).isEqualTo("exact");
            assertThat(style(".word", "print-color-adjust")).isEqualTo("exact");
            assertThat(browser.all("#theme, .choices button, nav, input, summary"))
                    .noneMatch(element -> element.isDisplayed());
            assertThat(browser.text("#words .controls")).contains("Method: integrated gradients");
            assertThat(variable("--paper")).as("light").isEqualTo("#fcfcfa");
        } finally {
            browser.script("dispatchEvent(new Event('afterprint'))");
            browser.media("");
        }
        assertThat(browser.text("#theme")).as("dark again").isEqualTo("Light");
        browser.prefers("light");
    }

    @Test
    void aPhoneHasARowOfMethodsAndAllHeads() throws IOException {
        Path page = write(page("a good film"));
        for (int width : List.of(360, 390)) {
            browser.open(page, width, 800);
            assertThat(browser.all("#words .choices button")).extracting(button -> button.getLocation().y).hasSize(3)
                    .containsOnly(browser.one("#words .choices button").getLocation().y);
            assertThat(browser.script("const grid = document.querySelector('.scroll');"
                    + "return grid.scrollWidth - grid.clientWidth")).isEqualTo(0L);
            assertThat(browser.all(".more-right")).isEmpty();
        }
        browser.open(page, 240, 800);
        assertThat(browser.all(".more-right")).as("a sign that there are more columns").hasSize(1);
        browser.script("document.querySelector('.scroll').scrollLeft = 1000");
        browser.frame();
        assertThat(browser.all(".more-left:not(.more-right)")).hasSize(1);
    }

    @Test
    void piecesOfARightToLeftWordRunFromRightToLeft() throws IOException {
        browser.open(write(page(HEBREW)), 1280, 900);
        List<Integer> places = browser.all(".cards li:nth-child(2) .piece").stream()
                .map(piece -> piece.getLocation().x).toList();

        assertThat(places).hasSizeGreaterThan(1);
        assertThat(IntStream.range(1, places.size())).allMatch(i -> places.get(i) < places.get(i - 1));
        assertThat(browser.all(".cards li").get(1).getLocation().x).as("words, too")
                .isLessThan(browser.all(".cards li").get(0).getLocation().x);
        browser.open(write(page("a painfully unpretentious film")), 1280, 900);
        List<Integer> latin = browser.all(".cards li:nth-child(4) .piece").stream()
                .map(piece -> piece.getLocation().x).toList();
        assertThat(latin).hasSizeGreaterThan(1).isSorted();
    }
}
