package io.demitasse;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A real Chromium without a window, in which pages are looked at. */
public final class Browser implements AutoCloseable {

    private final ChromeDriver driver;
    private String scheme = "light";

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Starts one; the test is skipped, with the reason, where there is none. */
    public static Browser start() {
        Path chromium = installed("chromium", "chromium-browser", "google-chrome");
        Path chromedriver = installed("chromedriver");
        assumeTrue(chromium != null && chromedriver != null, "needs chromium and chromedriver (Debian's packages "
                + "chromium and chromium-driver), which are not on this machine");
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        ChromeOptions options = new ChromeOptions().setBinary(chromium.toFile()).addArguments("--headless=new",
                "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars");
        options.setCapability("goog:loggingPrefs", logs);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver.toFile()).build();
        return new Browser(new ChromeDriver(service, options));
    }

    private static Path installed(String... names) {
        return Stream.of(names).flatMap(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable).findFirst().orElse(null);
    }

    /** Opens a page in a window of this size and waits until it has drawn itself. */
    public Browser open(Path page, int width, int height) {
        open(page.toUri(), width, height);
        await("body.ready");
        frame();
        return this;
    }

    /** Opens a page in a window of this size. */
    public void open(URI page, int width, int height) {
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
        driver.get(page.toString());
    }

    /** Waits until there is such an element. */
    public WebElement await(String selector) {
        return await(By.cssSelector(selector));
    }

    /** Waits until the element with this id has a text with this in it. */
    public WebElement awaitText(String id, String text) {
        return await(By.xpath("//*[@id='" + id + "'][contains(., '" + text + "')]"));
    }

    private WebElement await(By place) {
        driver.manage().timeouts().implicitlyWait(Duration.ofSeconds(60));
        try {
            return driver.findElement(place);
        } finally {
            driver.manage().timeouts().implicitlyWait(Duration.ZERO);
        }
    }

    /** Looks at the tab that was opened last, or again at the first. */
    public void look(boolean atLast) {
        List<String> tabs = List.copyOf(driver.getWindowHandles());
        driver.switchTo().window(tabs.get(atLast ? tabs.size() - 1 : 0));
    }

    public int tabs() {
        return driver.getWindowHandles().size();
    }

    /** Closes the tab that is looked at, and goes back to the first. */
    public void closeTab() {
        driver.close();
        look(false);
    }

    /** Pretends that the reader's system is dark or light. */
    public void prefers(String scheme) {
        this.scheme = scheme;
        media("");
    }

    /** Pretends that the page is shown on this medium, such as print; on the screen again if it is empty. */
    public void media(String medium) {
        driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("media", medium,
                "features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /** Switches the scripts of pages on or off. */
    public void scripts(boolean on) {
        driver.executeCdpCommand("Emulation.setScriptExecutionDisabled", Map.of("value", !on));
    }

    public WebElement one(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    public List<WebElement> all(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    public String text(String selector) {
        return fresh(() -> one(selector).getText());
    }

    /** What a property of an element's style is computed to. */
    public String style(String selector, String property) {
        return fresh(() -> one(selector).getCssValue(property));
    }

    /** Asks again where a page has put another element in the place of the one that was found. */
    private <T> T fresh(Supplier<T> question) {
        for (int attempt = 0; ; attempt++) {
            try {
                return question.get();
            } catch (StaleElementReferenceException e) {
                if (attempt == 20) {
                    throw e;
                }
                frame();
            }
        }
    }

    /** The button with this text. */
    public void press(String text) {
        show(driver.findElement(By.xpath("//button[normalize-space()='" + text + "']"))).click();
        frame();
    }

    public void click(String selector) {
        show(one(selector)).click();
        frame();
    }

    /** Moves the pointer to a place in an element, counted from its left upper corner. */
    public void point(String selector, int x, int y) {
        WebElement element = show(one(selector));
        new Actions(driver).moveToElement(element, x - element.getSize().width / 2, y - element.getSize().height / 2)
                .perform();
        frame();
    }

    public void keys(String selector, CharSequence... keys) {
        one(selector).sendKeys(keys);
        frame();
    }

    /** Opens a table below a figure and reads its cells, row by row. */
    public List<List<String>> table(String section, String summary) {
        WebElement details = driver.findElement(By.xpath(
                "//section[@id='" + section + "']//details[contains(summary, '" + summary + "')]"));
        if (details.getDomProperty("open").equals("false")) {
            show(details.findElement(By.tagName("summary"))).click();
        }
        frame();
        Object cells = driver.executeScript("return [...arguments[0].querySelectorAll('tbody tr')]"
                + ".map(row => [...row.children].map(cell => cell.textContent))", details);
        @SuppressWarnings("unchecked")
        List<List<String>> rows = (List<List<String>>) cells;
        return rows;
    }

    public Object script(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    /** Runs a script that gives its result to a function, its last argument. */
    public Object later(String script, Object... arguments) {
        driver.manage().timeouts().scriptTimeout(Duration.ofSeconds(60));
        return driver.executeAsyncScript(script, arguments);
    }

    /** All that the page complained about since it was last asked. */
    public List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(entry -> entry.getMessage()).toList();
    }

    /** A picture of the whole page, for people to look at. */
    public void photograph(Path file) {
        driver.executeScript("window.scrollTo({top: 0, behavior: 'instant'})");
        frame();
        Object picture = driver.executeCdpCommand("Page.captureScreenshot",
                Map.of("captureBeyondViewport", true)).get("data");
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, Base64.getDecoder().decode(picture.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private WebElement show(WebElement element) {
        driver.executeScript("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", element);
        frame();
        return element;
    }

    /** Waits for what the page will have drawn after its next frame. */
    public void frame() {
        driver.executeAsyncScript("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))");
    }

    @Override
    public void close() {
        driver.quit();
    }
}
