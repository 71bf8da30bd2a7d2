package io.demitasse;

import io.demitasse.convert.ModelFiles;
import io.demitasse.file.FlatFile;
import io.demitasse.file.ModelFormatException;
import io.demitasse.kernel.KernelChoice;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import io.demitasse.model.Architecture;
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
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model, opened once: tokenizer, encoder and head, with the threads and the memory to run them. What it is good for is
 * said by the classes that stand on it, such as {@link TextClassifier}; several may share one. Immutable and
 * thread-safe: share it between as many threads as you like, and close it when all are done.
 */
public final class Model implements AutoCloseable {

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
    private final Options options;
    private final Passes passes;
    private @Nullable TrainableModel trainable;     // once it is needed

    private Model(FlatFile flat, @Nullable Path file, Options options, ModelConfig config,
                  @Nullable WordPieceTokenizer tokenizer, Kernels kernels, Parallel parallel) {
        this.file = file;
        this.config = config;
        this.fingerprint = flat.fingerprint();
        this.labels = List.copyOf(flat.labels());
        this.tokenizer = tokenizer;
        this.kernels = kernels;
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
        this.passes = new Passes(encoder, kernels.name(), parallel, options.listener());
        flat.verify(options.threads());
        if (kernels.startAtOnce()) {
            warmUp();
        }
    }

    /** Has Java load now what a text takes, so that the first one waits for little more than others. */
    private void warmUp() {
        encode(List.of(tokenizer == null ? Input.ofIds(0) : Input.of("")));
        passes.warmUp(head);
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
            // These take a quarter of a second in a JVM that has just begun.
            parallel.run(3, (step, worker) -> {
                switch (step) {
                    case 0 -> kernels[0] = KernelChoice.choose(options.kernels(), options.int8Activations());
                    case 1 -> tokenizer[0] = flat.has(FlatFile.VOCABULARY) ? tokenizer(flat, config, options) : null;
                    default -> flat.fingerprint();
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
        return passes.outputs(head, sequences, trace);
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
        return passes.newWorkspace();
    }

    /** Ends the threads. A call that is running may still finish, or throws IllegalStateException. */
    @Override
    public void close() {
        passes.close();
    }
}
