package io.demitasse.train;

import java.util.List;

/** Told how a training goes, on the thread that trains. What a listener throws ends the training. */
public interface TrainingListener {

    /** A listener that does nothing. */
    TrainingListener NONE = new TrainingListener() { };

    /**
     * Training begins, or goes on.
     *
     * @param step how many steps have been made already
     * @param steps how many there are in all
     * @param evaluations those that have been made already
     */
    default void started(long step, long steps, List<Evaluation> evaluations) {
    }

    /** A step was made. */
    default void stepped(StepResult result) {
    }

    /** An evaluation begins. */
    default void evaluating() {
    }

    /** An evaluation was made. */
    default void evaluated(Evaluation evaluation) {
    }

    /** Something is going wrong; one line says what, and what to change. */
    default void advised(String advice) {
    }
}
