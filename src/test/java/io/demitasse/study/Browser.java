package io.demitasse.study;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A real Chromium without a window, in which pages are looked at. */
final class Browser implements AutoCloseable {

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Starts one; the test is skipped, with the reason, where there is none. */
    static Browser start() {
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
    Browser open(Path page, int width, int height) {
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
        driver.get(page.toUri().toString());
        driver.manage().timeouts().implicitlyWait(Duration.ofSeconds(20));
        one("body.ready");
        driver.manage().timeouts().implicitlyWait(Duration.ZERO);
        frame();
        return this;
    }

    /** Pretends that the reader's system is dark or light. */
    void prefers(String scheme) {
        driver.executeCdpCommand("Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    WebElement one(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    List<WebElement> all(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    String text(String selector) {
        return one(selector).getText();
    }

    /** The button with this text. */
    void press(String text) {
        show(driver.findElement(By.xpath("//button[normalize-space()='" + text + "']"))).click();
        frame();
    }

    void click(String selector) {
        show(one(selector)).click();
        frame();
    }

    /** Moves the pointer to a place in an element, counted from its left upper corner. */
    void point(String selector, int x, int y) {
        WebElement element = show(one(selector));
        new Actions(driver).moveToElement(element, x - element.getSize().width / 2, y - element.getSize().height / 2)
                .perform();
        frame();
    }

    void keys(String selector, CharSequence... keys) {
        one(selector).sendKeys(keys);
        frame();
    }

    /** Opens a table below a figure and reads its cells, row by row. */
    List<List<String>> table(String section, String summary) {
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

    Object script(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    /** All that the page complained about since it was last asked. */
    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(entry -> entry.getMessage()).toList();
    }

    /** A picture of the whole page, for people to look at. */
    void photograph(Path file) {
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
    void frame() {
        driver.executeAsyncScript("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))");
    }

    @Override
    public void close() {
        driver.quit();
    }
}
