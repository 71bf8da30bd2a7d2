package io.demitasse.model;

import io.demitasse.file.FlatFile;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
import io.demitasse.kernel.Parallel;
import io.demitasse.kernel.Workspace;
import java.util.ArrayList;
import java.util.List;

/** Embeddings and a row of blocks: Hugging Face's DistilBertModel (Sanh et al. 2019). Immutable. */
public final class Encoder {

    private final Config config;
    private final Embeddings embeddings;
    private final List<Block> blocks;

    private Encoder(Config config, Embeddings embeddings, List<Block> blocks) {
        this.config = config;
        this.embeddings = embeddings;
        this.blocks = List.copyOf(blocks);
    }

    /**
     * Reads the encoder's weights.
     *
     * @throws io.demitasse.file.ModelFormatException if a tensor is missing, damaged, or not of the config's shape
     */
    public static Encoder load(FlatFile file, Config config, Kernels kernels) {
        return load(Weights.of(file), config, kernels);
    }

    /** {@link #load(FlatFile, Config, Kernels)} on all of these threads: to lay weights out takes longer than to read. */
    public static Encoder load(FlatFile file, Config config, Kernels kernels, Parallel parallel) {
        Weights root = Weights.of(file);
        Embeddings[] embeddings = new Embeddings[1];
        Block[] blocks = new Block[config.layers()];
        parallel.run(blocks.length + 1, (index, worker) -> {
            if (index < blocks.length) {
                blocks[index] = Block.load(root.of(blockName(index)), kernels, config);
            } else {
                embeddings[0] = Embeddings.load(root, kernels, config);
            }
        });
        return new Encoder(config, embeddings[0], List.of(blocks));
    }

    static Encoder load(Weights root, Config config, Kernels kernels) {
        Embeddings embeddings = Embeddings.load(root, kernels, config);
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < config.layers(); i++) {
            blocks.add(Block.load(root.of(blockName(i)), kernels, config));
        }
        return new Encoder(config, embeddings, blocks);
    }

    static String blockName(int block) {
        return "distilbert.transformer.layer." + block;
    }

    public Config config() {
        return config;
    }

    /**
     * @return the last hidden states, {@code [tokens, dim]}, lent by the workspace
     * @throws IllegalArgumentException if an id is not in the vocabulary or a sequence is too long
     */
    public Matrix forward(Batch batch, Workspace workspace, Trace trace) {
        return forward(embeddings.forward(batch, workspace, trace), Queries.ALL, batch, workspace, trace);
    }

    /**
     * The first token's last hidden state of each sequence, which is all that a classifier reads: the last block then
     * only needs keys and values of the other tokens. With a trace that shows every token, nothing is left out.
     *
     * @return {@code [sequences, dim]}, lent by the workspace; the same bits as in {@link #forward}, except on kernels
     *     whose results depend on the number of rows
     * @throws IllegalArgumentException if an id is not in the vocabulary or a sequence is too long
     */
    public Matrix forwardFirst(Batch batch, Workspace workspace, Trace trace) {
        return forwardFirst(embeddings.forward(batch, workspace, trace), batch, workspace, trace);
    }

    /** {@link #forwardFirst(Batch, Workspace, Trace)} from given word embeddings, {@code [tokens, dim]}. */
    Matrix forwardFirstFrom(Matrix inputEmbeddings, Batch batch, Workspace workspace, Trace trace) {
        return forwardFirst(embeddings.forwardFrom(inputEmbeddings, batch, workspace, trace), batch, workspace, trace);
    }

    private Matrix forwardFirst(Matrix hiddenStates, Batch batch, Workspace workspace, Trace trace) {
        if (trace.on() && !trace.forBackward()) {
            Matrix all = forward(hiddenStates, Queries.ALL, batch, workspace, trace);
            return Queries.FIRST.of(all, batch, workspace);
        }
        return forward(hiddenStates, Queries.FIRST, batch, workspace, trace);
    }

    /** @param last whose outputs of the last block are computed */
    private Matrix forward(Matrix hiddenStates, Queries last, Batch batch, Workspace workspace, Trace trace) {
        Matrix x = hiddenStates;   // [tokens, dim]
        for (int i = 0; i < blocks.size(); i++) {
            x = blocks.get(i).forward(x, batch, i < blocks.size() - 1 ? Queries.ALL : last, workspace, trace);
        }
        return x;
    }

    /** The word embeddings of the batch's ids, {@code [tokens, dim]}, lent by the workspace. */
    Matrix inputEmbeddings(Batch batch, Workspace workspace) {
        return embeddings.inputEmbeddings(batch, workspace);
    }

    /**
     * The way back of {@link #forwardFirst}.
     *
     * @param gradient {@code [sequences, dim]}, of the first tokens' last hidden states; overwritten
     * @return {@code [tokens, dim]}, of the input embeddings, lent by the workspace
     */
    Matrix backwardFirst(Matrix gradient, Batch batch, Workspace workspace, GradientTrace trace) {
        Matrix dx = gradient;
        for (int i = blocks.size() - 1; i >= 0; i--) {
            Queries queries = i < blocks.size() - 1 ? Queries.ALL : Queries.FIRST;
            dx = blocks.get(i).backward(dx, batch, queries, workspace, trace);   // [tokens, dim]
        }
        embeddings.backward(dx, batch, workspace, trace);
        return dx;
    }
}
