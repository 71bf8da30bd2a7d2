package io.demitasse.model;

import io.demitasse.file.FlatFile;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import java.util.ArrayList;
import java.util.List;

/** Embeddings and a row of blocks: Hugging Face's DistilBertModel (Sanh et al. 2019) and BertModel. Immutable. */
public final class Encoder {

    /** Tokens of a pass, at most. */
    private static final int TOKENS = 2048;
    /** Floats of a pass's intermediates, about: 32 MB. MiniLM's passes of a tenth of that are as fast. */
    private static final long FLOATS = 1 << 23;

    private final ModelConfig config;
    private final Embeddings embeddings;
    private final List<Block> blocks;

    private Encoder(ModelConfig config, Embeddings embeddings, List<Block> blocks) {
        this.config = config;
        this.embeddings = embeddings;
        this.blocks = List.copyOf(blocks);
    }

    /**
     * Reads the encoder's weights.
     *
     * @throws io.demitasse.file.ModelFormatException if a tensor is missing, damaged, or not of the config's shape
     */
    public static Encoder load(FlatFile file, ModelConfig config, Kernels kernels) {
        return load(Weights.of(file), config, kernels);
    }

    /** {@link #load(FlatFile, ModelConfig, Kernels)} on all of these threads: to lay weights out takes longer than to read. */
    public static Encoder load(FlatFile file, ModelConfig config, Kernels kernels, Parallel parallel) {
        Weights root = Weights.of(file);
        Embeddings[] embeddings = new Embeddings[1];
        Block[] blocks = new Block[config.shape().layers()];
        parallel.run(blocks.length + 1, (index, worker) -> {
            if (index < blocks.length) {
                blocks[index] = Block.load(root.of(blockName(index)), kernels, config);
            } else {
                embeddings[0] = Embeddings.load(root, kernels, config);
            }
        });
        return new Encoder(config, embeddings[0], List.of(blocks));
    }

    static Encoder load(Weights root, ModelConfig config, Kernels kernels) {
        Embeddings embeddings = Embeddings.load(root, kernels, config);
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < config.shape().layers(); i++) {
            blocks.add(Block.load(root.of(blockName(i)), kernels, config));
        }
        return new Encoder(config, embeddings, blocks);
    }

    static String blockName(int block) {
        return "distilbert.transformer.layer." + block;
    }

    public ModelConfig config() {
        return config;
    }

    /**
     * How many tokens a pass should have at most, so that it takes no more than 32 MB; a longer sequence is a pass by
     * itself. While the feed-forward layer computes, there are hidden states, Q, K, V and what became of them, and the
     * inner outputs twice: as they are and as the kernels lay them out.
     */
    public int tokensAtOnce() {
        return (int) Math.min(TOKENS, FLOATS / floatsOfToken());
    }

    private long floatsOfToken() {
        return 8L * config.shape().dim() + 2L * config.shape().hiddenDim();
    }

    /**
     * The last hidden states of the tokens that somebody reads. In the last block the other tokens are only looked at:
     * they have keys and values, and nothing is computed of what would become of them. With a trace that shows every
     * token, nothing is left out.
     *
     * @param read whose hidden states are wanted
     * @return {@code [read.rows(), dim]}, lent by the workspace; a row has the same bits whatever else is read, except
     *     on kernels whose results depend on the number of rows
     * @throws IllegalArgumentException if an id is not in the vocabulary, a token type is not the model's, or a
     *     sequence is too long
     */
    public Matrix forward(Batch batch, Positions read, Workspace workspace, Trace trace) {
        workspace.reserve(batch.tokens() * floatsOfToken());
        return forward(embeddings.forward(batch, workspace, trace), batch, read, workspace, trace);
    }

    /** {@link #forward} from given word embeddings, {@code [tokens, dim]}. */
    Matrix forwardFrom(Matrix inputEmbeddings, Batch batch, Positions read, Workspace workspace, Trace trace) {
        return forward(embeddings.forwardFrom(inputEmbeddings, batch, workspace, trace), batch, read, workspace, trace);
    }

    private Matrix forward(Matrix hiddenStates, Batch batch, Positions read, Workspace workspace, Trace trace) {
        Positions all = Positions.all(batch);
        boolean shown = trace.on() && !trace.forBackward();
        Matrix x = hiddenStates;   // [tokens, dim]
        for (int i = 0; i < blocks.size(); i++) {
            boolean last = i == blocks.size() - 1;
            x = blocks.get(i).forward(x, batch, last && !shown ? read : all, workspace, trace);
        }
        return shown ? read.of(x, workspace) : x;
    }

    /** The word embeddings of the batch's ids, {@code [tokens, dim]}, lent by the workspace. */
    Matrix inputEmbeddings(Batch batch, Workspace workspace) {
        return embeddings.inputEmbeddings(batch, workspace);
    }

    /** The table of words. */
    EmbeddingTable words() {
        return embeddings.words();
    }

    /**
     * The way back of {@link #forward}.
     *
     * @param gradient {@code [read.rows(), dim]}, of the last hidden states that were read; overwritten
     * @return {@code [tokens, dim]}, of the input embeddings, lent by the workspace
     */
    Matrix backward(Matrix gradient, Batch batch, Positions read, Workspace workspace, GradientTrace trace) {
        Positions all = Positions.all(batch);
        Matrix dx = gradient;
        for (int i = blocks.size() - 1; i >= 0; i--) {
            dx = blocks.get(i).backward(dx, batch, i == blocks.size() - 1 ? read : all, workspace, trace);
        }
        embeddings.backward(dx, batch, workspace, trace);   // [tokens, dim]
        return dx;
    }
}
