package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class TrainingPlotTest {

    @TempDir
    Path folder;

    private Document plot(int steps, int evalSteps) throws Exception {
        StringBuilder log = new StringBuilder();
        for (int step = 1; step <= steps; step++) {
            log.append("{\"step\":").append(step).append(",\"loss\":").append(1.0 / step).append("}\n");
            if (step % evalSteps == 0) {
                log.append("{\"step\":").append(step).append(",\"validation_loss\":0.5,\"accuracy\":")
                        .append(step == evalSteps ? 0.9 : 0.8).append("}\n");
            }
        }
        String svg = TrainingPlot.svg(Files.writeString(folder.resolve("log.jsonl"), log), Metric.ACCURACY);
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 99, 5000})
    void isWellFormedAndStaysOnThePage(int steps) throws Exception {
        Document document = plot(steps, Math.max(1, steps / 4));

        for (String[] attribute : new String[][] {{"x1", "760"}, {"x2", "760"}, {"y1", "572"}, {"cx", "760"},
            {"cy", "572"}, {"x", "760"}, {"y", "572"}}) {
            for (String tag : new String[] {"line", "circle", "text"}) {
                var elements = document.getElementsByTagName(tag);
                for (int i = 0; i < elements.getLength(); i++) {
                    String value = ((Element) elements.item(i)).getAttribute(attribute[0]);
                    if (!value.isEmpty()) {
                        assertThat(Double.parseDouble(value)).as(tag + " " + attribute[0])
                                .isBetween(0.0, Double.parseDouble(attribute[1]));
                    }
                }
            }
        }
        assertThat(document.getElementsByTagName("path").getLength()).isEqualTo(4);
    }

    @Test
    void namesTheBest() throws Exception {
        String text = plot(40, 10).getDocumentElement().getTextContent();

        assertThat(text).contains("best accuracy 0.9000 at step 10", "training loss", "validation loss");
    }

    @Test
    void aLogThatIsNoneIsRefused() throws IOException {
        Path log = Files.writeString(folder.resolve("log.jsonl"), "nothing\n");

        org.assertj.core.api.Assertions.assertThatIllegalArgumentException().isThrownBy(() -> TrainingPlot.svg(log, Metric.ACCURACY));
    }

    @Test
    void drawsWhatAnObjectiveMeasures() throws IOException {
        Path log = Files.writeString(folder.resolve("log.jsonl"), """
                {"step":1,"loss":2}
                {"step":1,"validation_loss":2.5,"pearson":-0.25}
                """);

        assertThat(TrainingPlot.svg(log, Metric.PEARSON)).contains("best Pearson -0.2500 at step 1").doesNotContain("NaN");
    }
}
