package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingLogTest {

    private static final StepResult STEP = new StepResult(3, 0.5, 0.25, 1e-5, 2);

    private Path file;

    @BeforeEach
    void inATemporaryFolder(@TempDir Path folder) {
        file = folder.resolve("log.jsonl");
    }

    private String kept(String before, long step) throws IOException {
        Files.writeString(file, before);
        try (TrainingLog log = TrainingLog.open(file)) {
            log.keepUntil(step);
        }
        return Files.readString(file);
    }

    @Test
    void linesOfLaterStepsAndHalfLinesAreDropped() throws IOException {
        String two = "{\"step\":1}\n{\"step\":2}\n";

        assertThat(kept(two + "{\"step\":3}\n{\"step\":4}\n", 2)).isEqualTo(two);
        assertThat(kept(two + "{\"step\":2,\"loss\":0.", 2)).isEqualTo(two);
        assertThat(kept(two + "\0\0\0\n{\"step\":2}\n", 2)).isEqualTo(two);
        assertThat(kept(two, 2)).isEqualTo(two);
        assertThat(kept(two, 0)).isEmpty();
    }

    @Test
    void goesOnBehindWhatWasKept() throws IOException {
        Files.writeString(file, "{\"step\":2}\n{\"step\":9}\n");
        try (TrainingLog log = TrainingLog.open(file)) {
            log.keepUntil(2);
            log.write(STEP);
        }

        assertThat(file).hasContent("{\"step\":2}\n"
                + "{\"step\":3,\"epoch\":0.5,\"loss\":0.25,\"learning_rate\":1.0E-5,\"gradient_norm\":2.0}\n");
    }

    @Test
    void twoTrainingsDoNotWriteToOneFolder() throws IOException {
        try (TrainingLog log = TrainingLog.open(file)) {
            log.keepUntil(0);
            assertThatIllegalArgumentException().isThrownBy(() -> TrainingLog.open(file))
                    .withMessage(file + ": another training is writing to this folder");
            log.write(STEP);
        }
        TrainingLog.open(file).close();
    }
}
