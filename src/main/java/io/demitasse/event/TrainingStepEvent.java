package io.demitasse.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

@Name("io.demitasse.TrainingStep")
@Label("Training Step")
@Category("Demitasse")
@Description("A step of the optimiser, with the passes forward and back before it")
@StackTrace(false)
final class TrainingStepEvent extends Event implements FlightRecorder.TrainingStep {

    private static final TrainingStepEvent ANY = new TrainingStepEvent();

    @Label("Step")
    long step;

    @Label("Examples")
    int examples;

    @Label("Tokens")
    int tokens;

    @Label("Loss")
    double loss;

    static FlightRecorder.TrainingStep begun() {
        if (!ANY.isEnabled()) {
            return OFF;
        }
        TrainingStepEvent event = new TrainingStepEvent();
        event.begin();
        return event;
    }

    @Override
    public void end(long step, int examples, int tokens, double loss) {
        end();
        if (shouldCommit()) {
            this.step = step;
            this.examples = examples;
            this.tokens = tokens;
            this.loss = loss;
            commit();
        }
    }
}
