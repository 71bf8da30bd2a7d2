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
    private static final int QUEUE_TOKENS = 160;
    private static final int SHARE = 10;        // of the queue, for one request
    private static final int MOST_TOGETHER = 8;

    private final Metrics metrics = new Metrics();
    private final Batcher batcher = new Batcher(BATCH_TOKENS, QUEUE_TOKENS, metrics);
    private final ExecutorService requests = Executors.newCachedThreadPool();
    private final List<List<Integer>> batches = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch gate = new CountDownLatch(1);
    private final List<CompletableFuture<?>> flood = Collections.synchronizedList(new ArrayList<>());
    private volatile boolean flooding;

    /** Notes the first id of each sequence of a batch, and gives it back; id 0 waits for the gate, -1 fails. */
    private final Work<int[], Integer> work = Work.of(ids -> ids.length, MOST_TOGETHER, this::compute);

    private List<Integer> compute(List<int[]> sequences) {
        List<Integer> firsts = sequences.stream().map(ids -> ids[0]).toList();
        batches.add(firsts);
        if (flooding) {
            flood.add(ask(work, sequences(1, 1)));
            awaitFlood();
        }
        if (firsts.contains(0)) {
            await(gate);
        }
        if (firsts.contains(-1)) {
            throw new IllegalStateException("as the test wants");
        }
        return firsts;
    }

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
        assertThat(batches.get(1)).as("the small one is in the next batch").contains(7);
    }

    @Test
    void aSequenceOverTheBudgetGoesAlone() {
        assertThat(ask(work, sequences(50, 1, 2)).join()).containsExactly(1, 2);
        assertThat(batches).containsExactly(List.of(1), List.of(2));
    }

    @Test
    void worksDoNotMix() throws Exception {
        Work<int[], Integer> other = Work.of(ids -> ids.length, MOST_TOGETHER, this::compute);
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
    void tooManyRequestsAreTurnedAwayAtOnceAndLaterThereIsRoomAgain() throws Exception {
        CompletableFuture<?> first = blocked();
        List<CompletableFuture<List<Integer>>> fit = new ArrayList<>();
        for (int r = 1; r <= QUEUE_TOKENS / SHARE; r++) {
            fit.add(ask(work, sequences(SHARE, r)));
            awaitWaiting((long) SHARE * r);
        }
        assertOverloaded(sequences(1, 99));
        gate.countDown();
        fit.forEach(CompletableFuture::join);
        first.join();
        assertThat(batcher.compute(work, sequences(QUEUE_TOKENS * 2, 3), () -> false))
                .as("more than the limit, but alone").containsExactly(3);
        assertThat(batcher.waitingTokens()).isZero();
    }

    @Test
    void largeRequestsLeaveRoomForSmallOnes() throws Exception {
        CompletableFuture<?> first = blocked();
        List<CompletableFuture<List<Integer>>> all = new ArrayList<>();
        long waiting = 0;
        for (int r = 0; r < 12; r++) {      // three quarters of 16 shares
            all.add(ask(work, sequences(BATCH_TOKENS, 1, 2, 3, 4, 5, 6, 7, 8, 9)));
            awaitWaiting(waiting += 9 * BATCH_TOKENS);
        }
        assertOverloaded(sequences(SHARE, 1, 2));
        for (int r = 0; r < 20; r++) {
            all.add(ask(work, sequences(2, 10 + r)));
            awaitWaiting(waiting += 2);
        }
        assertOverloaded(sequences(2, 1));
        gate.countDown();
        all.forEach(CompletableFuture::join);
        first.join();
    }

    @Test
    void aSmallRequestIsInTheNextBatchHoweverManyLargeOnesWait() throws Exception {
        CompletableFuture<?> first = blocked();
        List<CompletableFuture<List<Integer>>> all = new ArrayList<>();
        for (int r = 1; r <= 8; r++) {
            all.add(ask(work, sequences(BATCH_TOKENS, 100 * r, 100 * r + 1, 100 * r + 2)));
            awaitWaiting(r * 30L);
        }
        all.add(ask(work, sequences(1, 7)));
        awaitWaiting(241);
        gate.countDown();
        all.forEach(CompletableFuture::join);
        first.join();
        assertThat(batches.get(1)).as("and alone, as long as what else waits would make it wait").containsExactly(7);
        for (int r = 1; r <= 8; r++) {
            assertThat(batches.indexOf(List.of(100 * r))).as("large ones take turns").isLessThan(2 + 8 * 3 / 2);
        }
    }

    @Test
    void aFloodOfSmallRequestsLeavesALargeOneItsTurns() throws Exception {
        CompletableFuture<?> first = blocked();
        CompletableFuture<List<Integer>> large = ask(work, sequences(BATCH_TOKENS, 1000, 1001, 1002));
        awaitWaiting(30);
        flooding = true;
        CompletableFuture<List<Integer>> small = ask(work, sequences(1, 1));
        awaitWaiting(31);
        gate.countDown();
        assertThat(large.join()).containsExactly(1000, 1001, 1002);
        flooding = false;
        first.join();
        small.join();
        // Not forEach, which would keep the list locked while the batches that are waited for add to it.
        for (int i = 0; i < flood.size(); i++) {
            flood.get(i).join();
        }
        int turn = batches.indexOf(List.of(1002)) - batches.indexOf(List.of(1001));
        assertThat(turn).as("two batches' worth of small ones, of which eight cost a batch").isBetween(5, 24);
    }

    @Test
    void noMoreAreComputedTogetherThanTheWorkAllows() throws Exception {
        CompletableFuture<?> first = blocked();
        CompletableFuture<List<Integer>> many = ask(work, sequences(1, 1, 2, 3, 4, 5, 6, 7, 8, 9));
        awaitWaiting(9);
        CompletableFuture<List<Integer>> more = ask(work, sequences(1, 10));
        awaitWaiting(10);
        gate.countDown();
        CompletableFuture.allOf(first, many, more).join();
        assertThat(batches).allSatisfy(batch -> assertThat(batch).hasSizeLessThanOrEqualTo(MOST_TOGETHER));
        assertThat(many.join()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    @Test
    void whatNobodyWaitsForIsNotComputed() throws Exception {
        CompletableFuture<?> first = blocked();
        CompletableFuture<Throwable> gone = new CompletableFuture<>();
        requests.execute(() -> {
            try {
                batcher.compute(work, sequences(BATCH_TOKENS, 1, 2, 3), () -> true);
            } catch (Exception e) {
                gone.complete(e);
            }
        });
        awaitWaiting(30);
        assertThat(gone.join()).extracting(e -> ((RequestException) e).kind()).isEqualTo(RequestException.Kind.GONE);
        assertThat(batcher.waitingTokens()).isZero();
        gate.countDown();
        first.join();
        assertThat(ask(work, sequences(1, 4)).join()).containsExactly(4);
        assertThat(batches).containsExactly(List.of(0), List.of(4));
    }

    @Test
    void theRestOfAFailedRequestIsNotComputed() {
        assertThatThrownBy(() -> batcher.compute(work, sequences(BATCH_TOKENS, -1, 2, 3), () -> false))
                .hasMessageContaining("as the test wants");
        assertThat(ask(work, sequences(1, 4)).join()).containsExactly(4);
        assertThat(batches).containsExactly(List.of(-1), List.of(4));
        assertThat(batcher.waitingTokens()).isZero();
    }

    @Test
    void aFailureIsItsRequestsAlone() {
        assertThatThrownBy(() -> batcher.compute(work, sequences(1, -1), () -> false))
                .hasMessageContaining("as the test wants");
        assertThat(ask(work, sequences(1, 1)).join()).containsExactly(1);
    }

    @Test
    void closingFinishesWhatWaitsAndTakesNothingNew() throws Exception {
        CompletableFuture<?> first = blocked();
        CompletableFuture<List<Integer>> waits = ask(work, sequences(4, 1, 2, 3));
        awaitWaiting(12);
        batcher.close();
        assertThatThrownBy(() -> batcher.compute(work, sequences(1, 4), () -> false)).isInstanceOf(RequestException.class)
                .hasMessage("the server is stopping");
        gate.countDown();
        assertThat(waits.join()).containsExactly(1, 2, 3);
        first.join();
    }

    /** Until the next small request waits, so that there is always one. */
    private void awaitFlood() {
        try {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
            // A large request has whole batches' tokens, so what is left over waits for a small one.
            while (batcher.waitingTokens() % BATCH_TOKENS == 0 && System.nanoTime() < end) {
                Thread.sleep(1);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void assertOverloaded(List<int[]> sequences) {
        assertThatThrownBy(() -> batcher.compute(work, sequences, () -> false)).isInstanceOf(RequestException.class)
                .extracting(e -> ((RequestException) e).kind()).isEqualTo(RequestException.Kind.OVERLOADED);
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

    private CompletableFuture<List<Integer>> ask(Work<int[], Integer> work, List<int[]> sequences) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return batcher.compute(work, sequences, () -> false);
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
