package io.demitasse.benchmarks.compare;

/**
 * What one peer took for one piece of work.
 *
 * @param seconds a unit of the work (a sequence, a training step), in each round
 * @param baseline the name of Demitasse's peer that this one's time is divided by; null if there is none
 * @param ratio to the baseline's time in the same round, above 1 where Demitasse is faster; null if there is none
 */
record Measurement(String work, String peer, double[] seconds, Spread spread, String baseline, Spread ratio) {

    /**
     * Beside Demitasse's times in the same rounds.
     *
     * @param baseline null if there is none
     */
    static Measurement of(String work, String peer, double[] seconds, String baseline, double[] baselineSeconds) {
        return new Measurement(work, peer, seconds, Spread.of(seconds), baseline,
                baseline == null ? null : Spread.ofRatios(seconds, baselineSeconds));
    }
}
