package io.demitasse;

import io.demitasse.convert.ModelFiles;
import io.demitasse.event.FlightRecorder;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Architecture;
import io.demitasse.model.Batch;
import io.demitasse.model.Encoder;
import io.demitasse.model.Head;
import io.demitasse.model.HeadSpec;
import io.demitasse.model.ModelConfig;
import io.demitasse.model.Positions;
import io.demitasse.model.Trace;
import io.demitasse.model.TrainableModel;
import io.demitasse.tokenizer.Encoding;
import io.demitasse.tokenizer.WordPieceTokenizer;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A model, opened once: tokenizer, encoder and head, with the threads and the memory to run them. What it is good for is
 * said by the classes that stand on it, such as {@link TextClassifier}; several may share one. Immutable and
 * thread-safe: share it between as many threads as you like, and close it when all are done.
 */
public final class Model implements AutoCloseable {

    /** Numbers that a head makes at once: with many labels they would take more memory than the encoder does. */
    private static final int SCORES = 1 << 20;

    private final @Nullable Path file;
    private final String fingerprint;       // of the file
    private final ModelConfig config;
    private final List<String> labels;
    private final @Nullable WordPieceTokenizer tokenizer;
    private final Kernels kernels;
    private final Encoder encoder;
    private final Head head;
    private final EmbeddingSettings embeddingSettings;
    private final Map<Pooling, Head> embeddingHeads = new EnumMap<>(Pooling.class);
    private final Head tokensHead;
    private final Parallel parallel;
    private final Options options;
    /** One at a time for each processor: more would only take memory. */
    private final Semaphore passes = new Semaphore(Runtime.getRuntime().availableProcessors(), true);
    private final ConcurrentLinkedQueue<Workspace> idle = new ConcurrentLinkedQueue<>();
    private @Nullable TrainableModel trainable;     // once it is needed
    private volatile boolean closed;

    private Model(FlatFile flat, @Nullable Path file, Options options, ModelConfig config,
                  @Nullable WordPieceTokenizer tokenizer, Kernels kernels, Parallel parallel) {
        this.file = file;
        this.config = config;
        this.fingerprint = flat.fingerprint();
        this.labels = List.copyOf(flat.labels());
        this.tokenizer = tokenizer;
        this.kernels = kernels;
        this.parallel = parallel;
        this.options = options;
        this.encoder = Encoder.load(flat, config, kernels, parallel);
        checkLabels(flat);
        this.head = Head.load(flat, headSpec(), encoder, kernels);
        this.embeddingSettings = EmbeddingSettings.of(flat, config.shape().dim());
        Head own = Head.load(flat, embeddingSettings.head(), encoder, kernels);
        for (Pooling pooling : Pooling.values()) {
            embeddingHeads.put(pooling, pooling == embeddingSettings.pooling() ? own : own.repooled(pooling.head()));
        }
        this.tokensHead = Head.load(flat, HeadSpec.over(Positions.Kind.ALL), encoder, kernels);
        flat.verify(options.threads());
    }

    /** Opens a flat weight file with {@link Options#defaults()}. */
    public static Model load(Path file) {
        return load(file, Options.defaults());
    }

    /**
     * Opens a flat weight file, or a Hugging Face folder where it lies.
     *
     * @throws ModelFormatException if the file is damaged, or not a flat weight file
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static Model load(Path file, Options options) {
        try (FlatFile flat = ModelFiles.open(file)) {
            return load(flat, file, options);
        }
    }

    /**
     * Opens a flat weight file out of a stream, such as {@code App.class.getResourceAsStream("/model.flat")}. All of the
     * stream is read into memory first, which is given back before this returns; no file is written. The stream is the
     * caller's to close.
     *
     * @throws ModelFormatException as {@link #load(Path, Options)}
     * @throws IllegalArgumentException if the kernels asked for do not work here
     */
    public static Model load(InputStream stream, Options options) {
        try (FlatFile flat = FlatFile.read(stream)) {
            return load(flat, null, options);
        }
    }

    private static Model load(FlatFile flat, @Nullable Path file, Options options) {
        ModelConfig config = ModelConfig.of(flat);
        Parallel parallel = new Parallel(options.threads());
        try {
            Kernels[] kernels = new Kernels[1];
            WordPieceTokenizer[] tokenizer = new WordPieceTokenizer[1];
            // Each takes a tenth of a second in a JVM that has just begun.
            parallel.run(2, (step, worker) -> {
                if (step == 0) {
                    kernels[0] = KernelChoice.choose(options.kernels(), options.int8Activations());
                } else if (flat.has(FlatFile.VOCABULARY)) {
                    tokenizer[0] = tokenizer(flat, config, options);
                }
            });
            return new Model(flat, file, options, config, tokenizer[0], kernels[0], parallel);
        } catch (RuntimeException | Error e) {
            parallel.close();
            throw e;
        }
    }

    private static WordPieceTokenizer tokenizer(FlatFile file, ModelConfig config, Options options) {
        WordPieceTokenizer tokenizer = Tokenizers.read(file, options.splitSpecialTokens());
        if (tokenizer.vocabulary().size() > config.shape().vocabSize()) {
            throw ModelFormatException.of(file.path(), "tensor " + FlatFile.VOCABULARY + ": tokens",
                    "at most config.vocab_size, " + config.shape().vocabSize(), tokenizer.vocabulary().size());
        }
        if (tokenizer.settings().maxLength() > config.shape().maxPositionEmbeddings()) {
            throw ModelFormatException.of(file.path(), "tokenizer.max_length",
                    "at most config.max_position_embeddings, " + config.shape().maxPositionEmbeddings(),
                    tokenizer.settings().maxLength());
        }
        int room = tokenizer.settings().maxLength() - tokenizer.addedTokens(false);
        if (options.truncation() instanceof Truncation.Window window && window.stride() >= room) {
            throw new IllegalArgumentException("stride is " + window.stride() + ", but this model's windows of " + room
                    + " tokens can share 0 to " + (room - 1));
        }
        return tokenizer;
    }

    /** As many labels as the classifier has rows. */
    private void checkLabels(FlatFile flat) {
        if (config.architecture() != Architecture.SEQUENCE_CLASSIFICATION
                && config.architecture() != Architecture.TOKEN_CLASSIFICATION) {
            return;
        }
        List<Integer> shape = flat.tensor("classifier.weight").shape();
        if (shape.size() != 2) {
            throw ModelFormatException.of(flat.path(), "tensor classifier.weight: shape", "[labels, dim]", shape);
        }
        if (labels.size() != shape.get(0) || labels.isEmpty()) {
            throw ModelFormatException.of(flat.path(), "labels", shape.get(0) + ", the rows of classifier.weight",
                    labels.size());
        }
    }

    private HeadSpec headSpec() {
        return config.architecture().head(config, labels.size());
    }

    /** What the model is, by its own files. */
    public ModelConfig config() {
        return config;
    }

    /** The labels, by number; empty for a model without any. Two may have one name. */
    public List<String> labels() {
        return labels;
    }

    /** The name of the kernels that compute. */
    public String kernels() {
        return kernels.name();
    }

    /**
     * What tells this model from every other, in hexadecimal digits: a SHA-256 of the flat file's header, in which the
     * checksums of all tensors stand. Of a Hugging Face folder it is one of its files' names, sizes and times.
     */
    public String fingerprint() {
        return fingerprint;
    }

    /** How it reads and computes. */
    public Options options() {
        return options;
    }

    /**
     * The model's tokenizer.
     *
     * @throws IllegalArgumentException if the model has no vocabulary
     */
    public WordPieceTokenizer tokenizer() {
        if (tokenizer == null) {
            throw new IllegalArgumentException("this model has no vocabulary: give it token ids instead of texts");
        }
        return tokenizer;
    }

    /** The head that the model was saved with. */
    public Head head() {
        return head;
    }

    /** How the model's maker means its vectors to be made. */
    EmbeddingSettings embeddingSettings() {
        return embeddingSettings;
    }

    /** The head that makes vectors, with the model's own pooling or another. */
    Head embeddingHead(Pooling pooling) {
        return embeddingHeads.get(pooling);
    }

    /** The head that hands on the last hidden states of all tokens. */
    Head tokensHead() {
        return tokensHead;
    }

    Kernels arithmetic() {
        return kernels;
    }

    /** The outputs' probabilities: {@code softmax(logits)}, on the model's kernels. */
    public float[] softmax(float[] logits) {
        float[] probabilities = logits.clone();
        kernels.softmax(probabilities, 0, probabilities.length);
        return probabilities;
    }

    /**
     * What the tokenizer made of a text or a pair, as this model reads it: a DistilBERT has no token types.
     *
     * @throws IllegalArgumentException if it is a pair, and the model is a BERT whose file has lost its token types
     */
    public Sequence sequence(Encoding encoding) {
        return Sequences.sequence(this, encoding);
    }

    /** The inputs as sequences of tokens. */
    Sequences encode(List<? extends Input> inputs) {
        return new Sequences(inputs, this);
    }

    /**
     * Does a job on this model.
     *
     * @throws IllegalArgumentException if a sequence is empty, too long, or has an id that the vocabulary has not
     * @throws IllegalStateException if the model is closed
     */
    public <R> R run(Job<R> job) {
        return job.result(outputs(job.head(), job.sequences(), Trace.NONE));
    }

    /**
     * What a head makes of each sequence, {@code [rows, out]}: a row for each token that it reads.
     *
     * @throws IllegalArgumentException as {@link #run}
     */
    public List<Matrix> outputs(Head head, List<Sequence> sequences) {
        return outputs(head, sequences, Trace.NONE);
    }

    /** {@link #outputs(Head, List)}, remembered in a trace, if it is one sequence. */
    public List<Matrix> outputs(Head head, List<Sequence> sequences, Trace trace) {
        List<Matrix> outputs = new ArrayList<>(sequences.size());
        passes.acquireUninterruptibly();
        try {
            Workspace workspace = borrow();
            for (int first = 0; first < sequences.size();) {
                int end = first + 1;
                int tokens = sequences.get(first).size();
                while (end < sequences.size() && tokens + sequences.get(end).size() <= encoder.tokensAtOnce()) {
                    tokens += sequences.get(end++).size();
                }
                if (closed) {
                    throw closed();
                }
                pass(head, sequences.subList(first, end), workspace, trace, outputs);
                first = end;
            }
            idle.add(workspace);
        } finally {
            if (closed) {
                idle.clear();
            }
            passes.release();
        }
        return outputs;
    }

    private void pass(Head head, List<Sequence> sequences, Workspace workspace, Trace trace, List<Matrix> outputs) {
        long mark = workspace.mark();
        List<int[]> ids = new ArrayList<>(sequences.size());
        List<int[]> types = new ArrayList<>(sequences.size());
        for (Sequence sequence : sequences) {
            ids.add(sequence.ids());
            types.add(sequence.typeIds());
        }
        Batch batch = Batch.of(ids, types);
        Positions read = head.reads() == Positions.Kind.CHOSEN
                ? Positions.at(batch, sequences.stream().map(Sequence::places).toList()) : head.positions(batch);
        ModelListener listener = options.listener();
        long start = listener == null ? 0 : System.nanoTime();
        FlightRecorder.ForwardPass event = FlightRecorder.forwardPass();
        Matrix hiddenStates = encoder.forward(batch, read, workspace, trace);           // [read.rows(), dim]
        if (head.pools() || trace.on()) {
            Matrix result = head.forward(hiddenStates, batch, workspace, trace);        // [rows, out]
            for (int s = 0; s < batch.sequences(); s++) {
                int row = head.pools() ? s : read.start(s);
                outputs.add(result.copyOfRows(row, head.pools() ? 1 : read.count(s)));
            }
        } else {
            for (int s = 0; s < batch.sequences(); s++) {
                outputs.add(Matrix.zeros(read.count(s), head.width()));
            }
            headByParts(head, hiddenStates, batch, read, workspace, outputs.subList(outputs.size() - batch.sequences(),
                    outputs.size()));
        }
        event.end(batch.sequences(), batch.tokens(), kernels.name());
        workspace.release(mark);
        if (listener != null) {
            listener.passed(batch.sequences(), batch.tokens(), System.nanoTime() - start, kernels.name());
        }
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

    /**
     * This model with weights to go back through, in float32: the model file is read again, at the first call.
     *
     * @throws UnsupportedOperationException if this model was loaded out of a stream
     * @throws ModelFormatException if the file was replaced since
     */
    public synchronized TrainableModel trainable() {
        if (trainable == null) {
            if (file == null) {
                throw new UnsupportedOperationException("only a model that was loaded from a file can explain: the "
                        + "first explanation reads the weights again, and this one came out of a stream");
            }
            try (FlatFile flat = ModelFiles.open(file)) {
                if (!flat.fingerprint().equals(fingerprint)) {
                    // Its gradients would be another model's than the outputs that they explain.
                    throw new ModelFormatException(file, "it is not the file any more that was loaded: load it again");
                }
                flat.verify();
                trainable = TrainableModel.load(flat, headSpec(), kernels);
            }
        }
        return trainable;
    }

    /** For work that takes far more memory than a pass does, which is let go afterwards. */
    public Workspace newWorkspace() {
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
