package io.demitasse.benchmarks.compare;

/** Something that computes the classifier's logits. One thread calls it. */
interface Peer extends AutoCloseable {

    String name();

    /** The runtime and its version. */
    String version();

    /** How its weights are stored: F32 or int8. */
    String weights();

    /**
     * The logits of some sequences, as one batch.
     *
     * @param ids {@code [sequences][tokens of each]}, special tokens included
     * @return {@code [sequences][labels]}
     */
    float[][] logits(int[][] ids);

    @Override
    void close();
}
