package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.demitasse.TestModels;
import io.demitasse.serve.RequestException.Kind;
import io.demitasse.serve.ServeClient.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;

class InspectionsTest {

    private static final String TEXT = "{\"inputs\": \"not a good film\"}";

    @Test
    void aReplacedModelIsNotInspected() throws IOException {
        try (Served served = Served.tiny()) {
            String before = served.client().post("/predict", TEXT).body();
            Path other = TestModels.tinyOther(served.file().resolveSibling("other.flat"));
            Files.move(other, served.file(), StandardCopyOption.REPLACE_EXISTING);

            Answer answer = served.client().post("/inspect", TEXT);
            assertThat(answer.status()).as(answer.body()).isEqualTo(409);
            assertThat(answer.error()).isEqualTo("tiny.flat is not the file any more that this server has loaded: "
                    + "start it again to inspect");
            assertThat(served.client().post("/predict", TEXT).body()).isEqualTo(before);
        }
    }

    @Test
    void whatWasReadBeforeTheModelWasReplacedIsKept() throws IOException {
        try (Served served = Served.tiny()) {
            String before = served.client().post("/inspect", TEXT).body();
            TestModels.tinyOther(served.file());
            assertThat(served.client().post("/inspect", TEXT).body()).isEqualTo(before);
        }
    }

    @Test
    void aTextWhoseInspectionTakesMoreThanThereIsIsRefusedBeforehand() {
        try (Served served = Served.tiny()) {
            Inspections without = new Inspections(served.model(), 3 << 20);
            assertThatThrownBy(() -> without.page("good", 3)).isInstanceOf(RequestException.class)
                    .hasMessageStartingWith("this inspection would take about ").hasMessageContaining("--no-inspect")
                    .extracting(e -> ((RequestException) e).kind()).isEqualTo(Kind.UNHEALTHY);
            Inspections with = new Inspections(served.model(), Runtime.getRuntime().maxMemory());
            assertThat(with.page("good", 3)).isNotEmpty();
        }
    }

    @Test
    void theFirstInspectionNeedsTheWeightsAndLaterOnesDoNot() {
        try (Served served = Served.tiny()) {
            long first = served.model().inspectionBytes(6);
            served.model().inspect("not a good film");
            long later = served.model().inspectionBytes(6);
            // The tiny model's float32 numbers make most of its file.
            assertThat(first - later).isBetween(size(served) * 8 / 10, size(served));
            assertThat(later).isPositive().isLessThan(served.model().inspectionBytes(60));
        }
    }

    private static long size(Served served) {
        return served.file().toFile().length();
    }
}
