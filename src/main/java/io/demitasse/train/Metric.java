package io.demitasse.train;

import java.util.Locale;

/** Something that an evaluation measures. What each objective measures is said by {@link Objective#metrics}. */
public enum Metric {
    /** The validation loss, without label smoothing, class weights and dropout; the smaller, the better. */
    LOSS,
    /** The share of texts, or of tokens, whose label is right. */
    ACCURACY,
    /** See {@link LabelMetrics#precision()}, and {@link TokenMetrics} for entities. */
    PRECISION,
    /** See {@link LabelMetrics#recall()}, and {@link TokenMetrics} for entities. */
    RECALL,
    /** See {@link LabelMetrics#f1()}, and {@link TokenMetrics} for entities. */
    F1,
    /** See {@link LabelMetrics#mcc()}. */
    MCC,
    /** Of labels that may go together: F1 over all texts and labels. */
    F1_MICRO,
    /** Of labels that may go together: the mean of the labels' F1. */
    F1_MACRO,
    /** Of all labels that were predicted, the share that is right. */
    PRECISION_MICRO,
    /** Of all labels that there are, the share that was found. */
    RECALL_MICRO,
    /** The share of texts all of whose labels are right, and no other. */
    SUBSET_ACCURACY,
    /** Pearson's correlation of outputs and answers, from -1 to 1; of several outputs, the mean. */
    PEARSON,
    /** Spearman's: Pearson's of the ranks. */
    SPEARMAN,
    /** The mean squared error; the smaller, the better. */
    MSE;

    /** As logs and checkpoints have it, such as {@code f1_micro}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** As a person reads it, such as {@code F1 micro}. */
    public String title() {
        return switch (this) {
            case F1 -> "F1";
            case F1_MICRO -> "F1 micro";
            case F1_MACRO -> "F1 macro";
            case MCC -> "MCC";
            case MSE -> "MSE";
            case PEARSON -> "Pearson";
            case SPEARMAN -> "Spearman";
            default -> key().replace('_', ' ');
        };
    }

    /** Whether a larger value is a better one. */
    boolean rises() {
        return this != LOSS && this != MSE;
    }
}
