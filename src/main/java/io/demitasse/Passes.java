package io.demitasse;

import io.demitasse.event.FlightRecorder;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Batch;
import io.demitasse.model.Encoder;
import io.demitasse.model.Head;
import io.demitasse.model.Positions;
import io.demitasse.model.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Sends sequences through an encoder and a head, so many at a time that memory stays bounded. Few go through together, and
 * all threads share each product; of many each thread takes a pass of its own, so that none waits for another at the end of
 * every product. A sequence's output has the same bits either way. Thread-safe.
 */
final class Passes implements AutoCloseable {

    /** Numbers that a head makes at once: with many labels they would take more memory than the encoder does. */
    private static final int SCORES = 1 << 20;
    /** Tokens a thread of a call for which each has passes of its own: with fewer, sharing each product is as fast. */
    private static final int OWN_TOKENS = 256;
    /** Tokens that memory must leave each thread's pass, lest it read the weights for too few. */
    private static final int OWN_LIMIT = 128;
    /** A pass this much longer than a thread's share leaves the other threads without work. */
    private static final double UNEVEN = 1.2;

    /** Sequences {@code [first, end)} of a call, and what they took. */
    private static final class Pass {
        final int first;
        final int end;
        final int tokens;
        long nanoseconds;

        Pass(int first, int end, int tokens) {
            this.first = first;
            this.end = end;
            this.tokens = tokens;
        }
    }

    /** Threads that share a pass, and the memory of passes that are done. */
    private record Crew(Parallel threads, ConcurrentLinkedQueue<Workspace> idle) {

        Crew(Parallel threads) {
            this(threads, new ConcurrentLinkedQueue<>());
        }

        Workspace borrow() {
            Workspace workspace = idle.poll();
            return workspace == null ? new Workspace(threads) : workspace;
        }
    }

    private final Encoder encoder;
    private final String kernels;
    private final Crew together;
    private final Crew alone = new Crew(new Parallel(1));
    private final @Nullable ModelListener listener;
    /** Calls, one at a time for each processor: more would only take memory. */
    private final Semaphore calls = new Semaphore(Runtime.getRuntime().availableProcessors(), true);
    private volatile boolean closed;

    /** @param parallel closed with this */
    Passes(Encoder encoder, String kernels, Parallel parallel, @Nullable ModelListener listener) {
        this.encoder = encoder;
        this.kernels = kernels;
        this.together = new Crew(parallel);
        this.listener = listener;
    }

    /**
     * What a head makes of each sequence, {@code [rows, out]}.
     *
     * @param trace remembers all of it, if it is one sequence
     * @throws IllegalStateException if this is closed
     */
    List<Matrix> outputs(Head head, List<Sequence> sequences, Trace trace) {
        Matrix[] outputs = new Matrix[sequences.size()];
        calls.acquireUninterruptibly();
        try {
            List<Pass> own = ownPasses(sequences);
            List<Pass> all = own.isEmpty() ? cut(sequences, Integer.MAX_VALUE, encoder.tokensAtOnce()) : own;
            if (own.isEmpty()) {
                for (Pass pass : all) {
                    runRecorded(pass, head, sequences, together, trace, outputs);
                }
            } else {
                together.threads.run(own.size(), (index, worker) ->
                        runRecorded(own.get(index), head, sequences, alone, trace, outputs));
            }
            for (Pass pass : all) {
                if (listener != null) {
                    listener.passed(pass.end - pass.first, pass.tokens, pass.nanoseconds, kernels);
                }
            }
        } finally {
            if (closed) {
                forget();
            }
            calls.release();
        }
        return Arrays.asList(outputs);
    }

    /** Passes for each thread to compute by itself, which together take no more memory than one; none if they do not pay. */
    private List<Pass> ownPasses(List<Sequence> sequences) {
        int threads = together.threads.threads();
        int limit = encoder.tokensAtOnce() / threads;
        long tokens = 0;
        for (Sequence sequence : sequences) {
            tokens += sequence.size();
        }
        if (threads == 1 || limit < OWN_LIMIT || tokens < threads * OWN_TOKENS) {
            return List.of();
        }
        long turns = (tokens + threads * limit - 1) / (threads * limit);
        long share = (tokens + threads * turns - 1) / (threads * turns);
        List<Pass> passes = cut(sequences, (int) share, limit);
        int longest = passes.stream().mapToInt(pass -> pass.tokens).max().orElse(0);
        return longest * threads <= tokens * UNEVEN ? passes : List.of();
    }

    /**
     * The sequences in their order, cut into passes.
     *
     * @param share tokens that a pass has, about, if the limit allows so many
     * @param limit tokens that it has at most; a longer sequence is a pass by itself
     */
    private static List<Pass> cut(List<Sequence> sequences, int share, int limit) {
        List<Pass> passes = new ArrayList<>();
        long before = 0;    // tokens of the passes so far
        for (int first = 0; first < sequences.size();) {
            int end = first + 1;
            int tokens = sequences.get(first).size();
            long until = (passes.size() + 1L) * share;
            // A sequence goes where most of it lies.
            while (end < sequences.size() && tokens + sequences.get(end).size() <= limit
                    && before + tokens + sequences.get(end).size() / 2 < until) {
                tokens += sequences.get(end++).size();
            }
            passes.add(new Pass(first, end, tokens));
            before += tokens;
            first = end;
        }
        return passes;
    }

    /** A pass over one token, which nobody is told of: the recorder is asked for, since its classes are to be there, too. */
    void warmUp(Head head) {
        FlightRecorder.forwardPass();
        run(new Pass(0, 1, 1), head, List.of(Sequence.of(new int[1])), together, Trace.NONE, new Matrix[1]);
    }

    /** A pass that is recorded. */
    private void runRecorded(Pass pass, Head head, List<Sequence> sequences, Crew crew, Trace trace, Matrix[] outputs) {
        if (closed) {
            throw closed();
        }
        long start = System.nanoTime();
        FlightRecorder.ForwardPass event = FlightRecorder.forwardPass();
        run(pass, head, sequences, crew, trace, outputs);
        event.end(pass.end - pass.first, pass.tokens, kernels);
        pass.nanoseconds = System.nanoTime() - start;
    }

    private void run(Pass pass, Head head, List<Sequence> sequences, Crew crew, Trace trace, Matrix[] outputs) {
        Workspace workspace = crew.borrow();
        long mark = workspace.mark();
        List<Sequence> own = sequences.subList(pass.first, pass.end);
        List<int[]> ids = new ArrayList<>(own.size());
        List<int[]> types = new ArrayList<>(own.size());
        for (Sequence sequence : own) {
            ids.add(sequence.ids());
            types.add(sequence.typeIds());
        }
        Batch batch = Batch.of(ids, types);
        Positions read = head.reads() == Positions.Kind.CHOSEN
                ? Positions.at(batch, own.stream().map(Sequence::places).toList()) : head.positions(batch);
        Matrix hiddenStates = encoder.forward(batch, read, workspace, trace);           // [read.rows(), dim]
        if (head.pools() || trace.on()) {
            Matrix result = head.forward(hiddenStates, batch, workspace, trace);        // [rows, out]
            for (int s = 0; s < batch.sequences(); s++) {
                int row = head.pools() ? s : read.start(s);
                outputs[pass.first + s] = result.copyOfRows(row, head.pools() ? 1 : read.count(s));
            }
        } else {
            for (int s = 0; s < batch.sequences(); s++) {
                outputs[pass.first + s] = Matrix.zeros(read.count(s), head.width());
            }
            headByParts(head, hiddenStates, batch, read, workspace, Arrays.asList(outputs).subList(pass.first, pass.end));
        }
        workspace.release(mark);
        crew.idle.add(workspace);
    }

    /** A head over so many rows at a time that its numbers take no more memory than the encoder's do. */
    private static void headByParts(Head head, Matrix hiddenStates, Batch batch, Positions read, Workspace workspace,
                                    List<Matrix> outputs) {
        int together = Math.max(1, SCORES / Math.max(1, head.width()));
        int sequence = 0;
        for (int first = 0; first < hiddenStates.rows(); first += together) {
            int rows = Math.min(together, hiddenStates.rows() - first);
            long mark = workspace.mark();
            Matrix part = head.forward(workspace.rows(hiddenStates, first, rows), batch, workspace, Trace.NONE);
            for (int row = 0; row < rows; row++) {
                while (first + row >= read.start(sequence + 1)) {
                    sequence++;
                }
                Matrix own = outputs.get(sequence);
                System.arraycopy(part.data(), part.row(row), own.data(), own.row(first + row - read.start(sequence)),
                        own.columns());
            }
            workspace.release(mark);
        }
    }

    /** Memory that is not kept. */
    Workspace newWorkspace() {
        if (closed) {
            throw closed();
        }
        return new Workspace(together.threads);
    }

    private static IllegalStateException closed() {
        return new IllegalStateException("this model is closed");
    }

    /** Ends the threads. A call that is running may still finish, or throws IllegalStateException. */
    @Override
    public void close() {
        closed = true;
        together.threads.close();
        forget();
    }

    private void forget() {
        together.idle.clear();
        alone.idle.clear();
    }
}
