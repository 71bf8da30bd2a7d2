package io.demitasse.event;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.demitasse.Options;
import io.demitasse.TestModels;
import io.demitasse.TextClassifier;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightRecorderTest {

    @TempDir
    Path folder;

    @Test
    void aForwardPassIsAnEvent() throws IOException {
        List<int[]> texts = List.of(new int[] {1, 2, 3}, new int[] {4, 5});
        List<RecordedEvent> events = new ArrayList<>();
        try (Recording recording = new Recording();
                TextClassifier classifier = TextClassifier.load(TestModels.TINY, Options.defaults().withKernels("plain"))) {
            recording.enable("io.demitasse.ForwardPass");
            recording.start();
            classifier.classifyIds(texts);
            classifier.classifyIds(new int[] {7});
            recording.stop();
            classifier.classifyIds(texts);
            Path file = folder.resolve("passes.jfr");
            recording.dump(file);
            events.addAll(RecordingFile.readAllEvents(file));
        }

        assertThat(events).extracting(event -> event.getEventType().getName())
                .containsExactly("io.demitasse.ForwardPass", "io.demitasse.ForwardPass");
        assertThat(events).extracting(event -> event.getInt("texts")).containsExactly(2, 1);
        assertThat(events).extracting(event -> event.getInt("tokens")).containsExactly(5, 1);
        assertThat(events).extracting(event -> event.getString("kernels")).containsOnly("plain");
        assertThat(events).extracting(RecordedEvent::getDuration)
                .allMatch(duration -> duration.compareTo(Duration.ZERO) > 0
                        && duration.compareTo(Duration.ofSeconds(10)) < 0);
    }

    @Test
    void aTrainingStepIsAnEvent() throws IOException {
        Path file = folder.resolve("steps.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("io.demitasse.TrainingStep").withThreshold(Duration.ZERO);
            recording.start();
            FlightRecorder.trainingStep().end(12, 32, 801, 0.25);
            recording.stop();
            recording.dump(file);
        }

        RecordedEvent event = RecordingFile.readAllEvents(file).get(0);
        assertThat(event.getLong("step")).isEqualTo(12);
        assertThat(event.getInt("examples")).isEqualTo(32);
        assertThat(event.getInt("tokens")).isEqualTo(801);
        assertThat(event.getDouble("loss")).isEqualTo(0.25);
    }

    @Test
    void whatNobodyRecordsAllocatesNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = Long.MAX_VALUE;
        for (int round = 0; round < 3; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 10_000; i++) {
                FlightRecorder.forwardPass().end(i, i, "plain");
                FlightRecorder.trainingStep().end(i, i, i, 0.5);
            }
            allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(allocated).isLessThan(1_000);
    }
}
