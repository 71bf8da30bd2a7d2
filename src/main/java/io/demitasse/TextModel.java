package io.demitasse;

import io.demitasse.event.FlightRecorder;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Batch;
import io.demitasse.model.Config;
import io.demitasse.model.Encoder;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** What {@link TextClassifier} and {@link TextEncoder} share: a tokenizer, an encoder, threads and memory. */
final class TextModel implements AutoCloseable {

    /** Tokens that go through the encoder at once; it bounds the memory, about 50 kB a token at 768 dims. */
    private static final int TOKENS = 2048;

    /** The encoder, as far as its results are needed. */
    @FunctionalInterface
    interface Pass {
        Matrix forward(Encoder encoder, Batch batch, Workspace workspace);
    }

    /** Takes what a pass made of some of the sequences. */
    @FunctionalInterface
    interface Reader {
        /**
         * @param first the number of the batch's first sequence among all
         * @param hiddenStates what the pass gave, valid only during the call
         */
        void read(int first, Batch batch, Matrix hiddenStates, Workspace workspace);
    }

    private final Config config;
    private final @Nullable WordPieceTokenizer tokenizer;
    private final Kernels kernels;
    private final Encoder encoder;
    private final Parallel parallel;
    private final Truncation truncation;
    /** One at a time for each processor: more would only take memory. */
    private final Semaphore passes = new Semaphore(Runtime.getRuntime().availableProcessors(), true);
    private final ConcurrentLinkedQueue<Workspace> idle = new ConcurrentLinkedQueue<>();
    private volatile boolean closed;

    private TextModel(Config config, @Nullable WordPieceTokenizer tokenizer, Kernels kernels, Encoder encoder,
                      Parallel parallel, Truncation truncation) {
        this.config = config;
        this.tokenizer = tokenizer;
        this.kernels = kernels;
        this.encoder = encoder;
        this.parallel = parallel;
        this.truncation = truncation;
    }

    static TextModel load(FlatFile file, Options options) {
        Config config = Config.parse(file.path(), file.config());
        Kernels kernels = KernelChoice.choose(options.kernels(), options.int8Activations());
        WordPieceTokenizer tokenizer = file.has(FlatFile.VOCABULARY) ? tokenizer(file, config, options) : null;
        Parallel parallel = new Parallel(options.threads());
        try {
            Encoder encoder = Encoder.load(file, config, kernels, parallel);
            file.verify(options.threads());
            return new TextModel(config, tokenizer, kernels, encoder, parallel, options.truncation());
        } catch (RuntimeException | Error e) {
            parallel.close();
            throw e;
        }
    }

    private static WordPieceTokenizer tokenizer(FlatFile file, Config config, Options options) {
        WordPieceTokenizer tokenizer = Tokenizers.read(file, options.splitSpecialTokens());
        if (tokenizer.vocabulary().size() > config.vocabSize()) {
            throw ModelFormatException.of(file.path(), "tensor " + FlatFile.VOCABULARY + ": tokens",
                    "at most config.vocab_size, " + config.vocabSize(), tokenizer.vocabulary().size());
        }
        if (tokenizer.settings().maxLength() > config.maxPositionEmbeddings()) {
            throw ModelFormatException.of(file.path(), "tokenizer.max_length",
                    "at most config.max_position_embeddings, " + config.maxPositionEmbeddings(),
                    tokenizer.settings().maxLength());
        }
        int room = tokenizer.settings().maxLength() - 2;
        if (options.truncation() instanceof Truncation.Window window && window.stride() >= room) {
            throw new IllegalArgumentException("stride is " + window.stride() + ", but this model's windows of " + room
                    + " tokens can share 0 to " + (room - 1));
        }
        return tokenizer;
    }

    Config config() {
        return config;
    }

    Kernels kernels() {
        return kernels;
    }

    /** The model's tokenizer; throws IllegalArgumentException if its file has no vocabulary. */
    WordPieceTokenizer tokenizer() {
        if (tokenizer == null) {
            throw new IllegalArgumentException("this model has no vocabulary: give it token ids instead of texts");
        }
        return tokenizer;
    }

    Sequences encode(List<String> texts) {
        return new Sequences(texts, tokenizer(), truncation);
    }

    /** Whether a text may be several sequences, and how their results then become one; null if not. */
    Truncation.@Nullable Aggregation aggregation() {
        return truncation instanceof Truncation.Window window ? window.aggregation() : null;
    }

    /** Passes all sequences through the encoder, some at a time, and hands what it made to the reader. */
    void run(List<int[]> sequences, Pass pass, Reader reader) {
        passes.acquireUninterruptibly();
        try {
            Workspace workspace = borrow();
            for (int first = 0; first < sequences.size();) {
                int end = first + 1;
                int tokens = sequences.get(first).length;
                while (end < sequences.size() && tokens + sequences.get(end).length <= TOKENS) {
                    tokens += sequences.get(end++).length;
                }
                if (closed) {
                    throw closed();
                }
                long mark = workspace.mark();
                Batch batch = Batch.of(sequences.subList(first, end));
                FlightRecorder.ForwardPass event = FlightRecorder.forwardPass();
                Matrix hiddenStates = pass.forward(encoder, batch, workspace);
                event.end(batch.sequences(), batch.tokens(), kernels.name());
                reader.read(first, batch, hiddenStates, workspace);
                workspace.release(mark);
                first = end;
            }
            idle.add(workspace);
        } finally {
            if (closed) {
                idle.clear();
            }
            passes.release();
        }
    }

    /** For work that takes far more memory than a pass does, which is let go afterwards. */
    Workspace newWorkspace() {
        if (closed) {
            throw closed();
        }
        return new Workspace(parallel);
    }

    private Workspace borrow() {
        if (closed) {
            throw closed();
        }
        Workspace workspace = idle.poll();
        return workspace == null ? new Workspace(parallel) : workspace;
    }

    private static IllegalStateException closed() {
        return new IllegalStateException("this model is closed");
    }

    /** Ends the threads. A call that is running may still finish, or throws IllegalStateException. */
    @Override
    public void close() {
        closed = true;
        parallel.close();
        idle.clear();
    }
}
