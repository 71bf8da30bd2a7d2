package io.demitasse.benchmarks.compare;

/** Something that fine-tunes the classifier, all parameters of it. One thread calls it. */
interface TrainingPeer extends AutoCloseable {

    /** Each step's; the schedule is no part of the comparison. */
    double LEARNING_RATE = 1e-5;

    /** What the norm of all gradients is clipped to. */
    double MAX_GRAD_NORM = 1;

    String name();

    /** The runtime and its version. */
    String version();

    /**
     * Makes a step of AdamW: forward, cross-entropy, backward, clipping, update.
     *
     * @param dropout whether there is dropout, as the model's config has it
     * @return the batch's mean loss before the update
     */
    double step(TrainingBatch batch, boolean dropout);

    @Override
    void close();
}
