package io.demitasse.model;

import io.demitasse.file.FlatFile;
import io.demitasse.kernel.Kernels;
import io.demitasse.kernel.Matrix;
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
        Weights root = new Weights(file, "");
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < config.layers(); i++) {
            blocks.add(Block.load(root.of(blockName(i)), kernels, config));
        }
        return new Encoder(config, Embeddings.load(root, kernels, config), blocks);
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
        Matrix hiddenStates = embeddings.forward(batch, workspace, trace);   // [tokens, dim]
        for (Block block : blocks) {
            block.forward(hiddenStates, batch, workspace, trace);
        }
        return hiddenStates;
    }

    /**
     * The first token's last hidden state of each sequence, which is all that a classifier reads: the last block then
     * only needs keys and values of the other tokens. With a trace, which shows every token, nothing is left out.
     *
     * @return {@code [sequences, dim]}, lent by the workspace; the same bits as in {@link #forward}, except on kernels
     *     whose results depend on the number of rows
     * @throws IllegalArgumentException if an id is not in the vocabulary or a sequence is too long
     */
    public Matrix forwardFirst(Batch batch, Workspace workspace, Trace trace) {
        if (trace.on()) {
            return Block.firstTokens(forward(batch, workspace, trace), batch, workspace);
        }
        Matrix hiddenStates = embeddings.forward(batch, workspace, trace);   // [tokens, dim]
        int last = blocks.size() - 1;
        for (Block block : blocks.subList(0, last)) {
            block.forward(hiddenStates, batch, workspace, trace);
        }
        return blocks.get(last).forwardFirst(hiddenStates, batch, workspace);
    }
}
