package io.demitasse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ParallelTest {

    @Test
    void everyStepRunsOnceAndWorkersDoNotShareANumber() {
        try (Parallel parallel = new Parallel(4)) {
            for (int round = 0; round < 2000; round++) {
                int steps = round % 17;
                AtomicIntegerArray runs = new AtomicIntegerArray(steps);
                AtomicIntegerArray busy = new AtomicIntegerArray(4);
                parallel.run(steps, (index, worker) -> {
                    assertThat(busy.getAndIncrement(worker)).isZero();
                    runs.incrementAndGet(index);
                    busy.decrementAndGet(worker);
                });
                for (int i = 0; i < steps; i++) {
                    assertThat(runs.get(i)).isEqualTo(1);
                }
            }
        }
    }

    @Test
    void manyCallersAtOnce() throws InterruptedException {
        try (Parallel parallel = new Parallel(3)) {
            AtomicInteger sum = new AtomicInteger();
            List<Thread> callers = new ArrayList<>();
            for (int c = 0; c < 6; c++) {
                Thread caller = new Thread(() -> {
                    for (int round = 0; round < 500; round++) {
                        parallel.run(8, (index, worker) -> sum.incrementAndGet());
                    }
                });
                caller.start();
                callers.add(caller);
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertThat(sum).hasValue(6 * 500 * 8);
        }
    }

    @Test
    void aFailureReachesTheCallerAndTheNextLoopRuns() {
        try (Parallel parallel = new Parallel(2)) {
            assertThatIllegalStateException().isThrownBy(() -> parallel.run(10, (index, worker) -> {
                if (index == 7) {
                    throw new IllegalStateException("seven");
                }
            })).withMessage("seven");
            AtomicInteger runs = new AtomicInteger();
            parallel.run(10, (index, worker) -> runs.incrementAndGet());
            assertThat(runs).hasValue(10);
        }
    }

    @Test
    void closingEndsTheThreadsAndALoopStillRunsOnItsCaller() throws InterruptedException {
        Parallel parallel = new Parallel(3);
        parallel.run(4, (index, worker) -> { });
        List<Thread> threads = workers();
        assertThat(threads).hasSizeGreaterThanOrEqualTo(2);
        parallel.close();
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        }
        AtomicInteger runs = new AtomicInteger();
        parallel.run(5, (index, worker) -> runs.incrementAndGet());
        assertThat(runs).hasValue(5);
    }

    private static List<Thread> workers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("demitasse-")).toList();
    }

    @Test
    void noThreadsIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Parallel(0)).withMessageContaining("0");
    }
}
