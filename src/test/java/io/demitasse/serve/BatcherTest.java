package io.demitasse.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BatcherTest {

    private static final int BATCH_TOKENS = 10;
    private static final int QUEUE_TOKENS = 100;

    private final Batcher batcher = new Batcher(BATCH_TOKENS, QUEUE_TOKENS, new Metrics());
    private final ExecutorService requests = Executors.newCachedThreadPool();
    private final List<List<Integer>> batches = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch gate = new CountDownLatch(1);

    /** Notes the first id of each sequence of a batch, and gives it back; id 0 waits for the gate, -1 fails. */
    private final Batcher.Work<Integer> work = sequences -> {
        List<Integer> firsts = sequences.stream().map(ids -> ids[0]).toList();
        batches.add(firsts);
        if (firsts.contains(0)) {
            await(gate);
        }
        if (firsts.contains(-1)) {
            throw new IllegalStateException("as the test wants");
        }
        return firsts;
    };

    @AfterEach
    void close() {
        gate.countDown();
        batcher.close();
        requests.shutdownNow();
    }

    @Test
    void everyRequestGetsItsOwnResultsInOrder() {
        List<CompletableFuture<List<Integer>>> all = new ArrayList<>();
        for (int r = 1; r <= 200; r++) {
            all.add(ask(work, sequences(3, r, r + 1000, r + 2000)));
            if (r % 10 == 0) {
                all.forEach(CompletableFuture::join);
            }
        }
        for (int r = 1; r <= 200; r++) {
            assertThat(all.get(r - 1).join()).containsExactly(r, r + 1000, r + 2000);
        }
    }

    @Test
    void whatWaitsIsComputedTogetherUpToTheBudget() throws Exception {
        CompletableFuture<?> first = blocked();
        List<CompletableFuture<List<Integer>>> all = new ArrayList<>();
        for (int r = 1; r <= 5; r++) {
            all.add(ask(work, sequences(4, r)));
            awaitWaiting(4 * r);
        }
        gate.countDown();
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
        first.join();
        assertThat(batches).containsExactly(List.of(0), List.of(1, 2), List.of(3, 4), List.of(5));
    }

    @Test
    void aLargeRequestLetsSmallOnesPass() throws Exception {
        CompletableFuture<?> first = blocked();
        CompletableFuture<List<Integer>> large = ask(work, sequences(5, 1, 2, 3, 4, 5, 6));
        awaitWaiting(30);
        CompletableFuture<List<Integer>> small = ask(work, sequences(5, 7));
        awaitWaiting(35);
        gate.countDown();
        assertThat(large.join()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(small.join()).containsExactly(7);
        first.join();
        assertThat(batches.get(1)).containsExactly(1, 2);
        assertThat(batches.get(2)).as("the small one is in the next batch").contains(7);
    }

    @Test
    void aSequenceOverTheBudgetGoesAlone() {
        assertThat(ask(work, sequences(50, 1, 2)).join()).containsExactly(1, 2);
        assertThat(batches).containsExactly(List.of(1), List.of(2));
    }

    @Test
    void worksDoNotMix() throws Exception {
        Batcher.Work<Integer> other = sequences -> work.apply(sequences);
        CompletableFuture<?> first = blocked();
        CompletableFuture<List<Integer>> one = ask(work, sequences(1, 1));
        awaitWaiting(1);
        CompletableFuture<List<Integer>> two = ask(other, sequences(1, 2));
        awaitWaiting(2);
        CompletableFuture<List<Integer>> three = ask(work, sequences(1, 3));
        awaitWaiting(3);
        gate.countDown();
        CompletableFuture.allOf(first, one, two, three).join();
        assertThat(batches).containsExactly(List.of(0), List.of(1, 3), List.of(2));
    }

    @Test
    void tooMuchIsTurnedAwayAtOnceAndLaterThereIsRoomAgain() throws Exception {
        CompletableFuture<?> first = blocked();
        CompletableFuture<List<Integer>> fits = ask(work, sequences(QUEUE_TOKENS - 1, 1));
        awaitWaiting(QUEUE_TOKENS - 1);
        assertThatThrownBy(() -> batcher.compute(work, sequences(2, 2))).isInstanceOf(RequestException.class)
                .extracting(e -> ((RequestException) e).kind()).isEqualTo(RequestException.Kind.OVERLOADED);
        gate.countDown();
        assertThat(fits.join()).containsExactly(1);
        first.join();
        assertThat(batcher.compute(work, sequences(QUEUE_TOKENS * 2, 3))).as("more than the limit, but alone")
                .containsExactly(3);
        assertThat(batcher.waitingTokens()).isZero();
    }

    @Test
    void aFailureIsItsRequestsAlone() {
        assertThatThrownBy(() -> batcher.compute(work, sequences(1, -1))).hasMessageContaining("as the test wants");
        assertThat(ask(work, sequences(1, 1)).join()).containsExactly(1);
    }

    @Test
    void closingFinishesWhatWaitsAndTakesNothingNew() throws Exception {
        CompletableFuture<?> first = blocked();
        CompletableFuture<List<Integer>> waits = ask(work, sequences(4, 1, 2, 3));
        awaitWaiting(12);
        batcher.close();
        assertThatThrownBy(() -> batcher.compute(work, sequences(1, 4))).isInstanceOf(RequestException.class)
                .hasMessage("the server is stopping");
        gate.countDown();
        assertThat(waits.join()).containsExactly(1, 2, 3);
        first.join();
    }

    private CompletableFuture<?> blocked() throws InterruptedException {
        CompletableFuture<List<Integer>> first = ask(work, sequences(1, 0));
        while (batches.isEmpty()) {
            Thread.sleep(1);
        }
        return first;
    }

    private void awaitWaiting(long tokens) throws InterruptedException {
        while (batcher.waitingTokens() != tokens) {
            Thread.sleep(1);
        }
    }

    private CompletableFuture<List<Integer>> ask(Batcher.Work<Integer> work, List<int[]> sequences) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return batcher.compute(work, sequences);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }, requests);
    }

    private static List<int[]> sequences(int length, int... firsts) {
        List<int[]> sequences = new ArrayList<>();
        for (int first : firsts) {
            int[] ids = new int[length];
            ids[0] = first;
            sequences.add(ids);
        }
        return sequences;
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
