package io.demitasse.spring;

import io.demitasse.ModelListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * What a model does, as meters: {@code demitasse.passes} (a timer), {@code demitasse.sequences} and
 * {@code demitasse.tokens} (counters), each with the tags {@code model} and {@code kernels}.
 */
public final class ModelMetrics implements ModelListener {

    private record Meters(Timer passes, Counter sequences, Counter tokens) {
    }

    private final String model;
    private final List<Meters> bound = new CopyOnWriteArrayList<>();

    public ModelMetrics(String model) {
        this.model = model;
    }

    /** Makes the meters, which are there from now on, whether or not anything has been computed. */
    public void bindTo(MeterRegistry registry, String kernels) {
        Tags tags = Tags.of("model", model, "kernels", kernels);
        bound.add(new Meters(
                Timer.builder("demitasse.passes").tags(tags).description("Passes through the encoder").register(registry),
                Counter.builder("demitasse.sequences").tags(tags).baseUnit("sequences")
                        .description("Texts, pairs and windows that went through the encoder").register(registry),
                Counter.builder("demitasse.tokens").tags(tags).baseUnit("tokens")
                        .description("Tokens that went through the encoder").register(registry)));
    }

    @Override
    public void passed(int sequences, int tokens, long nanoseconds, String kernels) {
        for (Meters meters : bound) {
            meters.passes.record(nanoseconds, TimeUnit.NANOSECONDS);
            meters.sequences.increment(sequences);
            meters.tokens.increment(tokens);
        }
    }
}
