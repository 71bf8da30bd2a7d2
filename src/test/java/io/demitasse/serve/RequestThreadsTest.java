package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class RequestThreadsTest {

    @Test
    void thereAreNoMoreThanMayBeAndTheyAreGivenBack() throws Exception {
        RequestThreads threads = new RequestThreads(2);
        CountDownLatch gate = new CountDownLatch(1);
        CompletableFuture<Boolean> virtual = new CompletableFuture<>();
        threads.execute(() -> {
            // No thread of a name of its own is a virtual one.
            virtual.complete(Thread.currentThread().getName().isEmpty());
            await(gate);
        });
        threads.execute(() -> await(gate));
        assertThat(threads.active()).isEqualTo(2);
        assertThatThrownBy(() -> threads.execute(() -> { })).isInstanceOf(RejectedExecutionException.class);
        assertThat(virtual.get()).isEqualTo(threads.isVirtual()).isEqualTo(Runtime.version().feature() >= 24);

        gate.countDown();
        while (threads.active() > 0) {
            Thread.sleep(1);
        }
        CompletableFuture<Void> again = new CompletableFuture<>();
        threads.execute(() -> again.complete(null));
        again.get();
        threads.stop();
    }

    private static void await(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
