package io.demitasse;

/**
 * Hears of each pass through a model's encoder, for an app's own metrics; see {@link Options#withListener}. One call of a
 * task makes no pass, one or several: texts go through together until they have some hundred or two thousand tokens, as the
 * model's size and the threads are. Fine-tuning and explanations, which also go back, are not among them.
 */
@FunctionalInterface
public interface ModelListener {

    /**
     * Called for each pass once all of a call have succeeded, on the thread that asked for them, and from several threads at
     * once if several ask. It should be quick, since the caller waits for it; what it throws ends the caller's call.
     *
     * @param sequences how many went through: a text is one, and so is a pair or a window of a long text
     * @param tokens how many tokens they have together, special tokens included
     * @param nanoseconds how long encoder and head took, waiting for a turn not included; passes of one call that ran
     *     at once each took their own time
     * @param kernels the name of the kernels that computed
     */
    void passed(int sequences, int tokens, long nanoseconds, String kernels);
}
