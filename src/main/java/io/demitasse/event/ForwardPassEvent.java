package io.demitasse.event;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

@Name("io.demitasse.ForwardPass")
@Label("Forward Pass")
@Category("Demitasse")
@Description("Sequences that went through the encoder together")
@StackTrace(false)
final class ForwardPassEvent extends Event implements FlightRecorder.ForwardPass {

    /** Asked whether events are wanted, so that none is made where they are not. */
    private static final ForwardPassEvent ANY = new ForwardPassEvent();

    @Label("Texts")
    int texts;

    @Label("Tokens")
    int tokens;

    @Label("Kernels")
    String kernels = "";

    static FlightRecorder.ForwardPass begun() {
        if (!ANY.isEnabled()) {
            return OFF;
        }
        ForwardPassEvent event = new ForwardPassEvent();
        event.begin();
        return event;
    }

    @Override
    public void end(int texts, int tokens, String kernels) {
        end();
        if (shouldCommit()) {
            this.texts = texts;
            this.tokens = tokens;
            this.kernels = kernels;
            commit();
        }
    }
}
