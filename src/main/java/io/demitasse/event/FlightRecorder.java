package io.demitasse.event;

/**
 * Begins an event of Java Flight Recorder. Where that is off, or the JVM has none (a run-time image without the module
 * jdk.jfr), beginning and ending one does nothing and allocates nothing.
 */
public final class FlightRecorder {

    private static final boolean PRESENT = ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    /** A pass of some sequences through the encoder, {@code io.demitasse.ForwardPass}; its duration is the pass's. */
    @FunctionalInterface
    public interface ForwardPass {
        ForwardPass OFF = (texts, tokens, kernels) -> { };

        void end(int texts, int tokens, String kernels);
    }

    /** A step of the optimiser with the passes forward and back before it, {@code io.demitasse.TrainingStep}. */
    @FunctionalInterface
    public interface TrainingStep {
        TrainingStep OFF = (step, examples, tokens, loss) -> { };

        void end(long step, int examples, int tokens, double loss);
    }

    private FlightRecorder() {
    }

    /** Asked first, since an event's class takes a twentieth of a second to register itself, which a first text would wait. */
    private static boolean isOn() {
        return PRESENT && jdk.jfr.FlightRecorder.isInitialized();
    }

    public static ForwardPass forwardPass() {
        return isOn() ? ForwardPassEvent.begun() : ForwardPass.OFF;
    }

    public static TrainingStep trainingStep() {
        return isOn() ? TrainingStepEvent.begun() : TrainingStep.OFF;
    }
}
