package io.demitasse.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LinearScheduleTest {

    @Test
    void fallsToZero() {
        LinearSchedule schedule = LinearSchedule.of(TrainingArguments.builder().learningRate(8).build(), 4);

        assertThat(new double[] {schedule.at(0), schedule.at(1), schedule.at(3), schedule.at(4), schedule.at(9)})
                .containsExactly(8, 6, 2, 0, 0);
    }

    @Test
    void risesFromZeroDuringTheWarmUp() {
        // ceil(0.25 * 9) = 3 steps
        LinearSchedule schedule = LinearSchedule.of(
                TrainingArguments.builder().learningRate(6).warmupRatio(0.25).build(), 9);

        assertThat(new double[] {schedule.at(0), schedule.at(1), schedule.at(2), schedule.at(3), schedule.at(4),
            schedule.at(8)}).containsExactly(new double[] {0, 2, 4, 6, 5, 1}, within(1e-12));
    }

    @Test
    void aWarmUpToTheEnd() {
        LinearSchedule schedule = LinearSchedule.of(
                TrainingArguments.builder().learningRate(4).warmupRatio(1).build(), 4);

        assertThat(schedule.at(3)).isEqualTo(3);
        assertThat(schedule.at(4)).isZero();
    }
}
